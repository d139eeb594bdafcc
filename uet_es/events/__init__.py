"""The vocabulary of the record: tags, channels and the names of the earlier system."""

from typing import get_args

from uet_es.events.base import Decision, Fact, Observation
from uet_es.events.decisions import (
    AnyDecision,
    AnyRunDecision,
    AnyWorkerDecision,
    AnyWorkstreamDecision,
)
from uet_es.events.entry import AnyEvent, Entry
from uet_es.events.observations import AnyObservation, AnyRequest, AnySignal

#: Every event class by its permanent tag, in the order in which a run lives.
BY_TAG: dict[str, type[Fact]] = {
    str(event.__struct_config__.tag): event for event in get_args(AnyEvent)
}
#: The names that users of the earlier system know, upper case.
BUS_NAMES: dict[str, str] = {e.bus_name: tag for tag, e in BY_TAG.items() if e.bus_name}
#: Known there, not recorded by any event yet.
BUS_NAMES_WITHOUT_EVENT = frozenset({"RESOURCE_LIMIT"})


def tag_of(event: Fact) -> str:
    """The event's word in the record, for ever."""
    return str(event.__struct_config__.tag)


__all__ = [
    "BUS_NAMES",
    "BUS_NAMES_WITHOUT_EVENT",
    "BY_TAG",
    "AnyDecision",
    "AnyEvent",
    "AnyObservation",
    "AnyRequest",
    "AnyRunDecision",
    "AnySignal",
    "AnyWorkerDecision",
    "AnyWorkstreamDecision",
    "Decision",
    "Entry",
    "Fact",
    "Observation",
    "tag_of",
]
