"""A workflow as WfCommons writes it down: which version of WfFormat, and then its reader."""

from collections.abc import Callable, Mapping
from pathlib import Path

from uet_es.errors import PlanError, Problem
from uet_es.intake.imports import wfformat_legacy, wfformat_present, workflow_plain
from uet_es.intake.imports.foreign import document_in
from uet_es.intake.imports.recorded import Recorded

Reader = Callable[[Mapping[str, object], Path], Recorded]

_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("1.0", "1.1", "1.2", "1.3", "1.4"), wfformat_legacy.recorded),
    **dict.fromkeys(("1.5", "1.6"), wfformat_present.recorded),
}


def read_workflow(path: Path) -> Recorded:
    """The workflow in the JSON file at ``path``.

    Raises:
        UsageError: no such file, or one of another sort.
        PlanError: it is of no known version, or has mistakes; all of them are told.
    """
    document = document_in(path)
    version = document.get("schemaVersion")
    if version is None and "tasks" in document:
        return workflow_plain.recorded(document, path)
    reader = _READERS.get(version) if isinstance(version, str) else None
    if reader is None:
        known = ", ".join(sorted(_READERS))
        told = "is missing" if version is None else f"{version!r} is not a known version"
        message = f"{told}; known are {known}, and an object with 'tasks' without any"
        raise PlanError([Problem(str(path), "", "schemaVersion", message)])
    return reader(document, path)
