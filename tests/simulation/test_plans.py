"""Plans that no seed would draw: Hypothesis looks for the smallest one that breaks a promise."""

import os

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.simulation.plans import plans
from tests.simulation.reproduce import told
from uet_es.aggregates import order
from uet_es.plan import Plan

#: With ``UET_SEEDS`` somebody wants to search; without, the same plans every time.
SEARCHES = "UET_SEEDS" in os.environ
EXAMPLES = int(os.environ.get("UET_SEEDS", "600")) // 10

searching = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not SEARCHES,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

pytestmark = pytest.mark.slow


@searching
@given(plan=plans(), seed=st.integers(0, 2**20).map(lambda n: n * 50))
def test_every_plan_ends_with_all_promises_kept(plan, seed):
    told(seed, plan)


@searching
@given(plan=plans(most=6))
def test_a_plan_is_recorded_as_it_was(plan):
    text = msgspec.json.encode(plan)
    assert msgspec.json.decode(text, type=Plan) == plan
    assert msgspec.json.encode(msgspec.json.decode(text, type=Plan)) == text


@searching
@given(plan=plans())
def test_the_strict_order_and_its_edges_have_no_cycle(plan):
    followers = order.followers_of(plan)
    sequence = order.merge_order(plan, order.tails(plan, plan.before), followers)
    place = {id: n for n, id in enumerate(sequence)}
    for first, second in order.strict_edges(plan, sequence):
        assert place[first] < place[second]
    for workstream in plan.workstreams:
        assert all(place[needed] < place[workstream.id] for needed in workstream.depends_on)
