"""Where the configuration comes from: flag > environment > file > user > default."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from uet_es.errors import Problem, UsageError
from uet_es.intake.configuration import (
    Config,
    Group,
    Merge,
    Price,
    Retry,
    Scope,
    Timeouts,
    Tool,
)
from uet_es.intake.document import Model
from uet_es.intake.files import CONFIGURATION_NAME
from uet_es.intake.findings import Place, read_as

_NESTED: Mapping[str, type[Model]] = {
    "retry": Retry,
    "timeouts": Timeouts,
    "merge": Merge,
    "scope": Scope,
    "tools.*": Tool,
    "prices.*": Price,
    "workers.*": Group,
}

_ENVIRONMENT = "the environment"

#: Which variable stands for which key, and how its text is read.
VARIABLES: Mapping[str, tuple[tuple[str, ...], type[int] | type[float] | type[str]]] = {
    "UET_MAX_WORKERS": (("max_workers",), int),
    "UET_DEFAULT_DURATION_S": (("default_duration_s",), float),
    "UET_RETRY_MAX_ATTEMPTS": (("retry", "max_attempts"), int),
    "UET_RETRY_BACKOFF_S": (("retry", "backoff_s"), float),
    "UET_RETRY_FACTOR": (("retry", "factor"), float),
    "UET_RETRY_MAX_BACKOFF_S": (("retry", "max_backoff_s"), float),
    "UET_TIMEOUTS_ATTEMPT_S": (("timeouts", "attempt_s"), float),
    "UET_TIMEOUTS_WORKER_START_S": (("timeouts", "worker_start_s"), float),
    "UET_MERGE_ORDER": (("merge", "order"), str),
}


class Layer(NamedTuple):
    """What one source says, and how a person finds it."""

    name: str
    values: Mapping[str, object]


def read_config(
    plan: Path,
    *,
    roots: Iterable[Path],
    environ: Mapping[str, str],
    flags: Mapping[str, object],
) -> Config:
    """The configuration for the plan at ``plan``, complete.

    Raises:
        UsageError: some layer is wrong; every problem of every layer is told.
    """
    problems: list[Problem] = []
    layers = [
        *_files(plan, roots=roots, environ=environ, problems=problems),
        Layer(_ENVIRONMENT, _from_environment(environ)),
        Layer("the command line", flags),
    ]
    merged: dict[str, object] = {}
    for layer in layers:
        found = _checked(layer)
        problems += found
        if not found:
            merged = _over(merged, layer.values)
    if problems:
        raise UsageError("\n".join(str(problem) for problem in problems))
    return Config.model_validate(merged)


def _files(
    plan: Path, *, roots: Iterable[Path], environ: Mapping[str, str], problems: list[Problem]
) -> list[Layer]:
    """The user's file and the project's, as far as they exist."""
    folder = plan if plan.is_dir() else plan.parent
    layers = []
    if user := _user_file(environ):
        layers.append(Layer(str(user), _toml(user, problems)))
    for candidate in (folder, *roots):
        file = candidate / CONFIGURATION_NAME
        if file.is_file():
            return [*layers, Layer(str(file), _toml(file, problems))]
    for candidate in roots:
        file = candidate / "pyproject.toml"
        if file.is_file():
            tool = _toml(file, problems).get("tool")
            section = tool.get("uet", {}) if isinstance(tool, Mapping) else {}
            return [*layers, Layer(f"{file} [tool.uet]", section)]
    return layers


def _user_file(environ: Mapping[str, str]) -> Path | None:
    above = environ.get("XDG_CONFIG_HOME") or (
        f"{environ['HOME']}/.config" if environ.get("HOME") else ""
    )
    file = Path(above) / "uet" / "config.toml"
    return file if above and file.is_file() else None


def _toml(file: Path, problems: list[Problem]) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        problems.append(Problem(str(file), "", "", f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        problems.append(Problem(str(file), "", "", "is not UTF-8; save it as UTF-8"))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(str(file), "", "", f"is not TOML: {error}"))
    return {}


def _from_environment(environ: Mapping[str, str]) -> Mapping[str, object]:
    values: dict[str, object] = {}
    for name, (keys, kind) in VARIABLES.items():
        text = environ.get(name, "")
        if not text:
            continue
        try:
            value: object = kind(text)
        except ValueError:
            value = text  # the check of the layer says what is wrong with it
        for key in reversed(keys):
            value = {key: value}
        values = _over(values, value) if isinstance(value, Mapping) else values
    return values


def _checked(layer: Layer) -> list[Problem]:
    _, problems = read_as(Config, layer.values, place=Place(layer.name), nested=_NESTED)
    if layer.name != _ENVIRONMENT:
        return problems
    named = {".".join(keys): name for name, (keys, _) in VARIABLES.items()}
    return [Problem("", "", named[each.field], each.message) for each in problems]


def _over(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Both, table by table; where both say something, ``above`` wins."""
    merged = dict(below)
    for key, value in above.items():
        beneath = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(beneath, Mapping)
        merged[key] = _over(beneath, value) if both else value  # type: ignore[arg-type]
    return merged
