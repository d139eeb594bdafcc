"""Are equal ledgers known by equal digests?"""

from msgspec.structs import replace

from tests.builders import accepted, exited, forked, heartbeat, pause, staffed, started
from tests.spec import given
from uet_es.aggregates.digest import digest_of
from uet_es.events.observations import TimePassed
from uet_es.kernel import Ledger, decide, fold


def running():
    return given(accepted("a", "b after a"), *staffed(1, 2), started("a"))


def test_the_same_story_has_the_same_digest():
    assert digest_of(running().ledger) == digest_of(running().ledger)


def test_a_fold_has_the_digest_of_what_it_remembers():
    run = running()
    assert digest_of(fold("run-1", run.entries)) == digest_of(run.ledger)


def test_asking_leaves_the_digest():
    run = running()
    before = digest_of(run.ledger)
    assert decide(run.ledger) is None
    assert digest_of(run.ledger) == before


def test_it_is_the_same_in_every_process():
    assert digest_of(Ledger("run-1")) == digest_of(Ledger("run-9"))
    assert len(digest_of(running().ledger)) == 64


def test_the_order_in_which_things_came_to_be_known_is_not_in_it():
    run = running()
    before = digest_of(run.ledger)
    for values in (run.ledger.workstreams, run.ledger.workers, run.ledger.offsets):
        turned = dict(reversed(values.items()))
        values.clear()
        values.update(turned)
    assert digest_of(run.ledger) == before


def test_indexes_are_not_in_it():
    run = running()
    before = digest_of(run.ledger)
    run.ledger.idle.clear()
    run.ledger.unmet.clear()
    assert digest_of(run.ledger) == before


def test_every_value_is_in_it():
    run = running()
    seen = {digest_of(run.ledger)}
    run.ledger.workstreams["b"] = replace(run.ledger.workstreams["b"], losses=1)
    seen.add(digest_of(run.ledger))
    run.ledger.workers[2] = replace(run.ledger.workers[2], state="TERMINATED")
    seen.add(digest_of(run.ledger))
    run.ledger.run = replace(run.ledger.run, merged=1)
    seen.add(digest_of(run.ledger))
    assert len(seen) == 4


def test_a_fork_has_a_digest_of_its_own():
    run = running()
    before = digest_of(run.ledger)
    run.sees(forked(run.ledger.seq))
    assert digest_of(run.ledger) != before
    assert digest_of(fold("run-2", run.entries)) == digest_of(run.ledger)


def test_whatever_happens_changes_the_digest():
    run = given(accepted("a", "b"), *staffed(1))
    seen = {digest_of(Ledger("run-1")), digest_of(run.ledger)}
    for event in (started("a"), heartbeat("a", offset=9), TimePassed(), pause(), exited("a")):
        seen.add(digest_of(run.sees(event).ledger))
    assert len(seen) == 7
