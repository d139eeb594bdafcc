"""The graph of `build.ninja`, as ninja itself draws it; nothing is built."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from uet_es.errors import PlanError, Problem, UsageError

MANIFEST = "build.ninja"

_PROGRAMS = ("ninja", "ninja-build")
#: Far below what any system allows a command line to hold.
_NAMES_BYTES = 60_000
_POINTER = r'"([0-9A-Za-z()]+)"'
_NODE = re.compile(rf'{_POINTER} \[label="(.*)"(, shape=ellipse)?\]')
_ARROW = re.compile(rf'{_POINTER} -> {_POINTER}(?: \[label=" (.*)"\]| \[(arrowhead=none.*)\])?')


class Edge(NamedTuple):
    """One statement of the manifest: what is made of what."""

    rule: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]  #: explicit, implicit and order-only alike


def edges_behind(folder: Path, outputs: Iterable[str]) -> dict[str, Edge]:
    """Everything that making ``outputs`` needs, by each output; unknown outputs are left out.

    Raises:
        UsageError: there is no ninja to ask.
        PlanError: ninja does not understand its manifest.
    """
    ninja = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if ninja is None:
        raise UsageError(
            f"reading the graph of {folder} needs the program ninja, which is not on the PATH:"
            " install it, or name a file with --trace"
        )
    listed = _said(ninja, folder, ["-t", "targets", "all"])
    known = {line.rpartition(": ")[0] for line in listed}
    edges: dict[str, Edge] = {}
    # What is asked for first has most behind it, so that few questions are enough.
    wanted = [each for each in outputs if each in known]
    while wanted := [each for each in wanted if each not in edges]:
        asked = _first(wanted)
        for edge in _drawn(_said(ninja, folder, ["-t", "graph", *asked])):
            edges.update(dict.fromkeys(edge.outputs, edge))
        if any(each not in edges for each in asked):
            raise PlanError([_problem(folder, "is drawn by ninja in a way that is not known")])
    return edges


def _first(names: Sequence[str]) -> list[str]:
    """As many of ``names`` as one command line holds, and one at least."""
    taken: list[str] = []
    size = 0
    for name in names:
        size += len(os.fsencode(name)) + 1
        if taken and size > _NAMES_BYTES:
            break
        taken.append(name)
    return taken


def _said(ninja: str, folder: Path, words: Sequence[str]) -> list[str]:
    ended = subprocess.run(
        [ninja, "-f", MANIFEST, *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True
    )
    if ended.returncode:
        told = " ".join(os.fsdecode(ended.stderr or ended.stdout).split())
        raise PlanError([_problem(folder, f"ninja does not understand it: {told!a}")])
    return os.fsdecode(ended.stdout).replace("\r\n", "\n").split("\n")


def _problem(folder: Path, told: str) -> Problem:
    return Problem(str(folder / MANIFEST), "", "", told)


def _drawn(lines: Iterable[str]) -> Iterator[Edge]:
    """The edges of a drawing: an arrow with a rule on it, or an ellipse with arrows around it."""
    paths: dict[str, str] = {}
    rules: dict[str, str] = {}
    inputs: dict[str, list[str]] = {}
    outputs: dict[str, list[str]] = {}
    single: list[tuple[str, str, str]] = []
    for line in lines:
        if arrow := _ARROW.fullmatch(line):
            source, target, rule, comes_in = arrow.groups()
            if rule is not None:
                single.append((rule, source, target))
            elif comes_in:
                inputs.setdefault(target, []).append(source)
            else:
                outputs.setdefault(source, []).append(target)
        elif node := _NODE.fullmatch(line):
            (rules if node[3] else paths)[node[1]] = node[2]
    for rule, source, target in single:
        yield Edge(rule, (paths[target],), (paths[source],))
    for at, rule in rules.items():
        made, needed = outputs.get(at, ()), inputs.get(at, ())
        yield Edge(rule, tuple(paths[each] for each in made), tuple(paths[each] for each in needed))
