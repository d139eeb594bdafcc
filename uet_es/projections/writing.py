"""Files and folders that are there whole, or not at all; nothing that is there is touched."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from uet_es.errors import UsageError


def refuse_existing(path: Path) -> None:
    """Raise if nothing new can be written as ``path``.

    Raises:
        UsageError: something is there already, or the folder it would be in is not.
    """
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} exists and is left as it is: name another one, or remove it")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}: make it, or name another one")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A draft to write; it becomes the new file ``path`` at the end, or goes if that fails.

    Raises:
        UsageError: there is something at ``path``, or no folder for it.
    """
    refuse_existing(path)
    draft = _draft_of(path)
    try:
        yield draft
        refuse_existing(path)  # it may have come meanwhile
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """The same for a folder; the draft is an empty one.

    Raises:
        UsageError: there is something at ``path``, or no folder for it.
    """
    refuse_existing(path)
    draft = _draft_of(path)
    draft.mkdir()
    try:
        yield draft
        refuse_existing(path)
        draft.rename(path)
    finally:
        rmtree(draft, ignore_errors=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write ``content`` as ``path``; who reads meanwhile sees all of the old or of the new."""
    draft = _draft_of(path)
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")
