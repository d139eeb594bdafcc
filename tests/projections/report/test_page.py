"""The page as a file: whole by itself, the same bytes each time, readable without pictures."""

import hashlib
import os
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.projections.exports.samples import AGENTS, LIBRARY, drawn, prefix_of, troubled
from tests.projections.report.samples import HURTING, Page
from uet_es.errors import UsageError
from uet_es.log import jsonl
from uet_es.projections.report import require, write_report
from uet_es.projections.report.points import Point
from uet_es.projections.warehouse import Warehouse

WRITING = """
import sys
from pathlib import Path
from uet_es.projections.recorded import RecordedFile
from uet_es.projections.report import write_report
from uet_es.projections.report.points import Point
from uet_es.projections.warehouse import Warehouse
with Warehouse.in_memory(RecordedFile(Path(sys.argv[1]))) as warehouse:
    if sys.argv[3:]:
        write_report(warehouse, "run-1", Path(sys.argv[3]))
    write_report(warehouse, "run-1", Path(sys.argv[2]), [Point(1, 2.5), Point(3, 1.0)])
"""


@pytest.mark.slow
def test_a_page_needs_nothing_but_itself(each_page):
    page = Page(each_page)
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base"}
        assert "src" not in attributes
        assert attributes.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    (policy,) = [each for tag, each in page.tags if "http-equiv" in each]
    assert policy["content"].startswith("default-src 'none';")
    assert "unsafe-eval" not in policy["content"]
    assert "http" not in policy["content"]


@pytest.mark.slow
@pytest.mark.parametrize("path", [LIBRARY, AGENTS], ids=lambda path: path.parent.name)
def test_the_same_log_is_the_same_bytes_in_every_process(path, tmp_path):
    digests = set()
    for seed, before in (("1", []), ("2", [str(tmp_path / "before.html")])):
        file = tmp_path / f"{seed}.html"
        words = [sys.executable, "-c", WRITING, str(path), str(file), *before]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC{seed}", "LC_ALL": "C"}
        subprocess.run(words, check=True, env=environment)
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.slow
def test_headings_and_tables_can_be_read_aloud(each_page):
    page = Page(each_page)
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(text.strip() for _, text in page.headings)
    ids = [each["id"] for _, each in page.tags if "id" in each]
    assert len(ids) == len(set(ids))
    for _, each in page.tags:
        assert each.get("aria-labelledby", ids[0]) in ids
        assert each.get("href", "#" + ids[0])[1:] in ids
    for table in page.tables:
        assert [tag for tag, _ in table].count("caption") == 1
        assert all("scope" in each for tag, each in table if tag == "th")
    (slider,) = [each for tag, each in page.tags if tag == "input"]
    assert slider["aria-label"]


def test_what_the_log_says_is_never_markup(pages):
    page = Page(pages["hostile"])
    assert {tag for tag, _ in page.tags}.isdisjoint({"img", "b"})
    assert HURTING in page.texts["failures"]
    assert HURTING in page.texts["money"]
    assert f"a{HURTING}" in page.document("log")["workstreams"]
    assert sum(tag == "script" for tag, _ in page.tags) == 4


def test_the_money_is_that_of_the_log_to_the_last_cent(pages):
    used = [
        entry.event
        for entry in jsonl.read_entries(AGENTS)
        if entry.event.__class__.__name__ == "UsageReported" and not entry.ignored
    ]
    cost = sum(each.cost_nanousd or 0 for each in used)
    tokens = sum(each.input_tokens + each.output_tokens for each in used)
    text = Page(pages["agents"]).text
    assert f"Models cost {cost / 1e9:.4f} USD for {tokens:,} tokens" in text
    assert "the price of 1 report is not known" in text


def test_a_manager_reads_what_happened(pages):
    text = Page(pages["library"]).texts["summary"]
    assert "The run failed after 1.9 s with 4 workers: 33 of 36 workstreams succeeded, " in text
    assert "1 failed and 2 cancelled." in text
    assert "could not have been done in less than 694 ms by 4 workers" in text
    assert "Its length was set by a chain of 16 workstreams (layout, search-code," in text
    assert "in sum: 12.2 s for a worker that can do shell; 3.2 s on format as a dependency" in text
    assert "Beyond 8 workers nothing improves much: with so many it would take 1.4 s." in text


def test_a_run_that_was_not_simulated_says_so(pages):
    assert "It was not simulated." in Page(pages["agents"]).texts["workers"]
    text = Page(pages["trouble"]).texts["workers"]
    assert "The run is not over, so it was not simulated." in text


def test_the_path_is_listed_step_by_step_and_lasts_as_long_as_the_run(library, page):
    steps = library.rows("SELECT workstream FROM critical_path ORDER BY position")
    cells = [line for line in page(library).texts["path"].splitlines() if line[:1].isdigit()]
    assert len(cells) == len(steps) == 16
    for number, ((id,), line) in enumerate(zip(steps, cells, strict=True), 1):
        assert line.startswith(f"{number}{id}")


@pytest.mark.slow
@pytest.mark.parametrize("entries", [1, 2, 5, 30, 77, 200, 394])
def test_a_run_that_goes_on_is_told_up_to_its_last_entry(entries, tmp_path, page):
    with prefix_of(LIBRARY, entries, tmp_path) as warehouse:
        made = page(warehouse)
    assert len(made.document("log")["entries"]) == entries
    assert "The run is not over" in made.texts["summary"]
    assert "Efficiency" not in made.texts["summary"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_every_drawn_run_has_a_page(seed, page):
    with Warehouse.in_memory(drawn(seed)) as warehouse:
        made = page(warehouse, points=[Point(1, 0.0)])
    assert made.texts["summary"].strip()


def test_a_target_that_exists_is_left_as_it_is(library, tmp_path):
    target = tmp_path / "report.html"
    target.write_text("mine")
    with pytest.raises(UsageError, match=r"report\.html exists"):
        write_report(library, "run-1", target)
    assert target.read_text() == "mine"
    with pytest.raises(UsageError, match="there is no folder"):
        write_report(library, "run-1", tmp_path / "none" / "report.html")


def test_a_page_that_fails_half_way_leaves_nothing(tmp_path):
    with Warehouse.in_memory(troubled()) as warehouse:
        warehouse.connection.execute("DROP VIEW transitions")
        with pytest.raises(Exception, match="transitions"):
            write_report(warehouse, "run-1", tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_run_is_refused(library, tmp_path):
    with pytest.raises(UsageError, match="run-7: there is no such run"):
        write_report(library, "run-7", tmp_path / "report.html")


def test_missing_libraries_are_named_with_the_command(monkeypatch):
    require()
    monkeypatch.setitem(sys.modules, "bokeh", None)
    with pytest.raises(UsageError, match=r"needs bokeh: pip install 'uet\[report\]'"):
        require()
