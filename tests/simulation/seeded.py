"""The plan of a seed: whatever ``random_plan`` draws, under any flags, with any workers."""

import random

from msgspec.structs import replace

from tests.builders import random_plan
from uet_es.plan import Flags, WorkerGroup


def seeded_plan(seed):
    """Sometimes workers of several sorts, of which at least one serves each tool."""
    plan, dice = random_plan(seed), random.Random(f"crew {seed}")
    flags = {field: dice.random() < 0.5 for field in Flags.__struct_fields__}
    plan = replace(plan, flags=Flags(**flags))
    if dice.random() < 0.6:
        return plan
    crews = [WorkerGroup(count=dice.randrange(1, 4), tools=(tool,)) for tool in ("other", "shell")]
    if dice.random() < 0.5:
        crews.insert(dice.randrange(3), WorkerGroup(count=dice.randrange(1, 3)))
    return replace(plan, workers=tuple(crews))
