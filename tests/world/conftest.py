"""Real shells and a real repository in a temporary folder."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from uet_es.effects import OpenIntegration, StartAttempt
from uet_es.events.observations import AnyObservation, TimePassed
from uet_es.plan import Plan, WorkstreamSpec
from uet_es.values import RunId, WorkerId, WorkstreamId
from uet_es.world.live import LiveWorld
from uet_es.world.state_folder import prepare

RUN = RunId("run-1")
DEADLINE_S = 20.0


def spec(id: str, command: str | tuple[str, ...] = "true", **more: Any) -> WorkstreamSpec:
    return WorkstreamSpec(id=WorkstreamId(id), command=command, **more)


def start(id: str, attempt: int = 1) -> StartAttempt:
    return StartAttempt(workstream=WorkstreamId(id), attempt=attempt, worker=WorkerId(1))


class Watched:
    """A world and everything it has told."""

    def __init__(self, world: LiveWorld, state: Path) -> None:
        self.world = world
        self.state = state
        self.told: list[AnyObservation] = []

    def folder(self, id: str, attempt: int = 1) -> Path:
        return self.state / "runs" / RUN / id / str(attempt)

    def until(self, kind: type, count: int = 1, deadline_s: float = DEADLINE_S) -> Any:
        """The last observation of ``kind``, once there are ``count`` of them."""
        deadline = time.monotonic() + deadline_s
        while len(found := [seen for seen in self.told if isinstance(seen, kind)]) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"no {kind.__name__} among {self.told}")
            self.listen()
        return found[count - 1]

    def listen(self, longest_us: int = 100_000) -> None:
        """Take in what happens next; that time passes is not worth telling."""
        seen = self.world.wait(self.world.now_us() + longest_us)
        self.told += [each for _, each in seen if not isinstance(each, TimePassed)]

    def of(self, kind: type) -> list[Any]:
        return [seen for seen in self.told if isinstance(seen, kind)]


Make = Callable[..., Watched]


@pytest.fixture(autouse=True)
def plain_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No setting of the machine takes part."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return home


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make a world for some workstreams; it is closed at the end."""
    made: list[Watched] = []

    def world(
        *specs: WorkstreamSpec,
        root: Path | None = None,
        repository: Path | None = None,
        inbox: Callable[[], Any] = tuple,
        grace_s: float = 0.3,
        **plan: Any,
    ) -> Watched:
        at = root or tmp_path / "work"
        at.mkdir(exist_ok=True)
        state = prepare(at)
        live = LiveWorld(
            run=RUN,
            plan=Plan(workstreams=specs, **plan),
            root=at,
            state=state,
            repository=repository,
            store_id="store",
            inbox=inbox,
            grace_s=grace_s,
        )
        made.append(Watched(live, state))
        return made[-1]

    yield world
    for watched in made:
        watched.world.close(leave_running=False)


def git(at: Path, *words: str) -> str:
    """What git says to a user."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a person",
        "GIT_AUTHOR_EMAIL": "person@localhost",
        "GIT_COMMITTER_NAME": "a person",
        "GIT_COMMITTER_EMAIL": "person@localhost",
    }
    return subprocess.run(
        ("git", *words), cwd=at, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    top = tmp_path / "repo"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    (top / "readme.md").write_text("hello\n")
    (top / "src").mkdir()
    (top / "src" / "app.py").write_text("one\ntwo\nthree\n")
    (top / ".gitignore").write_text("*.pyc\n")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "first")
    return top


@pytest.fixture
def in_repository(make: Make, repository: Path) -> Make:
    """Make a world in ``repository`` whose integration branch stands."""

    def world(*specs: WorkstreamSpec, **more: Any) -> Watched:
        watched = make(*specs, root=more.pop("root", repository), repository=repository, **more)
        watched.world.perform(OpenIntegration(base=git(repository, "rev-parse", "HEAD")))
        return watched

    return world
