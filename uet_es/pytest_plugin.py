"""Recorded logs as tests of any project: ``pytest --uet-logs DIR``, one test a log.

pytest loads this module whether it is wanted or not, so it imports nothing of uet until a log is
decided again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr, TracebackStyle


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two options, in a group of their own."""
    group = parser.getgroup("uet", "recorded logs of uet")
    group.addoption(
        "--uet-logs",
        action="append",
        default=[],
        metavar="DIR",
        help="Decide every recorded log below DIR (*.jsonl) again; may be repeated.",
    )
    group.addoption(
        "--uet-structural",
        action="store_true",
        help="Compare what was decided; not when, nor under which numbers.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Have the folders collected, if there are any."""
    named: list[str] = config.getoption("--uet-logs")
    if not named:
        return
    folders = [(config.invocation_params.dir / each).resolve() for each in named]
    missing = [name for name, path in zip(named, folders, strict=True) if not path.exists()]
    if missing:
        raise pytest.UsageError(f"--uet-logs: there is no {', '.join(missing)}")
    config.args += [str(folder) for folder in folders if str(folder) not in config.args]
    config.pluginmanager.register(_Logs(folders), "uet-logs")


class _Logs:
    """Turns the logs below some folders into tests."""

    def __init__(self, folders: list[Path]) -> None:
        self._folders = folders

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> "LogFile | None":
        """A log, if it is one of those that were asked for."""
        if file_path.suffix != ".jsonl":
            return None
        wanted = any(folder in (file_path, *file_path.parents) for folder in self._folders)
        return LogFile.from_parent(parent, path=file_path) if wanted else None


class LogFile(pytest.File):
    """One recorded log."""

    def collect(self) -> Iterator["LogItem"]:
        """The one question that is asked of it."""
        yield LogItem.from_parent(self, name="verify")


class LogItem(pytest.Item):
    """Whether a log is decided today as it was."""

    def runtest(self) -> None:
        """Decide it again.

        Raises:
            DivergedError: it would be different, or cannot be read.
        """
        from uet_es.drivers.histories import of_file
        from uet_es.drivers.verdicts import judge

        structural: bool = self.config.getoption("--uet-structural")
        verdict = judge(of_file(self._shown), structural=structural)
        if not verdict.holds:
            raise DivergedError(str(verdict))

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: "TracebackStyle | None" = None,
    ) -> "str | TerminalRepr":
        """What ``uet verify`` says; the traceback of everything else."""
        if isinstance(excinfo.value, DivergedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it is, and how a report calls it."""
        return self.path, None, str(self._shown)

    @property
    def _shown(self) -> Path:
        """The log as it is reached from where pytest was called."""
        here = self.config.invocation_params.dir
        return self.path.relative_to(here) if self.path.is_relative_to(here) else self.path


class DivergedError(Exception):
    """A log does not hold; says which entry, and what today's kernel would write."""
