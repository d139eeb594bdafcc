"""Real runs: interrupted, fenced, full, asked, signalled."""

import sqlite3
import threading

import pytest

from tests.builders import plan_of, spec
from tests.drivers.reference import git, log_is_sound, make_repository
from uet_es.drivers import live
from uet_es.drivers.place import find_place
from uet_es.errors import FencedError, TryLaterError, UsageError
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    CancelAsked,
    DriverResumed,
    HeartbeatReported,
    MergeConflicted,
    PauseAsked,
    RetryAsked,
    UnpauseAsked,
    UsageReported,
)
from uet_es.kernel import fold, turn
from uet_es.log.store import Log
from uet_es.values import SECOND_US
from uet_es.world.driver_lock import DriverLock

pytestmark = pytest.mark.slow


class When(live.Unwatched):
    """Calls ``then(ledger, entry)`` for every durable entry that ``matches``."""

    def __init__(self, kind, then, where=lambda event: True):
        self.kind, self.then, self.where = kind, then, where

    def opened(self, ledger, interrupt):
        self.interrupt = interrupt

    def written(self, ledger, entries):
        for entry in entries:
            if isinstance(entry.event, self.kind) and self.where(entry.event):
                self.then(self, entry)


def states(ledger):
    return {id: w.state for id, w in ledger.workstreams.items()}


def shell(id, after=(), command="true", **fields):
    return spec(id, after, command=(command,), **fields)


@pytest.fixture
def place(tmp_path):
    return find_place(tmp_path)


def asks(place, run, *requests):
    with Log.open(place.store) as log:
        for request in requests:
            log.request(run, request, 1)


def test_a_plan_without_worktrees_runs_without_a_repository(place):
    ledger = live.run(place, plan_of(shell("a", command="echo hi"), shell("b", ("a",))))
    assert ledger.run.outcome == "succeeded"
    assert (place.state / "runs/run-1/a/1/stdout").read_text() == "hi\n"
    assert [e.seq for e in log_is_sound(place, "run-1")] == list(range(1, ledger.seq + 1))


def test_a_worktree_without_a_repository_is_refused_before_anything_is_made(place):
    with pytest.raises(UsageError, match="no git repository"):
        live.run(place, plan_of(shell("a", isolation="worktree")))
    assert not place.state.exists()


def test_the_first_interrupt_drains_and_resume_does_the_rest(place):
    plan = plan_of(shell("a", command="sleep 0.2"), shell("b", ("a",)), max_workers=1)
    left = live.run(place, plan, When(AttemptStarted, lambda w, e: w.interrupt(2)))
    assert left.run.outcome is None
    assert states(left) == {"a": "SUCCEEDED", "b": "READY"}
    again = live.resume(place, "run-1")
    assert states(again) == {"a": "SUCCEEDED", "b": "SUCCEEDED"}


def test_the_second_interrupt_stops_what_runs_and_uses_up_no_attempt(place):
    plan = plan_of(shell("a", command='test "$UET_ATTEMPT" = 2 || sleep 60'), max_workers=1)

    def twice(watcher, entry):
        watcher.interrupt(2)
        watcher.interrupt(15)

    left = live.run(place, plan, When(AttemptStarted, twice))
    assert (left.workstreams["a"].step, left.workstreams["a"].counted) == ("waiting", 0)
    assert states(live.resume(place, "run-1")) == {"a": "SUCCEEDED"}


def test_a_second_driver_is_refused_while_one_lives(place):
    live.run(place, plan_of(shell("a")))
    with DriverLock(place.state, "run-1"), pytest.raises(TryLaterError, match="pid"):
        live.resume(place, "run-1")


def test_a_driver_that_another_one_overtook_is_fenced_and_does_nothing_more(place):
    """The lock keeps others out; this is what happens when it could not."""
    plan = plan_of(shell("a", command="sleep 0.1"), shell("b", ("a",), "touch done"))

    def overtake(watcher, entry):
        with Log.open(place.store) as log:
            ledger = fold("run-1", log.entries("run-1"))
            log.append("run-1", turn(ledger, ledger.now_us, DriverResumed()))

    with pytest.raises(FencedError):
        live.run(place, plan, When(AttemptStarted, overtake))
    assert not (place.root / "done").exists()
    assert states(live.resume(place, "run-1")) == {"a": "SUCCEEDED", "b": "SUCCEEDED"}
    assert (place.root / "done").exists()


def test_a_full_store_stops_the_driver_and_loses_nothing(tmp_path):
    place = find_place(tmp_path, max_page_count=24)
    plan = plan_of(*(shell(f"w{n:02d}", command="echo x >> done") for n in range(60)))
    with pytest.raises(TryLaterError, match="full"):
        live.run(place, plan)
    ledger = live.resume(find_place(tmp_path), "run-1")
    assert ledger.run.outcome == "succeeded"
    assert (tmp_path / "done").read_text() == "x\n" * 60
    log_is_sound(place, "run-1")


def test_a_busy_store_is_waited_for_and_the_ledger_folded_again(place):
    plan = plan_of(shell("a"), shell("b", ("a",)))
    holding = threading.Event()

    def hold(watcher, entry):
        if holding.is_set():
            return
        holding.set()
        db = sqlite3.connect(place.store, isolation_level=None, check_same_thread=False)
        db.execute("begin immediate")
        threading.Timer(6, db.close).start()  # longer than SQLite waits by itself

    ledger = live.run(place, plan, When(AttemptStarted, hold))
    assert ledger.run.outcome == "succeeded"
    log_is_sound(place, "run-1")


def test_people_pause_go_on_and_cancel_from_another_process(place):
    plan = plan_of(
        shell("a", command="sleep 0.1"), shell("b", ("a",)), shell("long", command="sleep 60")
    )

    def ask(watcher, entry):
        asks(place, "run-1", PauseAsked(), CancelAsked(workstream="long"), UnpauseAsked())

    ledger = live.run(place, plan, When(AttemptStarted, ask, lambda e: e.workstream == "long"))
    assert states(ledger) == {"a": "SUCCEEDED", "b": "SUCCEEDED", "long": "CANCELLED"}
    assert ledger.run.inbox_version == 3


def test_a_failed_workstream_is_retried_after_the_run_has_finished(place):
    plan = plan_of(shell("a", command="test -e mended"), shell("b", ("a",)))
    assert states(live.run(place, plan)) == {"a": "FAILED", "b": "CANCELLED"}
    unchanged = live.resume(place, "run-1")
    (place.root / "mended").touch()
    asks(place, "run-1", RetryAsked(workstream="a"))
    ledger = live.resume(place, "run-1")
    assert states(ledger) == {"a": "SUCCEEDED", "b": "SUCCEEDED"}
    assert ledger.workstreams["a"].attempt == 2
    assert live.resume(place, "run-1").seq == ledger.seq > unchanged.seq


def test_usage_counts_once_is_priced_and_stale_lines_change_nothing(place):
    usage = '{"type":"usage","model":"m1","input_tokens":1000,"output_tokens":10,"key":"k"}'
    other = '{"type":"usage","model":"nobody-knows","input_tokens":5}'
    lines = [
        f"echo '{usage}' >> $UET_SIGNALS",
        f"echo '{usage}' >> $UET_SIGNALS",
        f"echo '{other}' >> $UET_SIGNALS",
        'echo \'{"type":"heartbeat","attempt":7}\' >> $UET_SIGNALS',
        "printf 'garbage' >> $UET_SIGNALS",
    ]
    plan = plan_of(
        shell("a", command="; ".join(lines)), prices={"m1": {"input": "3", "output": "15"}}
    )
    ledger = live.run(place, plan)
    assert ledger.run.input_tokens == 1005
    assert ledger.run.cost_nanousd == 1000 * 3000 + 10 * 15000
    assert ledger.run.unpriced == 1
    seen = [
        (type(e.event).__name__, bool(e.ignored))
        for e in log_is_sound(place, "run-1")
        if isinstance(e.event, UsageReported | HeartbeatReported)
    ]
    assert seen == [
        ("UsageReported", False),
        ("UsageReported", True),
        ("UsageReported", False),
        ("HeartbeatReported", True),
    ]


def test_a_time_out_kills_the_whole_tree(place):
    plan = plan_of(shell("a", command="sleep 60 & sleep 60", timeout_us=SECOND_US // 5))
    ledger = live.run(place, plan)
    assert ledger.workstreams["a"].reason == "timeout"
    exited = [e.event for e in log_is_sound(place, "run-1") if isinstance(e.event, AttemptExited)]
    assert exited[0].took_us < 30 * SECOND_US


def test_a_change_outside_the_claims_is_never_merged(tmp_path):
    place = make_repository(tmp_path / "repo")
    plan = plan_of(
        shell("a", command="echo x > b.txt", writes=("a.txt",), isolation="worktree"),
        shell("b", ("a",)),
    )
    ledger = live.run(place, plan)
    assert states(ledger) == {"a": "FAILED", "b": "CANCELLED"}
    assert (ledger.workstreams["a"].code, ledger.workstreams["a"].reason) == (
        "E_PLAN_CONSISTENCY",
        "scope",
    )
    assert git(place.root, "ls-tree", "--name-only", "uet/run-1") == "README"
    assert git(place.root, "show", "uet-attempts/run-1/a.1:b.txt") == "x"


def test_a_merge_conflict_keeps_both_sides_and_names_them(tmp_path):
    """Disjoint claims collide when git takes one side for the renaming of a whole folder."""
    place = make_repository(tmp_path / "repo")
    (place.root / "old").mkdir()
    for n in range(3):
        (place.root / "old" / f"{n}").write_text(f"{n}\n" * 20)
    git(place.root, "add", "-A")
    git(place.root, "commit", "-q", "-m", "files")
    moved = tuple(sorted(f"{folder}/{n}" for n in range(3) for folder in ("old", "new")))
    plan = plan_of(
        shell("move", command="git mv old new", writes=moved, isolation="worktree"),
        shell("add", command="echo x > old/x", writes=("old/x",), isolation="worktree"),
    )
    ledger = live.run(place, plan)
    assert sorted(states(ledger).values()) == ["FAILED", "SUCCEEDED"]
    failed = next(w for w in ledger.workstreams.values() if w.state == "FAILED")
    assert (failed.code, failed.reason) == ("E_MERGE_CONFLICT", "conflict")
    (seen,) = [
        e.event for e in log_is_sound(place, "run-1") if isinstance(e.event, MergeConflicted)
    ]
    assert git(place.root, "rev-parse", f"uet-attempts/run-1/{failed.id}.1") == seen.theirs
    assert git(place.root, "rev-parse", "uet/run-1") == seen.ours


def test_the_users_branch_and_checkout_stay_untouched(tmp_path):
    place = make_repository(tmp_path / "repo")
    (place.root / "mine.txt").write_text("not committed\n")
    before = git(place.root, "rev-parse", "HEAD"), git(place.root, "status", "--porcelain")
    plan = plan_of(shell("a", command="echo a > a", writes=("a",), isolation="worktree"))
    live.run(place, plan)
    after = git(place.root, "rev-parse", "HEAD"), git(place.root, "status", "--porcelain")
    assert after == before
    assert git(place.root, "symbolic-ref", "HEAD") == "refs/heads/main"


def test_a_deleted_state_folder_beside_old_branches_takes_the_next_number(tmp_path):
    import shutil

    place = make_repository(tmp_path / "repo")
    plan = plan_of(shell("a", command="echo a > a", writes=("a",), isolation="worktree"))
    live.run(place, plan)
    old = git(place.root, "rev-parse", "uet/run-1")
    shutil.rmtree(place.state)
    ledger = live.run(place, plan)
    assert ledger.id == "run-2"
    assert git(place.root, "rev-parse", "uet/run-1") == old
