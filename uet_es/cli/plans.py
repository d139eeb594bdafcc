"""Plans that a person named: found, read, or refused with all that is wrong."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from uet_es.cli.printing import print_document, remark

if TYPE_CHECKING:
    from uet_es.drivers.place import Place
    from uet_es.errors import PlanError
    from uet_es.intake.load import Loaded, Overrides


def named_plan(plan: Path | None, option: Path | None) -> Path:
    """The plan that was named, as an argument or with the option of the earlier system."""
    named = [each for each in (plan, option) if each is not None]
    if len(named) != 1:
        raise typer.BadParameter("name one folder or file", param_hint="PLAN")
    return named[0]


def load(plan: Path, place: "Place", overrides: "Overrides", *, for_run: bool = False) -> "Loaded":
    """Read ``plan`` for ``place``, with what earlier runs took if that is asked for."""
    from uet_es.intake.load import load_plan

    loaded = load_plan(
        plan,
        root=place.root,
        repository=place.repository,
        overrides=overrides,
        for_run=for_run,
    )
    if loaded.plan.durations == "history":
        from uet_es.cli.history import with_history

        return loaded._replace(plan=with_history(loaded.plan, place))
    return loaded


def refuse(error: "PlanError", *, as_json: bool) -> NoReturn:
    """Tell every problem of a plan that cannot be accepted, and end with 1."""
    if as_json:
        from uet_es.intake.report import invalid_report

        print_document(invalid_report(error.problems))
    for problem in error.problems:
        remark(f"uet: {problem}")
    number = len(error.problems)
    remark(f"uet: the plan is not valid: {number} problem{'s' if number > 1 else ''}")
    raise typer.Exit(1)
