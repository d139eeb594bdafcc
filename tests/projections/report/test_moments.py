"""The log for the slider says of every entry what the kernel says."""

import json

import pytest

from tests.projections.exports.samples import LIBRARY, drawn, troubled, with_fork
from uet_es.aggregates.evolve import evolve
from uet_es.kernel import Ledger
from uet_es.log import jsonl
from uet_es.projections.report.moments import harmless, moments
from uet_es.projections.report.reading import Reading
from uet_es.projections.warehouse import Warehouse


def document_of(warehouse, run="run-1"):
    return json.loads("".join(moments(Reading(warehouse, run))))


def check(document, entries):
    """Fold the document as the page does, beside the kernel."""
    ledger = Ledger("run-1")
    ids = document["workstreams"]
    states, workers = dict.fromkeys(ids, "PENDING"), {}
    changes, moves = iter(document["changes"]), iter(document["workers"])
    change, move = next(changes, None), next(moves, None)
    seen = 0
    for entry in entries:
        evolve(ledger, entry)
        while change is not None and change[0] <= entry.seq:
            states[ids[change[1]]] = change[2]
            change = next(changes, None)
        while move is not None and move[0] <= entry.seq:
            _, worker, state, id, attempt = move
            workers[worker] = (state, ids[id] if id >= 0 else None, attempt)
            move = next(moves, None)
        assert states == {id: each.state for id, each in ledger.workstreams.items()}
        assert {id: told[0] for id, told in workers.items()} == {
            id: each.state for id, each in ledger.workers.items()
        }
        for id, each in ledger.workers.items():
            if each.state == "BUSY":
                assert workers[id][1:] == (each.workstream, each.attempt)
        seen += 1
    assert seen == len(document["entries"])
    assert (change, move) == (None, None)


def test_every_moment_of_a_recorded_run_is_that_of_the_kernel(library):
    document = document_of(library)
    entries = jsonl.read_entries(LIBRARY)
    check(document, entries)
    types = document["types"]
    assert [types[type] for _, type, _ in document["entries"]][-1] == "run.finished"
    assert [at for at, _, _ in document["entries"]] == [
        entry.at_us - entries[0].at_us for entry in entries
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_every_moment_of_a_drawn_run_is_that_of_the_kernel(seed):
    log = drawn(seed)
    with Warehouse.in_memory(log) as warehouse:
        check(document_of(warehouse), log.entries("run-1"))


@pytest.mark.parametrize("run", ["run-1", "run-2"])
def test_crashes_requests_and_forks_are_part_of_it(run):
    log = with_fork(troubled())
    with Warehouse.in_memory(log) as warehouse:
        check(document_of(warehouse, run), log.entries(run))


def test_json_in_a_page_cannot_end_its_element():
    text = json.dumps({"</script>": "<!-- & -->"})
    assert not set("<>&") & set(harmless(text))
    assert json.loads(harmless(text)) == json.loads(text)
