"""What can still be read of a store that cannot be opened. It looks, it never repairs."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from uet_es.log.chain import seed, split
from uet_es.log.rows import Head, Row
from uet_es.log.tables import FORMAT
from uet_es.log.verify import break_at, seq_of

_MAGIC = b"SQLite format 3\x00"
_ROWS = """SELECT rowid, substr(originator_id, 1, instr(originator_id || '/', '/') - 1),
originator_id, originator_version, topic, state FROM stored_events ORDER BY rowid"""


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a store file found."""

    path: str
    size_bytes: int
    problem: str  #: "" if nothing is wrong with the file itself
    format: int = 0  #: of the store; 0 if that cannot be read
    runs: int = 0  #: with at least one readable entry
    entries: int = 0  #: readable in order of arrival, from the first; requests are not counted
    all_read: bool = False  #: the last entry was reached

    def __str__(self) -> str:
        if self.problem and not self.entries:
            intact = "no entry can be read"
        else:
            whole = "all" if self.all_read else "the first"
            runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
            intact = f"{whole} {self.entries} entries of {runs} can be read"
        return (
            f"{self.path} ({self.size_bytes} bytes): {self.problem or 'nothing wrong'}; {intact}. "
            "Nothing was changed; keep a copy before you try anything."
        )


def examine(path: Path) -> Examination:
    """Read as much of ``path`` as there is, from its first entry on."""
    size = path.stat().st_size
    found = Examination(path=str(path), size_bytes=size, problem=_problem_of_head(path, size))
    if found.problem and size < 512:
        return found
    try:
        with closing(_connection(path)) as connection:
            return _read(connection, found)
    except sqlite3.Error as error:
        return msgspec.structs.replace(found, problem=found.problem or str(error))


def _problem_of_head(path: Path, size: int) -> str:
    with path.open("rb") as file:
        head = file.read(100)
    if not size:
        return "the file is empty"
    if not head.startswith(_MAGIC[: len(head)]):
        return "this is not a store of uet (it is no SQLite database)"
    if size < 512:
        return "the file is torn: not even its first page is whole"
    page_size, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
    ahead = path.with_name(f"{path.name}-wal")
    # A write-ahead log may hold the pages that are missing here.
    if pages * max(page_size, 512) <= size or (ahead.exists() and ahead.stat().st_size):
        return ""
    return "the file is torn: its end is missing"


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
    )
    # A file shorter than its header says is refused outright; this is SQLite's way of
    # asking for what is there all the same. The connection cannot write.
    connection.execute("PRAGMA writable_schema=ON")
    return connection


def _read(connection: sqlite3.Connection, found: Examination) -> Examination:
    problem, format = found.problem, 0
    try:
        row = connection.execute("SELECT format FROM store").fetchone()
        format = row[0] if row and isinstance(row[0], int) else 0
        if format > FORMAT:
            problem = (
                f"it was written by a newer uet (format {format}, this one reads {FORMAT}): "
                "use that one"
            )
        elif format < 1:
            problem = problem or "its table `store` does not say what it is"
    except sqlite3.Error as error:
        problem = problem or _said(error)
    heads: dict[str, Head] = {}
    end = _follow(connection, heads)
    return msgspec.structs.replace(
        found,
        problem=problem or end,
        format=format,
        runs=len(heads),
        entries=sum(head.seq for head in heads.values()),
        all_read=not end,
    )


def _follow(connection: sqlite3.Connection, heads: dict[str, Head]) -> str:
    """Move ``heads`` along all chains at once; what stopped it, or "" at the end.

    What is left of half a page can look like a row, so only a row that chains counts.
    """
    try:
        for row in map(Row._make, connection.execute(_ROWS)):
            if not isinstance(row.stream, str) or not isinstance(row.state, bytes):
                return "the file is damaged (a row is no entry)"
            if row.stream == f"{row.run}/inbox":
                continue
            digest, seq = heads.get(row.run) or Head(seed(row.run), 0)
            finding = break_at(row.run, row, seq_of(row), seq + 1, digest)
            if finding is not None and finding.problem != "redacted":
                return f"the file is damaged ({finding})"
            heads[row.run] = Head(split(row.state)[1], seq + 1)
    except sqlite3.Error as error:
        return _said(error)
    return ""


def _said(error: sqlite3.Error) -> str:
    if "no such table" in str(error):
        return f"this is not a store of uet ({error})"
    return f"the file is damaged ({error})"
