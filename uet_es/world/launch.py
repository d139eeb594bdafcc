"""Starting attempts: their folder, prompt, environment and process."""

import os
from collections.abc import Mapping
from pathlib import Path

from uet_es.effects import StartAttempt
from uet_es.plan import WorkstreamSpec
from uet_es.world import commands, process_tree, shim
from uet_es.world.attempt_files import AttemptFiles
from uet_es.world.site import Site
from uet_es.world.worktrees import Worktree

_INHERITED = ("PATH", "HOME", "USER", "LANG", "TERM", "TMPDIR")


class Running:
    """One attempt from the moment it was asked for to its last observation."""

    __slots__ = ("attempt", "began_ns", "files", "pid", "spec", "stopped", "worker", "worktree")

    def __init__(self, spec: WorkstreamSpec, effect: StartAttempt, files: AttemptFiles) -> None:
        self.spec = spec
        self.attempt = effect.attempt
        self.worker = effect.worker
        self.files = files
        self.worktree: Worktree | None = None
        self.pid = 0  #: of the shim, once it runs; 0 if it is not known
        self.began_ns = 0  #: monotonic
        self.stopped = False  #: asked to end before it had begun

    @property
    def tree(self) -> process_tree.Tree:
        """How its processes are recognised."""
        return process_tree.Tree(self.pid, self.files.folder)


class Launcher:
    """Starts the processes of a run."""

    def __init__(self, site: Site) -> None:
        self._site = site
        top = site.repository.top if site.repository else site.root
        self._environment = _inherited(os.environ) | {
            "UET_RUN": site.run,
            "UET_REPO_ROOT": str(top),
        }

    def launch(self, running: Running) -> int:
        """Start the process of ``running``; its pid.

        Raises:
            LookupError: its tool has no command.
            OSError: the process cannot be started.
        """
        spec, files = running.spec, running.files
        cwd = self._cwd(running)
        prompt_file = ""
        if spec.tasks or spec.tool != commands.SHELL:
            prompt_file = files.prompt
            Path(prompt_file).write_text(commands.prompt(spec), encoding="utf-8")
        places = commands.Places(prompt_file=prompt_file, worktree=cwd)
        lines = commands.shell_lines(self._site.plan, spec, places)
        env = self._environment_of(running, cwd, prompt_file)
        lock_fd = files.take_lock()
        try:
            return shim.spawn(files, lines, cwd=cwd, env=env, lock_fd=lock_fd)
        finally:
            os.close(lock_fd)

    def _cwd(self, running: Running) -> str:
        if running.worktree is None:
            return str(self._site.root)
        return str(Path(running.worktree.path, self._site.subfolder))

    def _environment_of(self, running: Running, cwd: str, prompt_file: str) -> Mapping[str, str]:
        spec = running.spec
        env = self._environment | {
            "UET_WORKSTREAM": spec.id,
            "UET_ATTEMPT": str(running.attempt),
            "UET_WORKER_ID": str(running.worker),
            "UET_ADAPTER_TYPE": spec.tool,
            "UET_SANDBOX_PATH": cwd,
            "UET_SIGNALS": running.files.signals,
        }
        if prompt_file:
            env["UET_PROMPT_FILE"] = prompt_file
        for name in spec.env:
            if name in os.environ and name not in env:
                env[name] = os.environ[name]
        return env


def _inherited(environment: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.defpath} | {
        name: value
        for name, value in environment.items()
        if name in _INHERITED or name.startswith("LC_")
    }
