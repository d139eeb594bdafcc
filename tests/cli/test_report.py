"""`uet report`, and `uet status --gantt`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.ground import COMMAND, shell, write_plan

pytestmark = pytest.mark.slow
LIBRARY = Path(__file__).parents[2] / "replay_fixtures" / "library-36"


def log_in(page):
    text = page.read_text("utf-8")
    begin = text.index('id="log">') + len('id="log">')
    return json.loads(text[begin : text.index("</script>", begin)])


def test_the_newest_run_is_reported_with_its_curve(uet, finished):
    said = uet("report", "-o", "page.html")
    assert said.status == 0, said.err
    assert said.out == "page.html\n"
    page = (finished / "page.html").read_text("utf-8")
    assert "Makespan against workers" in page
    assert "E_TOOL_FAILURE" in page
    document = log_in(finished / "page.html")
    assert document["workstreams"] == ["a", "b", "c"]


def test_its_name_is_report_html_and_json_says_where_it_is(uet, finished):
    document = uet("report", "run-1", "--no-what-if", "--json").document
    size = (finished / "report.html").stat().st_size
    assert document == {
        "schema_version": 1,
        "run": "run-1",
        "file": "report.html",
        "size_bytes": size,
    }
    assert "It was not simulated." in (finished / "report.html").read_text("utf-8")


def test_a_fixture_is_reported_without_a_store(uet, folder):
    assert uet("report", LIBRARY, "-o", "page.html").status == 0
    assert not (folder / ".uet").exists()
    assert "Makespan against workers" in (folder / "page.html").read_text("utf-8")


def test_a_run_that_is_not_over_is_reported_as_far_as_it_is(uet, interrupted):
    assert uet("report", "-o", "page.html").status == 0
    page = (interrupted / "page.html").read_text("utf-8")
    assert "The run is not over, so it was not simulated." in page


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("report", "run-9"), "run-9"),
        (("report", "-o", "plan"), "plan exists"),
        (("report", "-o", "nowhere/page.html"), "there is no folder nowhere"),
        (("report", "nothing.jsonl"), "nothing.jsonl"),
        (("report", "run-1", "--run-id", "run-2"), "two runs were named"),
        (("status", "--gantt", "run-9"), "run-9"),
        (("status", "--gantt", "--json"), "--gantt draws a picture"),
    ],
)
def test_wrong_words_are_refused_and_nothing_is_written(uet, finished, words, told):
    before = sorted(finished.iterdir())
    said = uet(*words)
    assert said.status == 2
    assert told in said.err
    assert sorted(finished.iterdir()) == before


def test_without_the_extra_it_says_what_to_install(uet, finished, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    said = uet("report")
    assert said.status == 2
    assert "needs jinja2: pip install 'uet[report]'" in said.err
    assert not (finished / "report.html").exists()


def test_bars_are_as_wide_as_the_terminal(uet, monkeypatch):
    for columns in (40, 60, 100, 160):
        monkeypatch.setenv("COLUMNS", str(columns))
        said = uet("status", "--gantt", LIBRARY)
        assert said.status == 0, said.err
        widest = max(map(len, said.out.splitlines()[1:]))
        assert columns - 12 <= widest <= columns
        assert len(said.out.splitlines()) >= 36 + 3


def test_bars_show_failures_the_path_and_what_ran_when(uet, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    lines = {line.split()[0]: line for line in uet("status", "--gantt", LIBRARY).out.splitlines()}
    assert "failed, 1.9 s with up to 4 at once" in lines["run-1:"]
    assert "✗" in lines["upload"]
    assert "FAILED E_TOOL_FAILURE" in lines["upload"]
    assert "✗" in lines["flaky-integration"]
    assert "█" in lines["flaky-integration"]
    assert lines["announce"].rstrip().endswith("CANCELLED")
    marked = {id for id, line in lines.items() if line[len(id) :].lstrip().startswith("*")}
    assert {"layout", "search-code", "search-entry"} <= marked
    assert "authors-code" not in marked
    assert lines["layout"].index("█") < lines["members-code"].index("█") < lines["news"].index("█")


def test_bars_are_plain_where_the_terminal_knows_no_others(folder):
    out = subprocess.run(
        [*COMMAND, "status", "--gantt", LIBRARY],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=True,
        capture_output=True,
    ).stdout.decode("utf-8")
    assert out.isascii()
    assert "#" in out
    assert "x failed" in out


def test_many_workstreams_are_shown_by_worker(uet, folder):
    write_plan(folder / "plan", *(shell(f"w{n:02}", estimated_duration_s=1) for n in range(61)))
    saved = uet("simulate", "plan", "-j", "3", "--save", "--json").document["run"]
    lines = uet("status", "--gantt", saved).out.splitlines()
    assert [line.split()[:2] for line in lines[2:5]] == [["worker", str(n)] for n in (1, 2, 3)]
    assert sum(int(line.split()[-2]) for line in lines[2:5]) == 61


def test_bars_of_a_run_that_is_not_over_go_as_far_as_it_is(uet, interrupted):
    said = uet("status", "--gantt")
    assert said.status == 0
    assert "not over" in said.out
    assert said.out.splitlines()[2].startswith("a ")
