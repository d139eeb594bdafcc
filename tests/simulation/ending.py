"""What must be true of a story that is over."""

from uet_es.aggregates import projectors
from uet_es.drivers.verify import verify
from uet_es.values import worker_stream, workstream_stream
from uet_es.world import state_folder


def check_end(story, ledger):
    """The record is whole, is decided the same again, and is what really happened."""
    assert all(w.is_terminal for w in ledger.workstreams.values())
    recorded = list(story.log.entries(ledger.id))
    assert recorded == story.entries
    assert [entry.seq for entry in recorded] == list(range(1, len(recorded) + 1))
    divergence = verify(ledger.id, recorded)
    assert divergence is None, str(divergence)
    kept = state_folder.kept_head(story.place.state, ledger.id)
    found = story.log.verify(ledger.id, head=kept or None)  # an unanswered last append kept none
    assert found.intact, str(found)
    assert found.entries == len(recorded)
    _rebuild(story.log, ledger)
    _account(story.world, ledger)


def _rebuild(log, ledger):
    """Each aggregate from its own stream is what the ledger holds."""
    assert log.get(ledger.id, projectors.project_run) == ledger.run
    for workstream in ledger.workstreams.values():
        if ledger.versions.get(stream := workstream_stream(ledger.id, workstream.id)):
            assert log.get(stream, projectors.project_workstream) == workstream
    for worker in ledger.workers.values():
        assert log.get(worker_stream(ledger.id, worker.id), projectors.project_worker) == worker


def _account(world, ledger):
    """What is recorded is what happened: nothing lost, nothing made up, nothing left behind."""
    ground = world.ground
    merged = {w.id for w in ledger.workstreams.values() if w.state == "SUCCEEDED" and w.commit}
    landed = set(ground.landed)
    assert merged == landed, f"{sorted(merged ^ landed)}: merged, or said to be, not both"
    assert not ground.running(world.true_us), "something still runs"
    assert not ground.worktrees & {(id, ledger.workstreams[id].attempt) for id in merged}
    written = [signal for p in ground.processes.values() for _, signal in p.signals]
    used = sum(getattr(signal, "input_tokens", 0) for signal in written)
    assert ledger.run.input_tokens <= used, "usage was counted that nobody reported"
