"""Keeping a run: whole or not at all, byte for byte or without what nobody may see."""

import json
import platform

import msgspec
import pytest

from tests.builders import accepted, cancel, conflicted, exited, plan_of, spec, staffed, unstarted
from tests.drivers.histories import drawn
from tests.spec import given
from uet_es.drivers.histories import History, of_file, of_run
from uet_es.drivers.recording import record
from uet_es.drivers.redaction import kinds_of, redacted
from uet_es.drivers.verdicts import judge
from uet_es.drivers.verify import verify
from uet_es.errors import LogError, UsageError
from uet_es.events.decisions import WorkstreamDispatched
from uet_es.events.observations import AttemptLost, PlanAccepted, RunForked, TextReported
from uet_es.kernel import fold, turn
from uet_es.log import jsonl
from uet_es.log.store import Log

ALL = frozenset({"paths", "hosts", "commands"})
SECRETS = ["vault", "s3cret", "intra.example.com", "10.1.2.3", "alice", platform.node()]


@pytest.fixture
def run():
    work = [
        spec(
            "a",
            writes=("vault/keys/**", "vault/s3cret.txt"),
            command=("scp s3cret.txt alice@intra.example.com:/vault", "true"),
            tasks=("open the vault",),
            extra={"where": {"host": "10.1.2.3"}},
            isolation="worktree",
        ),
        spec("b", reads=("vault/keys/a.pem",), tool="probe", max_attempts=2),
        spec("c"),
    ]
    overlaps = (("vault/keys/**", "vault/keys/a.pem"),)
    tools = {"probe": "ping 10.1.2.3"}
    plan = plan_of(*work, overlaps=overlaps, tools=tools, source="vault", max_workers=3)
    text = f"read /vault/s3cret.txt on intra.example.com, {platform.node()} at 10.1.2.3 (3.5 s)"
    return given(
        PlanAccepted(plan=plan),
        *staffed(1, 2, 3),
        TextReported(workstream="a", attempt=1, text=text),
        exited("a", commit="c"),
        conflicted("a", files=("vault/s3cret.txt",)),
        unstarted("b", message="sh: vault/probe: not found on intra.example.com"),
        cancel("c", by="alice", reason="see intra.example.com/vault"),
    )


def history(entries, name="run-1"):
    return History(name, lambda: iter(entries), lambda: jsonl.rows_of("run-1", entries))


def test_a_recorded_run_is_its_log_what_it_leads_to_and_a_page(run, tmp_path):
    folder = tmp_path / "deep" / "fixture"
    ledger = record(history(run.entries), folder, why="It conflicted.")
    assert sorted(file.name for file in folder.iterdir()) == [
        "README.md",
        "expect.json",
        "log.jsonl",
    ]
    assert jsonl.read_entries(folder / "log.jsonl") == tuple(run.entries)
    assert json.loads((folder / "expect.json").read_text())["entries"] == ledger.seq
    assert "It conflicted." in (folder / "README.md").read_text()
    assert judge(of_file(folder / "log.jsonl")).holds
    assert [file.name for file in folder.parent.iterdir()] == ["fixture"]


def test_rows_are_kept_byte_for_byte(run, tmp_path):
    with Log.in_memory() as log:
        log.append("run-1", run.entries)
        record(of_run(log, "run-1"), tmp_path / "one")
        rows = b"".join(jsonl.line_of(row) for row in log.rows(run="run-1"))
    assert (tmp_path / "one" / "log.jsonl").read_bytes() == rows
    record(of_file(tmp_path / "one" / "log.jsonl"), tmp_path / "two")
    assert (tmp_path / "two" / "log.jsonl").read_bytes() == rows


def test_of_a_run_that_goes_on_no_more_is_kept_than_was_looked_at(run, tmp_path):
    def rows():
        return jsonl.rows_of("run-1", run.entries)

    looked_at = run.entries[: len(run.entries) - len(run.last)]
    growing = History("run-1", lambda: iter(looked_at), rows)
    assert record(growing, tmp_path / "one").seq == len(looked_at)
    assert judge(of_file(tmp_path / "one" / "log.jsonl")).holds


def test_a_fork_is_kept_with_all_that_it_shares_with_its_parent(run, tmp_path):
    forked = RunForked(run="run-2", parent="run-1", at_seq=len(run.entries))
    with Log.in_memory() as log:
        log.append("run-1", run.entries)
        log.append("run-2", turn(fold("run-1", run.entries), run.now_us, forked))
        for kinds in (frozenset(), ALL):
            folder = tmp_path / f"{len(kinds)}"
            ledger = record(of_run(log, "run-2"), folder, redact=kinds)
            assert (ledger.id, ledger.run.parent) == ("run-2", "run-1")
            assert ledger.seq > len(run.entries)
            assert judge(of_file(folder / "log.jsonl")).holds


def test_what_is_there_is_never_overwritten(run, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("file", "dangling", "."):
        with pytest.raises(UsageError, match="exists"):
            record(history(run.entries), tmp_path / name)


def test_nothing_is_left_behind_when_there_is_nothing_to_record(tmp_path):
    with pytest.raises(LogError, match="no entry"):
        record(history([]), tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_a_redacted_run_tells_nothing_and_still_verifies(run, tmp_path):
    assert all(secret.encode() in b"".join(line(run.entries)) for secret in SECRETS)
    ledger = record(history(run.entries), tmp_path / "one", redact=ALL)
    assert judge(of_file(tmp_path / "one" / "log.jsonl")).holds
    for file in (tmp_path / "one").iterdir():
        for secret in SECRETS:
            assert secret not in file.read_text(), (secret, file)
    assert "commands, hosts, paths" in (tmp_path / "one" / "README.md").read_text()
    assert {id: w.state for id, w in ledger.workstreams.items()} == {
        id: w.state for id, w in run.ledger.workstreams.items()
    }


def line(entries):
    return (jsonl.line_of(row) for row in jsonl.rows_of("run-1", entries))


def test_the_same_path_becomes_the_same_name_everywhere(run):
    plan = redacted(run.entries, frozenset({"paths"}))[0].event.plan
    a, b = plan.workstreams[:2]
    assert a.writes == ("p1/p2/**", "p1/p3")
    assert b.reads == ("p1/p2/p4",)
    assert plan.overlaps == (("p1/p2/**", "p1/p2/p4"),)
    assert a.command[1] == "true"


def test_only_what_was_asked_for_is_taken_out(run):
    hosts = redacted(run.entries, frozenset({"hosts"}))
    text = next(e.event.text for e in hosts if isinstance(e.event, TextReported))
    # What looks like a host name is taken for one.
    assert text == "read /vault/[host] on [host], [host] at [host] (3.5 s)"
    assert hosts[0].event.plan.workstreams[0].writes == ("vault/keys/**", "vault/s3cret.txt")
    commands = redacted(run.entries, frozenset({"commands"}))
    plan = commands[0].event.plan
    assert plan.workstreams[0].command == ("[redacted]", "[redacted]")
    assert plan.workstreams[0].extra == {"where": {"host": "[redacted]"}}
    assert plan.tools == {"probe": "[redacted]"}
    assert plan.workstreams[2].command == ()
    assert plan.workstreams[0].writes == ("vault/keys/**", "vault/s3cret.txt")


def test_a_run_that_would_be_decided_differently_is_not_redacted(run, tmp_path):
    at = next(n for n, e in enumerate(run.entries) if isinstance(e.event, WorkstreamDispatched))
    event = msgspec.structs.replace(run.entries[at].event, worker=3)
    forged = [*run.entries]
    forged[at] = msgspec.structs.replace(forged[at], event=event)
    with pytest.raises(LogError, match=f"entry {at + 1} would be decided differently"):
        record(history(forged), tmp_path / "one", redact=ALL)
    with pytest.raises(LogError, match="would be decided differently"):
        redacted(run.entries[:at], ALL)
    assert list(tmp_path.iterdir()) == []


def test_kinds_are_named_in_a_list():
    assert kinds_of("paths, hosts") == {"paths", "hosts"}
    with pytest.raises(UsageError, match="ghosts,names: name some of paths, hosts, commands"):
        kinds_of("ghosts,paths,names")
    with pytest.raises(UsageError):
        kinds_of(" ,")


def test_a_message_that_a_failure_repeats_is_taken_out_of_both():
    lost = AttemptLost(workstream="a", attempt=1, message="10.1.2.3 is gone")
    run = given(accepted(spec("a", once=True)), *staffed(1), lost)
    entries = redacted(run.entries, frozenset({"hosts"}))
    assert [e.event.message for e in entries if hasattr(e.event, "message")] == [
        "[host] is gone"
    ] * 2
    assert verify("run-1", entries) is None


@pytest.mark.slow
def test_any_run_can_be_redacted_and_verifies_strictly():
    for seed in range(12):
        entries = redacted(drawn(seed), ALL)
        assert verify("run-1", entries) is None
        assert len(entries) == len(drawn(seed))
