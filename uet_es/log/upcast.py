"""How a row written by an older uet becomes an event of today, while it is read.

Nothing is rewritten: the stored bytes stay what they were, and so does their digest.
An upcaster is kept for ever and is pure: it gets the event as a plain object and returns
one. A field with a default needs none.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

Plain = dict[str, object]


class Upcaster(NamedTuple):
    """One step from a topic to its successor."""

    topic: str  #: what it becomes: ``attempt.exited.v2``, or another tag altogether
    change: Callable[[Plain], Plain]


def _with_price_table(event: Plain) -> Plain:
    """The table that set a price, and its version: one text in the first version of usage."""
    split = {key: value for key, value in event.items() if key != "priced_by"}
    table, _, version = str(event.get("priced_by", "")).partition(" ")
    return split | {
        key: value for key, value in (("price_table", table), ("price_version", version)) if value
    }


#: By the topic they read. Chains are followed: v1 → v2 → v3.
Upcasters = Mapping[str, Upcaster]
UPCASTERS: Upcasters = {
    "usage.reported": Upcaster("usage.reported.v2", _with_price_table),
}


def newest(topic: str, upcasters: Upcasters) -> str:
    """The topic under which events of ``topic`` are written today.

    Raises:
        ValueError: the upcasters lead back to where they began.
    """
    seen = [topic]
    while (step := upcasters.get(seen[-1])) is not None:
        if step.topic in seen:
            raise ValueError(f"upcasters of {topic} go round in a circle: {seen}")
        seen.append(step.topic)
    return seen[-1]


def upcast(topic: str, event: Plain, upcasters: Upcasters) -> tuple[str, Plain]:
    """The event as its newest version, and the topic of that."""
    while (step := upcasters.get(topic)) is not None:
        event = {**step.change(event), "type": tag_of_topic(step.topic)}
        topic = step.topic
    return topic, event


def tag_of_topic(topic: str) -> str:
    """The tag without the version behind it."""
    tag, _, version = topic.rpartition(".v")
    return tag if tag and version.isdecimal() else topic
