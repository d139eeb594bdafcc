"""The prompt of `uet sql`: statements over several lines, a history, and no harm in a mistake."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from uet_es.cli.answers import Form
from uet_es.cli.printing import remark

_WORDS = frozenset({"help", "quit", "exit"})
_HELP = "a statement ends in ;  ·  .tables  .tables NAME  .quit"


def prompt(
    ask: Callable[[str, Form], None], describe: Callable[[str | None, Form], None], form: Form
) -> None:
    """Read statements until the end of input or ``.quit``; errors are told, and it goes on.

    The warehouse is opened for each statement and not in between, so that an idle prompt is in
    nobody's way.
    """
    from uet_es.errors import UetError
    from uet_es.projections.asking import is_complete

    with _history():
        remark(_HELP)
        text = ""
        while True:
            try:
                line = input("   ...> " if text else "uet sql> ")
            except EOFError:
                print()
                return
            except KeyboardInterrupt:
                print()
                text = ""
                continue
            words = line.split()
            if not text and words and (words[0][0] in ".\\" or line.strip() in _WORDS):
                if not _told(words, describe):
                    return
                continue
            text = f"{text}\n{line}".strip()
            if not is_complete(text):
                continue
            try:
                ask(text, form)
            except UetError as error:
                remark(f"uet: {error}")
            except KeyboardInterrupt:
                remark("interrupted")
            text = ""


def _told(words: list[str], describe: Callable[[str | None, Form], None]) -> bool:
    """Do what a dot command says; False for the end."""
    from uet_es.errors import UetError

    match words:
        case [".quit" | ".exit" | ".q" | "quit" | "exit" | "\\q"]:
            return False
        case [".tables", *names] if len(names) < 2:
            try:
                describe(names[0] if names else None, "table")
            except UetError as error:
                remark(f"uet: {error}")
        case _:
            remark(_HELP)
    return True


@contextlib.contextmanager
def _history() -> Iterator[None]:
    """Lines typed before, where the terminal can show them."""
    try:
        import readline
    except ImportError:
        yield
        return
    path = Path.home() / ".uet_sql_history"
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            readline.set_history_length(1000)
            readline.write_history_file(path)
