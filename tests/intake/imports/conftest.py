"""Files of other programs, and the plans that are made of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from uet_es.errors import PlanError
from uet_es.intake.imports.compose import configuration_of, workstreams_of
from uet_es.intake.imports.write import write_plan
from uet_es.intake.load import load_plan

NINJA = Path(sys.executable).with_name("ninja")


@pytest.fixture
def written(tmp_path):
    """A file with this content, text or an object to be written as JSON."""

    def write(content, name="recorded.json"):
        path = tmp_path / name
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def imported(tmp_path):
    """The accepted plan that is made of a record; one without warnings."""

    def accept(recorded, **options):
        folder = tmp_path / "imported"
        workstreams = workstreams_of(recorded, **{"run": "true"} | options)
        write_plan(folder, workstreams, configuration_of(recorded))
        loaded = load_plan(folder, environ={})
        assert loaded.warnings == ()
        return loaded.plan

    return accept


@pytest.fixture
def mistakes():
    """All that is wrong with a file, as (id, field, message)."""

    def found(read, path):
        with pytest.raises(PlanError) as refusal:
            read(path)
        assert {each.file for each in refusal.value.problems} == {str(path)}
        return [(each.id, each.field, each.message) for each in refusal.value.problems]

    return found


@pytest.fixture
def build_folder(tmp_path, monkeypatch):
    """A folder with this manifest, in which the real ninja, now on the path, may have built."""
    monkeypatch.setenv("PATH", f"{NINJA.parent}{os.pathsep}{os.environ['PATH']}")

    def prepare(manifest, log=None, build=()):
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / "build.ninja").write_text(manifest, "utf-8")
        if log is not None:
            (folder / ".ninja_log").write_text(log, "utf-8")
        for words in build:
            subprocess.run([NINJA, "--quiet", *words], cwd=folder, check=True)
        return folder

    return prepare
