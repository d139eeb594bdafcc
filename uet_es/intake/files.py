"""Plan files: what stands in a folder of JSON, YAML and TOML, before it is judged."""

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from uet_es.errors import Problem, UsageError

CONFIGURATION_NAME = "uet.toml"


class Written(NamedTuple):
    """One document as it was found."""

    file: str  #: as the user would open it
    position: int | None  #: in an array, from 0; None if it is the whole file
    value: object


class Reading(NamedTuple):
    """Everything that was found, and every file that could not be read."""

    documents: list[Written]
    problems: list[Problem]
    warnings: list[Problem]


class _MalformedError(Exception):
    """The text is not what its ending says; the argument says where and what to do."""


def read_files(plan: Path) -> Reading:
    """Read all plan files of a folder (not of those below it), or one file.

    Raises:
        UsageError: ``plan`` does not exist, or is a file of another sort.
    """
    if plan.is_dir():
        paths = sorted(_plan_files(plan), key=lambda path: path.name)
    elif not plan.exists():
        raise UsageError(f"{plan}: no such folder or file; name the folder that holds the plan")
    elif plan.suffix.lower() in _PARSERS:
        paths = [plan]
    else:
        raise UsageError(f"{plan}: is not a plan file; its name must end in {_endings()}")
    reading = Reading([], [], [])
    for path in paths:
        _read_into(reading, path)
    if not reading.documents and not reading.problems:
        reading.problems.append(
            Problem(str(plan), "", "", f"holds no workstreams; add a file ending in {_endings()}")
        )
    return reading


def _plan_files(folder: Path) -> Iterable[Path]:
    return (
        path
        for path in folder.iterdir()
        if path.suffix.lower() in _PARSERS
        and not path.name.startswith(".")
        and path.name != CONFIGURATION_NAME
        and path.is_file()
    )


def _read_into(reading: Reading, path: Path) -> None:
    file = str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        reading.problems.append(Problem(file, "", "", f"cannot be read: {error.strerror}"))
        return
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
        reading.warnings.append(
            Problem(file, "", "", "begins with a byte order mark, which is ignored; remove it")
        )
    try:
        value = parsed(content, path.suffix.lower())
    except _MalformedError as error:
        reading.problems.append(Problem(file, "", "", str(error)))
    else:
        if path.suffix.lower() == ".toml":
            value = _tables(reading, file, value)
        many = isinstance(value, list)
        for position, one in enumerate(value if isinstance(value, list) else [value]):
            reading.documents.append(Written(file, position if many else None, one))


def _tables(reading: Reading, file: str, value: object) -> object:
    """The array that ``[[workstream]]`` tables make, or ``value`` itself."""
    if not (isinstance(value, Mapping) and isinstance(value.get("workstream"), list)):
        return value
    for key in value:
        if key != "workstream":
            told = "stands outside [[workstream]]; move it below one"
            reading.problems.append(Problem(file, "", key, told))
    return value["workstream"]


def parsed(content: bytes, ending: str) -> object:
    """What ``content`` says, read as files with this ending are."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _MalformedError("is encoded as UTF-16; save it as UTF-8")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line, column = _line_and_column(content[: error.start].decode(), error.start)
        raise _MalformedError(
            f"line {line}, column {column}: is not UTF-8; save the file as UTF-8"
        ) from error
    if not text.strip():
        raise _MalformedError("is empty; write a workstream into it or remove it")
    try:
        return _PARSERS[ending](text)
    except RecursionError as error:
        raise _MalformedError("is nested too deeply; flatten it") from error


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _endings() -> str:
    *others, last = _PARSERS
    return f"{', '.join(others)} or {last}"


def _parse_json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_repetition, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise _MalformedError(
            f"line {error.lineno}, column {error.colno}: is not JSON: {error.msg}"
        ) from error
    except ValueError as error:  # a number of more than 4,300 digits
        raise _MalformedError("holds a number of thousands of digits; write it as text") from error


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        of = f" of {found['id']!r}" if "id" in found else ""
        raise _MalformedError(f"the key {twice!r}{of} stands twice in one object; remove one")
    return found


def _refuse(constant: str) -> object:
    raise _MalformedError(f"{constant} is not JSON; write a number")


def _parse_toml(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, column = _line_and_column(text, len(text))
        told = str(error).replace("at end of document", f"at line {line}, column {column}")
        raise _MalformedError(f"is not TOML: {told}") from error


def _parse_yaml(text: str) -> object:
    # Only plans in YAML pay for its library.
    from uet_es.intake import yaml_text

    try:
        return yaml_text.parse(text)
    except ValueError as error:
        raise _MalformedError(str(error)) from error


_PARSERS: Mapping[str, Callable[[str], object]] = {
    ".json": _parse_json,
    ".yaml": _parse_yaml,
    ".yml": _parse_yaml,
    ".toml": _parse_toml,
}
