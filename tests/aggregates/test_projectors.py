"""Is each aggregate rebuilt from its own stream alone?"""

import pytest

from tests.builders import (
    accepted,
    cancel,
    exited,
    forked,
    interrupted,
    landed,
    lost,
    pause,
    resumed,
    retry,
    spec,
    staffed,
    started,
    unpause,
    used,
)
from tests.spec import given
from uet_es.aggregates.projectors import project_run, project_worker, project_workstream
from uet_es.values import SECOND_US


def story():
    """A bit of everything, and some that is ignored."""
    a = spec("a", isolation="worktree", max_attempts=2)
    run = given(accepted(a, "b after a", "c", base="base"), *staffed(1, 2), started("a"))
    run.sees(used("a", input_tokens=3, cost_nanousd=5), exited("a", 1), exited("a"), lost("c"))
    run.sees(cancel("z", inbox_version=7), pause(inbox_version=8), unpause(inbox_version=9))
    run.passes(SECOND_US).sees(exited("a", attempt=2, commit="c"), landed("a", 2))
    return run.sees(interrupted(), exited("c", 1, attempt=2), resumed(), retry("c"))


def stream(run, name):
    return [e for e in run.entries if e.stream.partition("/")[2] == name]


@pytest.mark.parametrize("fork", [False, True])
def test_each_is_what_the_ledger_says(fork):
    run = story()
    if fork:
        run.sees(forked(run.ledger.seq), *staffed(3), cancel())
    assert project_run(None, stream(run, "")) == run.ledger.run
    for id, workstream in run.ledger.workstreams.items():
        assert project_workstream(None, stream(run, f"ws/{id}")) == workstream
    for id, worker in run.ledger.workers.items():
        assert project_worker(None, stream(run, f"worker/{id}")) == worker


@pytest.mark.parametrize(
    ("project", "name"),
    [(project_run, ""), (project_workstream, "ws/a"), (project_worker, "worker/1")],
    ids=["run", "workstream", "worker"],
)
def test_it_goes_on_from_any_place(project, name):
    entries = stream(story(), name)
    whole = project(None, entries)
    assert len(entries) > 4
    for length in range(len(entries) + 1):
        assert project(project(None, entries[:length]), entries[length:]) == whole


@pytest.mark.parametrize("project", [project_run, project_workstream, project_worker])
def test_an_empty_stream_tells_of_nothing(project):
    assert project(None, []) is None


def test_entries_of_other_streams_tell_nothing_of_the_run():
    run = story()
    assert project_run(None, run.entries) == run.ledger.run
