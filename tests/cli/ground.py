"""What tests of the command line stand on: folders, plans, repositories, processes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

COMMAND = [sys.executable, "-m", "uet_es.cli.app"]
DEADLINE_S = 30


class Said(NamedTuple):
    """What one command said."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def write_plan(folder: Path, *workstreams: dict[str, Any]) -> Path:
    """A plan folder with one file for each workstream."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in workstreams:
        document = {"files_scope": [f"{each['id']}.txt"], **each}
        (folder / f"{each['id']}.json").write_text(json.dumps(document))
    return folder


def shell(id: str, run: str = "true", **fields: Any) -> dict[str, Any]:
    """A workstream of tool shell."""
    return {"id": id, "run": run, "isolation": "none", **fields}


def make_repository(folder: Path) -> None:
    """A repository with one commit."""
    (folder / "README.md").write_text("a sample\n")
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "README.md"),
        ("-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "first"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)


def git(folder: Path, *words: str) -> str:
    ended = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return ended.stdout.strip()


def start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """The real program in the background."""
    return subprocess.Popen(
        [*COMMAND, *words],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def await_file(path: Path) -> None:
    """Return when ``path`` is there; fail when it does not come."""
    until = time.monotonic() + DEADLINE_S
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.01)
