"""What an attempt's shell is told to run: the plan's command with its placeholders filled in."""

import re
import shlex

import msgspec

from uet_es.plan import Plan, WorkstreamSpec

SHELL = "shell"
_PLACE = re.compile(r"\{(id|files|prompt_file|worktree)\}")


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where one attempt finds its things."""

    prompt_file: str  #: "" if it has none
    worktree: str  #: the folder it runs in


def shell_lines(plan: Plan, spec: WorkstreamSpec, places: Places) -> tuple[str, ...]:
    """The lines to be run one after another, stopping at the first that fails.

    Raises:
        LookupError: the plan does not say how its tool is run.
    """
    if spec.tool == SHELL:
        return (spec.command,) if isinstance(spec.command, str) else spec.command
    if spec.tool not in plan.tools:
        raise LookupError(f"tool {spec.tool!r} has no command: give one in [tools.{spec.tool}]")
    told = plan.tools[spec.tool]
    filled = {
        "id": (str(spec.id),),
        "files": spec.writes,
        "prompt_file": (places.prompt_file,),
        "worktree": (places.worktree,),
    }
    if isinstance(told, str):
        return (_PLACE.sub(lambda place: shlex.join(filled[place[1]]), told),)
    return (shlex.join(word for told_word in told for word in _words(told_word, filled)),)


def prompt(spec: WorkstreamSpec) -> str:
    """The task of a workstream as a page for a person or an agent."""
    parts = [f"# {spec.id}", *_section("Tasks", spec.tasks)]
    parts += _section("Files you may change", [f"`{pattern}`" for pattern in spec.writes])
    parts += _section("Files you may read", [f"`{pattern}`" for pattern in spec.reads])
    parts += _section("Files you must not change", [f"`{pattern}`" for pattern in spec.forbidden])
    parts += _section("Done when", spec.acceptance_tests)
    return "\n".join(parts) + "\n"


def _words(word: str, filled: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The words that ``word`` stands for: many only where a placeholder stands alone."""
    alone = _PLACE.fullmatch(word)
    if alone:
        return filled[alone[1]]
    return (_PLACE.sub(lambda place: " ".join(filled[place[1]]), word),)


def _section(title: str, lines: "tuple[str, ...] | list[str]") -> list[str]:
    return ["", f"## {title}", "", *(f"- {line}" for line in lines)] if lines else []
