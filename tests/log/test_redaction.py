"""A secret that slipped in is taken out: nothing else changes, and everybody can see it."""

import sqlite3

import msgspec
import pytest

from tests.log.conftest import RUN
from tests.log.samples import SECRET, Writer, entries
from uet_es.errors import LogError, StoreBusyError, UsageError
from uet_es.events import BY_TAG
from uet_es.events.decisions import RetryScheduled
from uet_es.events.observations import PlanAccepted, RetryAsked
from uet_es.log.redaction import FREE_TEXT, REDACTED, without_text
from uet_es.log.store import Log
from uet_es.plan import Plan


@pytest.fixture
def redacted(stored):
    stored.append(RUN, entries(RUN))
    stored.redact(RUN, 1, reason="a password", by="ann", at_us=9)
    stored.redact(RUN, 5, reason="the same", by="bob", at_us=10)
    return stored


def test_a_redaction_is_reported_with_who_when_and_why_and_is_not_tampering(redacted):
    findings = redacted.verify(RUN)
    assert findings.intact
    assert findings.entries == 22
    assert [str(finding) for finding in findings.findings] == [
        "run-1#1 (run-1 version 1): redacted: at 1970-01-01 00:00:00+00:00 by ann: a password",
        "run-1#5 (run-1/ws/inbox version 1): redacted: at 1970-01-01 00:00:00+00:00 by bob: "
        "the same",
    ]


def test_what_follows_still_chains_and_the_run_goes_on(stored):
    writer = Writer(RUN)
    stored.append(RUN, writer.accepted())
    head = stored.append(RUN, writer.turn())
    stored.redact(RUN, 12, reason="the last one", by="ann", at_us=9)
    stored.redact(RUN, 5, reason="one in the middle", by="ann", at_us=9)
    assert stored.head(RUN) == head
    stored.append(RUN, writer.turn())
    assert stored.verify(RUN, head=head).intact
    assert stored.verify(RUN).entries == 22


def test_only_texts_are_gone(redacted):
    before, after = entries(RUN), list(redacted.entries(RUN))
    assert [
        i for i, pair in enumerate(zip(before, after, strict=True)) if len({*map(repr, pair)}) > 1
    ] == [0, 4]
    spec = after[0].event.plan.workstreams[0]
    assert (spec.command, spec.tasks) == (REDACTED, (REDACTED, REDACTED))
    assert spec.extra == {"ticket": REDACTED, "note": {"deep": [REDACTED, 3]}, "weight": 0.5}
    assert (spec.id, spec.writes, spec.kind) == ("api", ("src/api/**",), "docs")
    assert after[0].event.plan.tools == {"aider": (REDACTED,) * 3}
    assert after[0].event.plan.workstreams[1] == before[0].event.plan.workstreams[1]
    assert after[4].event == msgspec.structs.replace(before[4].event, message=REDACTED)


def test_the_secret_is_nowhere_in_the_file_any_more(stored, path):
    writer = Writer(RUN)
    stored.append(RUN, writer.accepted())
    stored.request(RUN, RetryAsked(workstream="api", reason=SECRET, by="ann"), 5)
    ((_, asked),) = stored.inbox(RUN)
    stored.append(RUN, writer.observed(asked))
    everything = [path, path.with_name("log.db-wal")]
    assert any(SECRET.encode() in file.read_bytes() for file in everything)
    stored.redact(RUN, 1, reason="x", by="ann", at_us=9)
    stored.redact(RUN, 3, reason="x", by="ann", at_us=9)
    assert not any(SECRET.encode() in file.read_bytes() for file in everything)
    problems = [(f.problem, f.chain, f.number) for f in stored.verify(RUN).findings]
    assert problems == [
        ("redacted", "run-1", 1),
        ("redacted", "run-1", 3),
        ("redacted", "run-1/inbox", 1),
    ]
    assert stored.inbox(RUN)[0][1].reason == REDACTED


def test_a_reader_that_keeps_the_old_pages_is_named_and_the_wipe_repeated(path):
    with Log.open(path, create=True, lock_timeout_s=0.01) as log:
        log.append(RUN, entries(RUN))
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM stored_events").fetchone()
        with pytest.raises(StoreBusyError, match="still holds it"):
            log.redact(RUN, 1, reason="x", by="ann", at_us=9)
        reader.close()
        assert SECRET.encode() in path.with_name("log.db-wal").read_bytes()
        log.redact(RUN, 1, reason="another reason", by="bob", at_us=10)
        assert path.with_name("log.db-wal").stat().st_size == 0
        assert "by ann: x" in str(log.verify(RUN))


@pytest.mark.parametrize(
    "change",
    [
        "replace(CAST(state AS TEXT), '[redacted]', 'rm -rf')",
        "replace(CAST(state AS TEXT), 'by\":\"ann', 'by\":\"eve')",
        "replace(CAST(state AS TEXT), 'a password', 'no reason')",
        'replace(CAST(state AS TEXT), \'"seal":"\', \'"seal":"0\')',
    ],
)
def test_a_redacted_entry_cannot_be_changed_a_second_time_unseen(redacted, path, change):
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER entries_are_never_changed")
    connection.execute(f"UPDATE stored_events SET state = {change} WHERE rowid = 1")
    connection.commit()
    connection.close()
    assert [f.problem for f in redacted.verify(RUN).findings] == ["altered"]
    with pytest.raises(LogError, match="run-1#1"):
        list(redacted.entries(RUN))


def test_the_guards_stand_again_afterwards(redacted, path):
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="immutable"):
        connection.execute("UPDATE stored_events SET topic = 'x'")
    connection.close()


def test_an_altered_entry_is_not_covered_up_by_a_redaction(stored, path):
    stored.append(RUN, entries(RUN))
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER entries_are_never_changed")
    connection.execute("UPDATE stored_events SET topic = 'x' WHERE rowid = 3")
    connection.commit()
    connection.close()
    with pytest.raises(LogError, match="run-1#3"):
        stored.redact(RUN, 3, reason="x", by="ann", at_us=9)


def test_an_entry_that_is_not_there_cannot_be_redacted(stored):
    stored.append(RUN, entries(RUN))
    for seq in (0, 23, -1):
        with pytest.raises(UsageError, match=f"no entry {seq}"):
            stored.redact(RUN, seq, reason="x", by="ann", at_us=9)


#: Strings that stay: a fold, a merge or a report needs them, or they are closed words.
KEPT = {
    "run",
    "parent",
    *("id", "workstream", "root", "because", "depends_on", "before", "project", "section", "phase"),
    *("writes", "reads", "forbidden", "overlaps", "scope_ignore", "outside", "files"),
    *("commit", "base", "tree", "ours", "theirs", "digest", "stdout_sha256", "stderr_sha256"),
    *("tool", "tools", "capabilities", "resources", "conflict_group", "env", "model", "key"),
    *("price_table", "price_version", "prices", "source", "durations", "uet", "by"),
    *("kind", "priority", "isolation", "merge_order", "code", "reason", "outcome"),
}


def test_every_field_of_text_is_either_redacted_or_kept_on_purpose():
    structs, seen = [*BY_TAG.values()], set()
    while structs:
        kind = structs.pop()
        if kind in seen:
            continue
        seen.add(kind)
        free = {name for base in kind.__mro__ for name in FREE_TEXT.get(base, ())}
        for field in msgspec.structs.fields(kind):
            inside = repr(msgspec.inspect.type_info(field.type))
            if "StrType" in inside or "LiteralType" in inside or "AnyType" in inside:
                nested = "StructType" in inside
                assert nested or field.name in free | KEPT, f"{kind.__name__}.{field.name}"
        structs += nested_structs(kind)
    assert Plan in seen


def nested_structs(kind):
    found = []

    def walk(info):
        if isinstance(info, msgspec.inspect.StructType):
            found.append(info.cls)
        for name in ("item_type", "key_type", "value_type"):
            if hasattr(info, name):
                walk(getattr(info, name))
        for many in ("item_types", "types"):
            for item in getattr(info, many, ()):
                walk(item)

    for field in msgspec.structs.fields(kind):
        walk(msgspec.inspect.type_info(field.type))
    return found


def test_closed_words_of_the_same_name_as_a_free_text_stay():
    event = RetryScheduled(
        workstream="a",
        attempt=1,
        worker=1,
        code="E_UNKNOWN",
        reason="exit",
        message="m",
        not_before_us=1,
    )
    assert without_text(event).reason == "exit"
    assert without_text(RetryAsked(workstream="a", reason="m")).reason == REDACTED
    empty = PlanAccepted(plan=Plan(workstreams=()))
    assert without_text(empty) is empty
