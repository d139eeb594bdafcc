"""Are equal ledgers known by equal digests?"""

from tests.builders import accepted, exited, heartbeat, pause, staffed, started
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


def test_whatever_happens_changes_the_digest():
    run = given(accepted("a", "b"), *staffed(1))
    seen = {digest_of(Ledger("run-1")), digest_of(run.ledger)}
    for event in (started("a"), heartbeat("a", offset=9), TimePassed(), pause(), exited("a")):
        seen.add(digest_of(run.sees(event).ledger))
    assert len(seen) == 7
