"""`.ninja_log`: when each output was made, build after build."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from uet_es.errors import PlanError, Problem

_HEAD = re.compile(r"# ninja log v(\d+)")
_VERSIONS = ("5", "6", "7")


class Made(NamedTuple):
    """One output, and the time in which its step ran."""

    start_ms: int  #: since ninja was started
    end_ms: int
    output: str  #: undecodable bytes as the operating system's names keep them


Build = tuple[Made, ...]


class NinjaLog(NamedTuple):
    """What a log holds: builds in the order in which they were done."""

    version: str
    builds: tuple[Build, ...]
    warnings: tuple[str, ...]


def read_log(path: Path) -> NinjaLog:
    """The log at ``path``.

    Raises:
        PlanError: it is no log of a known version, or has lines that say nothing sensible.
    """
    file = str(path)
    # Split at line feeds only: names of files may hold what text takes for other line ends.
    head, *lines = os.fsdecode(path.read_bytes()).replace("\r\n", "\n").split("\n")
    version = _version(head, file)
    torn = lines.pop() if lines else ""
    made: list[Made] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 2):
        if not line or line.startswith("#"):
            continue
        found = _made(line)
        if isinstance(found, str):
            problems.append(Problem(file, "", f"line {number}", found))
        else:
            made.append(found)
    if problems:
        raise PlanError(problems)
    if not made:
        raise PlanError([Problem(file, "", "", "records no step; build first")])
    warnings = ("its last line is not whole and was passed over",) if torn else ()
    return NinjaLog(version, _builds(made), warnings)


def _version(head: str, file: str) -> str:
    found = _HEAD.fullmatch(head)
    if found is None:
        told = "is not a log of ninja, which begins with '# ninja log v' and a number"
        raise PlanError([Problem(file, "", "line 1", told)])
    if found[1] not in _VERSIONS:
        told = f"is of version {found[1]}; known are {', '.join(_VERSIONS)}"
        raise PlanError([Problem(file, "", "line 1", told)])
    return found[1]


def _made(line: str) -> Made | str:
    """What ``line`` says, or what is wrong with it."""
    fields = line.split("\t")
    if len(fields) < 5:
        return f"has {len(fields)} fields instead of 5: start, end, mtime, output, hash"
    start, end = fields[:2]
    if not (start.isdecimal() and end.isdecimal() and len(start + end) < 36):
        return f"start and end must be milliseconds, not {start!a} and {end!a}"
    if int(end) < int(start):
        return f"ends at {end} ms, before it starts at {start} ms"
    return Made(int(start), int(end), "\t".join(fields[3:-1]))


def _builds(made: Iterable[Made]) -> tuple[Build, ...]:
    """``made``, parted where a new build began.

    Within a build lines stand in the order in which steps ended, and no output is made twice.
    """
    builds: list[list[Made]] = []
    seen: set[str] = set()
    for each in made:
        if not builds or each.end_ms < builds[-1][-1].end_ms or each.output in seen:
            builds.append([])
            seen.clear()
        builds[-1].append(each)
        seen.add(each.output)
    return tuple(map(tuple, builds))


def side_by_side(spans: Iterable[tuple[float, float]]) -> int:
    """How many of ``spans``, each a start and an end, there were at once at most."""
    lasting = [(start, end) for start, end in spans if end > start]
    # At one instant what ends comes first: its place is free for what starts.
    changes = sorted([(start, 1) for start, _ in lasting] + [(end, -1) for _, end in lasting])
    running = most = 0
    for _, change in changes:
        running += change
        most = max(most, running)
    return most


def latest(builds: Sequence[Build]) -> dict[str, Made]:
    """Of each output how it was made last."""
    return {each.output: each for build in builds for each in build}
