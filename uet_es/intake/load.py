"""From plan files to the accepted plan: everything wrong at once, or the plan."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from uet_es.errors import PlanError, Problem, UsageError
from uet_es.intake.conditions import limits_of, prices_of, tools_of, workers_of
from uet_es.intake.configuration import LITTER, Config
from uet_es.intake.conflicts import overlapping_patterns
from uet_es.intake.document import Workstream
from uet_es.intake.documents import Judged, judge
from uet_es.intake.feasibility import impossible, unknown_tools
from uet_es.intake.files import Reading, read_files
from uet_es.intake.graph import Mistake, cycle_mistakes, edge_mistakes
from uet_es.intake.precedence import read_config
from uet_es.intake.specification import (
    Durations,
    duration_of,
    estimate_us,
    microseconds,
    specification_of,
)
from uet_es.plan import TODAY, Plan, WorkstreamSpec
from uet_es.values import SECOND_US, MergeOrder, WorkstreamId


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says; None leaves it to the layers below."""

    max_workers: int | None = None
    durations: Durations | None = None  #: None: unit unless every workstream has an estimate
    default_duration_s: float | None = None
    max_attempts: int | None = None
    attempt_timeout_s: float | None = None
    merge_order: MergeOrder | None = None
    fail_fast: bool = False


class Loaded(NamedTuple):
    """A plan that can be accepted, what is odd about it, and what it was read with."""

    plan: Plan
    warnings: tuple[Problem, ...]
    config: Config


def load_plan(
    path: Path,
    *,
    root: Path | None = None,
    repository: Path | None = None,
    overrides: Overrides = Overrides(),  # noqa: B008  (frozen)
    history: Mapping[str, int] | None = None,
    for_run: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Read the plan at ``path``, a folder or a file, with its configuration.

    ``root`` and then ``repository`` are where `uet.toml` is looked for when it is not next to the
    plan. ``history`` holds measured durations in microseconds. ``for_run`` makes an error of what
    only matters when the plan is executed: a tool that nobody said how to run.

    Raises:
        PlanError: the plan is wrong; every problem of every file is told.
        UsageError: no such folder, a wrong configuration, or worktrees without a repository.
    """
    reading = read_files(path)
    config = read_config(
        path,
        roots=[each for each in (root, repository) if each is not None],
        environ=os.environ if environ is None else environ,
        flags=_flags(overrides),
    )
    judged = judge(reading.documents)
    durations = _durations(overrides, judged.workstreams.values())
    default_us = microseconds(config.default_duration_s)
    specs = [
        specification_of(
            document,
            config,
            expected_us=duration_of(
                document, durations, default_us=default_us, history=history or {}
            ),
            isolation="worktree" if repository is not None else "none",
        )
        for document in judged.workstreams.values()
    ]
    workers = workers_of(config)
    toolless = list(unknown_tools(specs, config.tools))
    mistakes = [
        *_graph_mistakes(judged, reading),
        *impossible(specs, capacity=config.resources, workers=workers),
        *(toolless if for_run else ()),
    ]
    _refuse(mistakes, judged, reading)
    if repository is None:
        _refuse_worktrees(specs)
    plan = Plan(
        workstreams=tuple(specs),
        overlaps=overlapping_patterns(specs),
        before=_before(judged.workstreams),
        tools=tools_of(specs, config),
        workers=workers,
        limits=limits_of(config, fail_fast=overrides.fail_fast),
        flags=TODAY,
        scope_ignore=tuple(sorted({*LITTER, *config.scope.ignore})),
        prices=prices_of(config),
        price_table=config.price_table,
        source=path.resolve().name,
        durations=durations,
    )
    warnings = [*reading.warnings, *judged.warnings]
    if not for_run:
        warnings += [Problem("", each.id, each.field, each.message) for each in toolless]
    return Loaded(
        msgspec.structs.replace(plan, digest=_digest(plan, judged.workstreams)),
        tuple(sorted(warnings)),
        config,
    )


def _flags(overrides: Overrides) -> Mapping[str, object]:
    """What was said, under the names that the configuration has for it."""
    said: dict[str, object] = {
        "max_workers": overrides.max_workers,
        "default_duration_s": overrides.default_duration_s,
        "retry": _if_said("max_attempts", overrides.max_attempts),
        "timeouts": _if_said("attempt_s", overrides.attempt_timeout_s),
        "merge": _if_said("order", overrides.merge_order),
    }
    return {key: value for key, value in said.items() if value is not None}


def _if_said(key: str, value: object) -> Mapping[str, object] | None:
    return None if value is None else {key: value}


def _durations(overrides: Overrides, documents: Iterable[Workstream]) -> Durations:
    if overrides.durations is not None:
        return overrides.durations
    estimates = [estimate_us(document) for document in documents]
    return "estimates" if estimates and all(estimates) else "unit"


def _graph_mistakes(judged: Judged, reading: Reading) -> list[Mistake]:
    hint = " (some files could not be read)" if reading.problems else ""
    together = {
        id: [each for ids in waits.values() for each in ids] for id, waits in judged.waits.items()
    }
    return [*edge_mistakes(judged.waits, judged.files, hint=hint), *cycle_mistakes(together)]


def _refuse(mistakes: Sequence[Mistake], judged: Judged, reading: Reading) -> None:
    told = [Problem(judged.files[each.id], each.id, each.field, each.message) for each in mistakes]
    if problems := sorted([*reading.problems, *judged.problems, *told]):
        raise PlanError(problems)


def _refuse_worktrees(specs: Iterable[WorkstreamSpec]) -> None:
    ids = [spec.id for spec in specs if spec.isolation == "worktree"]
    if ids:
        more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
        raise UsageError(
            f"{', '.join(ids[:3])}{more}: isolation 'worktree' needs a git repository, and there is"
            " none here; run 'git init' and commit, or write isolation: none"
        )


def _before(
    workstreams: Mapping[str, Workstream],
) -> tuple[tuple[WorkstreamId, WorkstreamId], ...]:
    pairs = {
        (WorkstreamId(earlier), WorkstreamId(id))
        for id, document in workstreams.items()
        for earlier in document.after
        if earlier not in document.depends_on
    }
    return tuple(sorted(pairs))


def _digest(plan: Plan, workstreams: Mapping[str, Workstream]) -> str:
    """Of what was asked: the same for all durations, limits, file names and orders."""
    asked = [
        msgspec.structs.replace(spec, expected_us=estimate_us(workstreams[spec.id]) or SECOND_US)
        for spec in plan.workstreams
    ]
    content = {"workstreams": asked, "tools": plan.tools, "before": plan.before}
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()
