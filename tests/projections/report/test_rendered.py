"""The page as a real browser shows it: what is painted, what moves, what is said."""

import json

import pytest

from tests.projections.exports.samples import LIBRARY, drawn
from tests.projections.report.samples import HURTING
from uet_es.aggregates.evolve import evolve
from uet_es.kernel import Ledger
from uet_es.log import jsonl
from uet_es.projections.report import write_report
from uet_es.projections.warehouse import Warehouse

pytestmark = pytest.mark.slow

SUCCEEDED, FAILED, RUNNING = "#2a9d7f", "#d1495b", "#3f83d4"
DEPENDENCY, WORKER, CONFLICT, MERGING = "#b0b9c6", "#efca4d", "#e8953a", "#4fa8c8"
BOX_SUCCEEDED, BOX_FAILED, BOX_CANCELLED = "#a8dcc9", "#f0a9b1", "#bfc6d0"
PATH, NOW = "#d0309b", "#7d52e0"


@pytest.fixture
def opened(browser, pages):
    """The page of the 36 workstreams on the screen, at its last entry."""
    if browser.shown != pages["library"]:
        browser.open(pages["library"])
    browser.look_at(395)
    return browser


def test_a_page_of_1280_asks_no_network_and_nobody_complains(browser, each_page):
    browser.open(each_page)
    assert browser.js("return document.scrollingElement.scrollWidth") <= 1280
    assert each_page.as_uri() in (asked := browser.asked_for())
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    assert browser.complaints() == []


def test_attempts_are_painted_in_the_colours_of_their_outcomes(opened):
    left, _, right, _ = opened.box("chart-workers")
    assert right - left > 1_100
    colors = opened.colors("chart-workers")
    assert colors[SUCCEEDED] > 20 * colors[FAILED] > 20 * 500
    lanes = {y for _, y in opened.places("chart-workers", SUCCEEDED)}
    assert len(lanes) == pytest.approx(4 * 20, abs=6)  # four workers, each as high as a box


def test_workstreams_show_their_work_their_waits_and_the_path(opened):
    colors = opened.colors("chart-workstreams")
    for color in (SUCCEEDED, FAILED, DEPENDENCY, WORKER, CONFLICT, MERGING, PATH):
        assert colors[color] > 50, color
    path = opened.places("chart-workstreams", PATH)
    below = {x: max(y for at, y in path if at == x) for x, _ in path}
    assert below[max(below)] > below[min(below)] + 400  # from the first lane down to the last
    assert colors[RUNNING] == 0


def test_what_still_runs_has_its_colour(browser, pages):
    browser.open(pages["trouble"])
    assert browser.colors("chart-workers")[RUNNING] > 200
    assert "not over" in browser.text("summary")


def test_the_graph_has_a_box_for_each_state_and_the_path_around_some(opened):
    colors = opened.colors("chart-graph")
    boxes = colors[BOX_SUCCEEDED] / 33
    assert colors[BOX_FAILED] == pytest.approx(boxes, rel=0.1)
    assert colors[BOX_CANCELLED] == pytest.approx(2 * boxes, rel=0.1)
    assert colors[PATH] > 1_000


def test_costs_merges_and_the_curve_are_painted(browser, pages):
    browser.open(pages["library"])
    merges = browser.colors("chart-merges")
    assert merges[SUCCEEDED] > 31 * 25  # a dot for each that landed
    assert browser.colors("chart-curve")[RUNNING] > 300  # the line is of the first of the series
    browser.open(pages["agents"])
    assert browser.colors("chart-cost")[RUNNING] > 300
    assert browser.colors("chart-tokens")[RUNNING] > 300


def test_the_slider_shows_the_run_as_the_kernel_has_it(opened):
    ledger = Ledger("run-1")
    counts = {}
    for entry in jsonl.read_entries(LIBRARY):
        evolve(ledger, entry)
        states = [each.state.lower() for each in ledger.workstreams.values()]
        counts[entry.seq] = {state: states.count(state) for state in states}
        busy = {
            f"{each.workstream}.{each.attempt}" for each in ledger.workers.values() if each.attempt
        }
        counts[entry.seq] = (counts[entry.seq], busy)
    for seq in (1, 40, 111, 200, 333, 395):
        opened.look_at(seq)
        expected, busy = counts[seq]
        shown = [each.split() for each in opened.text("counts").splitlines()]
        assert {state: int(number) for number, state in shown} == expected
        workers = opened.text("then-workers")
        assert all(attempt in workers for attempt in busy), (seq, workers)
        assert len(busy) == workers.count("busy")
        assert opened.text("then-entries").splitlines()[2].split()[0] == str(seq)


def test_waiting_workstreams_say_what_for(opened):
    opened.look_at(200)
    waiting = opened.text("then-waiting")
    assert "upload\tfor package" in waiting
    assert "flaky-integration\tbefore the next attempt" in waiting
    assert "changelog" in opened.text("then-ready")


def test_a_line_in_the_timelines_moves_with_the_slider(opened):
    def line(chart):
        columns = [x for x, _ in opened.places(chart, NOW)]
        assert columns
        return sum(columns) / len(columns)

    opened.look_at(395)
    at_end = {chart: line(chart) for chart in ("chart-workers", "chart-workstreams")}
    opened.look_at(1)
    at_start = {chart: line(chart) for chart in at_end}
    for chart in at_end:
        assert at_end[chart] - at_start[chart] > 800
    assert at_start["chart-workers"] == pytest.approx(at_start["chart-workstreams"], abs=2)


def test_a_click_in_a_timeline_looks_at_that_moment(opened):
    opened.look_at(395)
    place = opened.places("chart-workers", FAILED)[0]
    opened.point_at("chart-workers", place, click=True)
    opened.until("return Number(document.getElementById('slider').value) < 390")
    opened.painted()
    assert "flaky-integration.1" in opened.text("then-workers")


def test_the_slider_can_be_played(opened):
    opened.look_at(10)
    opened.js("document.getElementById('play').click()")
    opened.until("return Number(document.getElementById('slider').value) > 12")
    opened.js("document.getElementById('play').click()")
    assert opened.text("play") == "play"


def test_pointing_at_a_box_tells_its_story(opened):
    places = opened.places("chart-workers", FAILED)
    opened.point_at("chart-workers", places[len(places) // 4])
    (tip,) = opened.tips()
    assert "flaky-integration.1 on worker 1" in tip
    assert "failed: E_TOOL_FAILURE, exit status 1" in tip
    (place, *_) = opened.places("chart-workstreams", CONFLICT)[40:]
    opened.point_at("chart-workstreams", place)
    assert any("in conflict with others: " in tip for tip in opened.tips())


def test_text_of_the_log_is_only_text(browser, pages):
    browser.open(pages["hostile"])
    assert browser.js("return window.hurt") is None
    assert browser.js("return document.querySelectorAll('img').length") == 0
    assert HURTING in browser.text("failures")
    assert HURTING in browser.text("money")
    browser.look_at(1)
    browser.look_at(
        len(json.loads(browser.js("return document.getElementById('log').textContent"))["entries"])
    )
    places = browser.places("chart-workers", "#a9c7bd")
    browser.point_at("chart-workers", places[len(places) // 2])
    assert browser.tips()
    assert all("<img" in tip for tip in browser.tips())
    assert browser.js("return window.hurt") is None
    assert browser.complaints() == []


def test_dark_and_light_are_both_there(opened):
    def brightness(id):
        picture = opened.picture(id).convert("L")
        return sum(value * n for value, n in enumerate(picture.histogram())) / (
            picture.width * picture.height
        )

    light = brightness("summary"), brightness("chart-workers")
    opened.js("document.getElementById('theme').click()")
    opened.painted()
    dark = brightness("summary"), brightness("chart-workers")
    assert light[0] > 200 > 60 > dark[0]
    assert light[1] > dark[1] + 60  # a chart has no paper of its own
    opened.js("document.getElementById('theme').click()")
    opened.painted()
    assert (brightness("summary"), brightness("chart-workers")) == pytest.approx(light, abs=2)


@pytest.mark.parametrize("seed", [1, 4])
def test_drawn_runs_are_shown_without_complaint(browser, tmp_path, seed):
    with Warehouse.in_memory(drawn(seed)) as warehouse:
        write_report(warehouse, "run-1", tmp_path / "drawn.html")
    browser.open(tmp_path / "drawn.html")
    assert browser.complaints() == []
    assert len(browser.colors("chart-graph")) > 10
