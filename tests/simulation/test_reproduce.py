"""A story that breaks says how to break it again."""

import shlex
import subprocess
import sys

import pytest

from tests.builders import plan_of, spec
from tests.simulation import __main__ as command_line
from tests.simulation.reproduce import BrokenStoryError, told

#: Nobody checked this plan: its workstream wants more than there is, and waits for ever.
HOPELESS = plan_of(spec("a", resources={"gpu": 1}))


@pytest.fixture
def failure(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(BrokenStoryError) as found:
        told(3, HOPELESS)
    return found.value


def test_it_names_the_seed_the_command_and_the_commit(failure):
    first, second = str(failure).splitlines()
    assert first.startswith("seed 3: AssertionError: the run waits for something that never comes")
    assert second.startswith("reproduce: python -m tests.simulation --seed 3 --plan /")
    assert "  # commit " in second


@pytest.mark.slow
def test_the_command_breaks_it_again(failure):
    _, *arguments = shlex.split(failure.command)
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert str(failure).splitlines()[0] in done.stderr


def test_many_seeds_are_told_and_counted(capsys):
    assert command_line.many(range(3), processes=1) == 0
    assert capsys.readouterr().out.startswith("3 seeds, ")
