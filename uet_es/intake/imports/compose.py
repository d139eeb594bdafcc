"""The plan that says what was recorded: its workstreams, and the `uet.toml` beside them."""

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from uet_es.intake.imports.claims import Claims, claims_of
from uet_es.intake.imports.names import ids_of
from uet_es.intake.imports.recorded import Recorded, Task

#: What a workstream does when the plan is executed all the same.
Run = Literal["true", "sleep"]
Document = dict[str, object]

_SHORTEST_S = 1e-6  # an estimate is never nothing, and nothing shorter can be recorded
_WORKERS_MAX = 10_000


def workstreams_of(recorded: Recorded, *, run: Run, keep_order: bool = False) -> list[Document]:
    """The documents of the plan, in order of ids."""
    ids = ids_of(task.name for task in recorded.tasks)
    claims = claims_of(recorded.tasks)
    order = _order(recorded.tasks) if keep_order else {}
    documents = [
        _workstream(task, recorded, ids, claims[task.name], run=run, order=order.get(task.name))
        for task in recorded.tasks
    ]
    return sorted(documents, key=lambda document: str(document["id"]))


def configuration_of(recorded: Recorded) -> str:
    """The text of the `uet.toml` that belongs to the plan."""
    source = json.dumps(recorded.source)
    number = len(recorded.tasks)
    lines = [f"# Imported from {source} ({recorded.format}), tasks: {number}."]
    if recorded.makespan_s is not None:
        lines.append(f"# As recorded it took {_plain(recorded.makespan_s)} s.")
    if recorded.workers is None:
        lines.append("# The record does not say how many worked side by side.")
    else:
        lines.append(f"max_workers = {min(recorded.workers, _WORKERS_MAX)}")
    return "\n".join(lines) + "\n"


def _order(tasks: Sequence[Task]) -> Mapping[str, int]:
    """The place of each task among all, by the time it was started."""
    started = sorted((task.started_s or 0.0, task.name) for task in tasks)
    return {name: place for place, (_, name) in enumerate(started, 1)}


def _workstream(
    task: Task,
    recorded: Recorded,
    ids: Mapping[str, str],
    claims: Claims,
    *,
    run: Run,
    order: int | None,
) -> Document:
    took_s = None if task.took_s is None else max(task.took_s, _SHORTEST_S)
    scope = {"reads": list(claims.reads), "writes": list(claims.writes)}
    written: Document = {
        "id": ids[task.name],
        "project": recorded.project,
        "section": task.group,
        "depends_on": sorted(ids[name] for name in task.after),
        "files_scope": {key: files for key, files in scope.items() if files} or [],
        "isolation": "none",
        "run": f"sleep {_plain(took_s)}" if run == "sleep" and took_s is not None else "true",
        "estimated_duration_s": took_s,
        "order": order,
        "metadata": _kept(task, recorded, claims),
    }
    return {key: value for key, value in written.items() if value not in (None, "")}


def _kept(task: Task, recorded: Recorded, claims: Claims) -> Document:
    kept: Document = {"name": task.name, **task.kept}
    if claims.unclaimed:
        kept["unclaimed_files"] = list(claims.unclaimed)
    imported: Document = {"source": recorded.source, "format": recorded.format}
    if recorded.makespan_s is not None:
        imported["makespan_s"] = recorded.makespan_s
    return kept | {"imported": imported}


def _plain(seconds: float) -> str:
    """``seconds`` to the microsecond, as `sleep` understands it everywhere: without exponent."""
    return f"{seconds:.6f}".rstrip("0").rstrip(".")
