"""Taking text out of an entry: the one exception to "never changed", and it leaves a mark.

What may hold a secret is text that a person, a plan or a tool wrote freely: it becomes
``[redacted]``. Everything that a fold reads stays: ids, numbers, commits, digests, paths and
patterns, names of tools, models and resources, closed words. So a run folds to the same
structure before and after, only its texts are gone. (A redacted plan cannot be carried on:
its commands are gone, too.)

A redacted state keeps the digest it had, so that what follows still chains, and holds who,
when and why, under a seal: the digest of what stands there now. Text under the seal cannot be
changed a second time unseen.
"""

from collections.abc import Mapping
from typing import cast

import msgspec

from uet_es.events import AnyEvent, AnyRequest, decisions, observations
from uet_es.log.chain import joined, link, split
from uet_es.log.codec import Codec, Redaction
from uet_es.log.rows import Row
from uet_es.plan import Plan, WorkstreamSpec

REDACTED = "[redacted]"

#: Fields of free text, by the class that declares them.
FREE_TEXT: Mapping[type[msgspec.Struct], frozenset[str]] = {
    Plan: frozenset({"tools"}),
    WorkstreamSpec: frozenset({"command", "tasks", "acceptance_tests", "extra"}),
    observations.Request: frozenset({"reason"}),
    observations.Signal: frozenset({"names"}),
    observations.WorkerLost: frozenset({"message"}),
    observations.AttemptUnstarted: frozenset({"message"}),
    observations.AttemptLost: frozenset({"message"}),
    observations.ProgressReported: frozenset({"text"}),
    observations.TextReported: frozenset({"text"}),
    observations.SignalRefused: frozenset({"message"}),
    observations.MergeFailed: frozenset({"message"}),
    decisions.RetryScheduled: frozenset({"message"}),
    decisions.WorkstreamFailed: frozenset({"message"}),
}

_SEAL = b',"seal":"'
_SEAL_END = b'"'
_SEAL_LENGTH = len(_SEAL) + 64 + len(_SEAL_END)


class _Marked(msgspec.Struct):
    redacted: Redaction | None = None


def without_text(event: AnyEvent) -> AnyEvent:
    """``event`` with ``[redacted]`` for every free text in it."""
    return cast("AnyEvent", _without_text(event))


def redacted_entry(codec: Codec, row: Row, previous: str, redaction: Redaction) -> Row:
    """The row that replaces ``row``, which follows the digest ``previous``."""
    entry = codec.decode(row)
    event = without_text(entry.event)
    content = codec.encode(msgspec.structs.replace(entry, event=event))
    return _marked(row._replace(topic=codec.topic_of(event)), content, previous, redaction)


def redacted_request(codec: Codec, row: Row, previous: str, redaction: Redaction) -> Row:
    """The same for a row of an inbox."""
    asked = msgspec.structs.replace(codec.decode_request(row), inbox_version=0)
    cleaned = cast("AnyRequest", without_text(asked))
    content = codec.encode_request(cleaned, asked.asked_at_us)
    return _marked(row._replace(topic=codec.topic_of(asked)), content, previous, redaction)


def redaction_of(row: Row) -> Redaction | None:
    """The break recorded in ``row``, if it claims one."""
    if b',"seal":"' not in row.state:
        return None
    try:
        return msgspec.json.decode(row.state, type=_Marked).redacted
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def sealed(previous: str, row: Row) -> bool:
    """Whether a redacted row is what its redaction left."""
    content, digest = split(row.state)
    seal = content[-_SEAL_LENGTH:]
    content = content[:-_SEAL_LENGTH]
    return seal == _SEAL + _seal(previous, row, content, digest) + _SEAL_END


def _marked(row: Row, content: bytes, previous: str, redaction: Redaction) -> Row:
    content = b'%b,"redacted":%b' % (content, msgspec.json.encode(redaction))
    digest = split(row.state)[1]
    seal = _SEAL + _seal(previous, row, content, digest) + _SEAL_END
    return row._replace(state=joined(content + seal, digest))


def _seal(previous: str, row: Row, content: bytes, digest: str) -> bytes:
    content = b"%b\n%b" % (digest.encode(), content)
    return link(previous, row.stream, row.version, row.topic, content).encode()


def _without_text(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        free = {name for kind in type(value).__mro__ for name in FREE_TEXT.get(kind, ())}
        changes = {}
        for name in value.__struct_fields__:
            field = getattr(value, name)
            cleaned = _blank(field) if name in free else _without_text(field)
            if cleaned is not field:
                changes[name] = cleaned
        return msgspec.structs.replace(value, **changes) if changes else value
    if isinstance(value, tuple):
        cleaned_items = tuple(map(_without_text, value))
        return cleaned_items if cleaned_items != value else value
    return value


def _blank(value: object) -> object:
    """``value`` with every text in it replaced; keys and numbers tell the structure."""
    if isinstance(value, str):
        return REDACTED if value else ""
    if isinstance(value, Mapping) and value:
        return {key: _blank(item) for key, item in value.items()}
    if isinstance(value, list | tuple) and value:
        return type(value)(map(_blank, value))
    return value
