"""What the configuration contributes to the accepted plan."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from uet_es.intake.configuration import Config
from uet_es.intake.specification import microseconds
from uet_es.plan import Limits, WorkerGroup, WorkstreamSpec


def workers_of(config: Config) -> tuple[WorkerGroup, ...]:
    """The groups of workers; none means ``max_workers`` of one sort."""
    return tuple(
        WorkerGroup(
            count=group.count,
            capabilities=tuple(sorted(set(group.capabilities))),
            tools=tuple(sorted(set(group.tools))),
        )
        for group in config.workers
    )


def tools_of(
    specs: Iterable[WorkstreamSpec], config: Config
) -> Mapping[str, str | tuple[str, ...]]:
    """How the tools that ``specs`` want are run; what else is configured does not concern it."""
    commands: dict[str, str | tuple[str, ...]] = {}
    for name in sorted({spec.tool for spec in specs} & config.tools.keys()):
        command = config.tools[name].command
        commands[name] = tuple(command) if isinstance(command, list) else command
    return commands


def limits_of(config: Config, *, fail_fast: bool) -> Limits:
    """The numbers a run obeys, complete."""
    return Limits(
        max_workers=config.max_workers
        or sum(group.count for group in config.workers)
        or Limits().max_workers,
        resources=dict(sorted(config.resources.items())),
        backoff_us=microseconds(config.retry.backoff_s),
        backoff_percent=round(config.retry.factor * 100),
        max_backoff_us=microseconds(config.retry.max_backoff_s),
        worker_start_us=microseconds(config.timeouts.worker_start_s),
        merge_order=config.merge.order,
        fail_fast=fail_fast,
    )


def prices_of(config: Config) -> Mapping[str, Mapping[str, str]]:
    """USD per million tokens as plain decimal text, so that nothing is lost in a log."""
    return {
        model: {
            kind: f"{Decimal(str(usd)).normalize():f}"
            for kind, usd in price.model_dump(exclude_none=True).items()
        }
        for model, price in sorted(config.prices.items())
    }
