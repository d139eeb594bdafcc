"""The folder that an import leaves behind: whole, or not there at all."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from uet_es.errors import UsageError
from uet_es.intake.files import CONFIGURATION_NAME

WORKSTREAMS_NAME = "workstreams.json"


def refuse_existing(folder: Path) -> None:
    """Raise if a plan cannot be written as ``folder`` without touching what is there.

    Raises:
        UsageError: there is something at ``folder`` already.
    """
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder} exists: an import only writes a new folder, name another one")


def write_plan(folder: Path, workstreams: Sequence[object], configuration: str) -> None:
    """Write a plan as the new ``folder``.

    Raises:
        UsageError: there is something at ``folder`` already.
    """
    refuse_existing(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    draft.mkdir()
    try:
        text = json.dumps(workstreams, indent=2)
        (draft / WORKSTREAMS_NAME).write_text(f"{text}\n", "utf-8", newline="\n")
        (draft / CONFIGURATION_NAME).write_text(configuration, "utf-8", newline="\n")
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
