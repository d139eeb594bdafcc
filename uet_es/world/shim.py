"""The shell around every attempt: it survives what stops the command and writes how it ended."""

import os
import signal
from collections.abc import Mapping, Sequence

from uet_es.world.attempt_files import AttemptFiles

#: Number of the inherited lock in the attempt: beyond the numbers that commands use themselves.
_LOCK_FD = 99
_SHELL = "/bin/sh"
#: Python ignores these; a command that is cut off by `head` expects to die of them.
_RESET = (signal.SIGPIPE, signal.SIGXFSZ)

# $1 is the attempt's folder, $2 where to run, the rest are lines, run one after another until one
# fails. Builtins only: a command substitution would cost as much again as the whole attempt.
# The trap keeps the shim alive for the last line; in the subshell it is back to its default.
# It opens the outputs itself: opened before it is the shell, they would hold up the driver.
_SCRIPT = """\
exec >>"$1/stdout" 2>>"$1/stderr"
trap : TERM INT HUP
(
  cd "$2" || exit 126
  shift 2
  for uet_line do
    set --
    eval "$uet_line"
    case $? in 0) ;; *) exit ;; esac
  done
)
uet_status=$?
times >"$1/times"
{ read -r uet_a uet_b; read -r uet_c uet_d; } <"$1/times"
printf '%s %s %s %s %s\\n' "$uet_status" "$uet_a" "$uet_b" "$uet_c" "$uet_d" >"$1/status"
exit "$uet_status"
"""


def spawn(
    files: AttemptFiles, lines: Sequence[str], *, cwd: str, env: Mapping[str, str], lock_fd: int
) -> int:
    """Start ``lines`` in a session of their own; the pid, which is also the session.

    Raises:
        OSError: the shell cannot be started, or the lines are too long for one.
    """
    return os.posix_spawn(
        _SHELL,
        ("sh", "-c", _SCRIPT, "uet", files.folder, cwd, *lines),
        env,
        setsid=True,
        setsigdef=_RESET,
        file_actions=(
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, lock_fd, _LOCK_FD),
        ),
    )
