"""The one place where an error becomes a message and an exit status."""

import errno
import os
import sys
import traceback

from uet_es.cli.printing import remark
from uet_es.errors import KernelError, UetError

BUG = 70
TRY_LATER = 75
_LATER = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}
_PLACE = (
    PermissionError,
    FileNotFoundError,
    FileExistsError,
    NotADirectoryError,
    IsADirectoryError,
)


def tell(error: BaseException) -> int:
    """Say on stderr what went wrong and return the exit status for it."""
    if isinstance(error, KeyboardInterrupt):
        return 130
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, BrokenPipeError):
        return _nobody_reads()
    if os.environ.get("UET_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, UetError) and not isinstance(error, KernelError):
        for line in str(error).splitlines() or [type(error).__name__]:
            remark(f"uet: {line}")
        return error.exit_status
    if hasattr(error, "format_message"):
        return _usage(error)
    if isinstance(error, OSError) and error.errno in _LATER:
        remark(f"uet: {error.filename or 'the system'}: {error.strerror}; try again later")
        return TRY_LATER
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        remark(f"uet: {error.filename or 'a file'}: the file system is read-only: copy .uet first")
        return 2
    if isinstance(error, _PLACE):
        remark(f"uet: {error.filename or 'a file'}: {error.strerror}")
        return 2
    return _bug(error)


def _usage(error: BaseException) -> int:
    """What the command line parser objects to, in its own words."""
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "uet")
    text: str = error.format_message()  # type: ignore[attr-defined]  # of every error of the parser
    if type(error).__name__ == "NoArgsIsHelpError":
        remark(text)
    else:
        remark(f"uet: {text}")
        remark(f"uet: try `{path} --help`")
    return int(getattr(error, "exit_code", 2))


def _bug(error: BaseException) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    at = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    remark(f"uet: this is a bug in uet: {type(error).__name__}: {error}{at}")
    remark("uet: please report it; UET_DEBUG=1 shows the whole trace. Nothing recorded is lost.")
    return BUG


def _nobody_reads() -> int:
    """Let the interpreter flush into nothing when it ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    return 1
