"""A run as plain files, for whoever can read but not run anything; refreshed in place."""

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from uet_es.errors import UsageError
from uet_es.projections.database import Connection
from uet_es.projections.exports.files.pages import SCHEMA_VERSION, pages, transitions
from uet_es.projections.exports.subject import Counts, Subject, subject
from uet_es.projections.warehouse import Warehouse
from uet_es.projections.writing import replace_file, whole_folder
from uet_es.values import RunId

#: By this file a folder is known as one that was made here.
MARKER = ".uet-files.json"
STORY = "transitions.jsonl"


class Marker(msgspec.Struct, frozen=True):
    """What a folder was made for."""

    schema_version: int
    run: str


def export(warehouse: Warehouse, run: RunId, path: Path) -> Counts:
    """Write ``run`` as the folder ``path``, or bring the view of it that is there up to date.

    Either way the same files come of the same log.

    Raises:
        UsageError: there is something else at ``path``, or no such run.
    """
    about = subject(warehouse, run)
    with warehouse.connection.cursor() as connection:
        if (path / MARKER).is_file():
            _refuse_another(path, about)
            return _fill(path, connection, about)
        with whole_folder(path) as draft:
            marker = Marker(SCHEMA_VERSION, run)
            replace_file(draft / MARKER, msgspec.json.encode(marker) + b"\n")
            return _fill(draft, connection, about)


def _refuse_another(path: Path, about: Subject) -> None:
    try:
        found = msgspec.json.decode((path / MARKER).read_bytes(), type=Marker)
    except (msgspec.DecodeError, OSError) as error:
        raise UsageError(f"{path / MARKER}: cannot be read ({error}): remove {path}") from error
    if found.schema_version > SCHEMA_VERSION:
        raise UsageError(f"{path} was made by a newer uet: remove it, or name another folder")
    if found.run != about.run:
        raise UsageError(f"{path} shows {found.run}, not {about.run}: name another folder")


def _fill(folder: Path, connection: Connection, about: Subject) -> Counts:
    lines = _tell(folder / STORY, lambda: transitions(connection, about))
    wanted: set[Path] = set()
    written = 0
    for name, content in pages(connection, about):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        wanted.add(file)
        if not _holds(file, content):
            replace_file(file, content)
            written += 1
    for file in folder.glob("by_*/*.json"):
        if file not in wanted:
            file.unlink()
    return {"transition": lines, "page": len(wanted), "changed page": written}


def _holds(file: Path, content: bytes) -> bool:
    try:
        return file.read_bytes() == content
    except OSError:
        return False


def _tell(file: Path, lines: Callable[[], Iterable[bytes]]) -> int:
    """Append what ``file`` lacks; write it anew if it is not how ``lines`` begin."""
    if file.is_file():
        number = _append(file, lines())
        if number is not None:
            return number
    draft = file.with_name(f".{file.name}")
    number = 0
    with draft.open("wb") as out:
        for line in lines():
            out.write(line)
            number += 1
    draft.replace(file)
    return number


def _append(file: Path, lines: Iterable[bytes]) -> int | None:
    """How many lines there are now; None if ``file`` does not hold the first of them."""
    number = 0
    with file.open("rb+") as known:
        at_end = False
        for line in lines:
            number += 1
            if not at_end:
                found = known.read(len(line))
                if found == line:
                    continue
                if found:
                    return None
                at_end = True
            known.write(line)
        return None if known.read(1) else number
