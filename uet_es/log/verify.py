"""Whether stored rows still are what was written: the first one that is not, by name."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Literal

import msgspec

from uet_es.log.chain import following, split
from uet_es.log.redaction import redaction_of, sealed
from uet_es.log.rows import Head, Row

#: ``cut`` is an end that is missing; ``redacted`` is a break that was recorded.
Problem = Literal["altered", "removed", "reordered", "cut", "redacted"]
#: Where a row says it stands in its chain, or None if it says nothing that can be read.
Numbered = Callable[[Row], int | None]

_SEQ = re.compile(rb'\{"seq":([0-9]{1,18}),')


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One place where the record is not what was written."""

    problem: Problem
    chain: str  #: the run, or its inbox
    number: int  #: seq in the run, version in the inbox
    stream: str = ""  #: "" where no row is left to name
    version: int = 0
    message: str

    def __str__(self) -> str:
        where = f" ({self.stream} version {self.version})" if self.stream else ""
        return f"{self.chain}#{self.number}{where}: {self.problem}: {self.message}"


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification saw."""

    run: str
    entries: int  #: followed without a break, from the first
    requests: int  #: the same for the inbox
    head: str  #: digest of the last of those entries
    findings: tuple[Finding, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong; a recorded redaction is not wrong."""
        return all(finding.problem == "redacted" for finding in self.findings)

    def __str__(self) -> str:
        verdict = "intact" if self.intact else "NOT intact"
        first = f"{self.run}: {verdict}, {self.entries} entries, head {self.head}"
        return "\n".join([first, *map(str, self.findings)])


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """One chain followed as far as it holds."""

    count: int  #: seq of its last entry
    digest: str
    met: bool  #: whether the digest that was looked for is one of the chain's
    findings: tuple[Finding, ...]


def seq_of(row: Row) -> int | None:
    """The ``seq`` with which the state of an entry begins."""
    place = _SEQ.match(row.state)
    return int(place[1]) if place else None


def version_of(row: Row) -> int:
    """An inbox is numbered by its versions."""
    return row.version


def follow(
    chain: str, rows: Iterable[Row], numbered: Numbered, head: str | None, start: Head
) -> Followed:
    """Follow a whole chain from ``start`` to its end or to its first unrecorded break."""
    digest, count = start
    met = head is None or head == digest
    findings: list[Finding] = []
    rest = iter(rows)
    for row in rest:
        finding = break_at(chain, row, numbered(row), count + 1, digest)
        if finding is not None:
            if finding.problem == "removed" and any(numbered(r) == count + 1 for r in rest):
                finding = _reordered(finding)
            findings.append(finding)
            if finding.problem != "redacted":
                break
        digest, count = split(row.state)[1], count + 1
        met = met or digest == head
    return Followed(count=count, digest=digest, met=met, findings=tuple(findings))


def break_at(
    chain: str, row: Row, number: int | None, expected: int, previous: str
) -> Finding | None:
    """What is wrong with ``row`` where entry ``expected`` should follow ``previous``."""
    if number is not None and number != expected:
        return Finding(
            problem="removed",
            chain=chain,
            number=expected,
            message=f"it is missing: {row.stream} version {row.version}, which says that it is "
            f"{number}, stands in its place",
        )
    if following(previous, row.stream, row.version, row.topic, row.state):
        return None
    redaction = redaction_of(row)
    problem: Problem = "altered"
    if redaction is not None and sealed(previous, row):
        problem = "redacted"
        when = datetime.fromtimestamp(redaction.at_us // 1_000_000, UTC).isoformat(" ")
        message = f"at {when} by {redaction.by}: {redaction.reason}"
    elif expected == 1:
        message = "its digest does not belong to what is stored"
    else:
        message = "its digest does not belong to what is stored here and before it"
    return Finding(
        problem=problem,
        chain=chain,
        number=expected,
        stream=row.stream,
        version=row.version,
        message=message,
    )


def cut(chain: str, count: int, head: str) -> Finding:
    """The finding that the digest kept elsewhere is none of the chain's."""
    return Finding(
        problem="cut",
        chain=chain,
        number=count + 1,
        message=f"none of {count} entries has the digest {head}: what came after them was cut "
        "off, or all was written anew",
    )


def _reordered(missing: Finding) -> Finding:
    message = missing.message.replace("it is missing:", "it stands further on:")
    return msgspec.structs.replace(missing, problem="reordered", message=message)
