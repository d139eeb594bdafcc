"""From a failure to the one command that shows it again."""

import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

import msgspec

from tests.simulation.story import tell
from uet_es.plan import Plan


class BrokenStoryError(Exception):
    """A seed that failed, and how to see it again."""

    def __init__(self, seed, command, error):
        super().__init__(seed, command, error)
        self.seed, self.command, self.error = seed, command, error

    def __str__(self):
        what = f"{type(self.error).__name__}: {self.error}"
        return f"seed {self.seed}: {what}\nreproduce: {self.command}  # commit {commit()}"


def commit():
    """The commit checked out here, marked if there is more than it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return done.stdout.strip() or "unknown"


def in_file(seed):
    """Whether its store is a file: SQLite syncs for real, so a few seeds must do."""
    return seed % 50 == 7


def told(seed, plan=None):
    """The story of ``seed``, of a plan of its own if one is given.

    Raises:
        BrokenStoryError: something did not hold; says with which command to see it again.
    """
    try:
        return tell(seed, plan, in_file=in_file(seed))
    except Exception as error:
        command = f"python -m tests.simulation --seed {seed}"
        if plan is not None:
            command += f" --plan {_kept(plan)}"
        raise BrokenStoryError(seed, command, error) from error


def read_plan(path):
    return msgspec.json.decode(Path(path).read_bytes(), type=Plan)


def _kept(plan):
    text = msgspec.json.format(msgspec.json.encode(plan))
    path = Path(tempfile.gettempdir()) / f"uet-plan-{sha256(text).hexdigest()[:12]}.json"
    path.write_bytes(text)
    return path
