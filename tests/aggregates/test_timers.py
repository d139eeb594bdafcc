"""When could time alone cause a decision?"""

from uet_es.aggregates.timers import Timer, Timers


def test_without_timers_there_is_no_head():
    assert Timers().head is None


def test_the_head_is_due_first_then_by_kind_and_id():
    timers = Timers()
    timers.set("retry", "b", 7)
    timers.set("retry", "a", 7)
    timers.set("attempt", "z", 7)
    timers.set("worker", "1", 9)
    heads = []
    while timers.head is not None:
        heads.append(timers.head)
        timers.clear(timers.head.kind, timers.head.id)
    assert heads == [
        Timer(7, "attempt", "z"),
        Timer(7, "retry", "a"),
        Timer(7, "retry", "b"),
        Timer(9, "worker", "1"),
    ]


def test_setting_again_replaces():
    timers = Timers()
    timers.set("heartbeat", "a", 5)
    timers.set("heartbeat", "a", 9)
    assert timers.head == Timer(9, "heartbeat", "a")
    assert timers.due == {("heartbeat", "a"): 9}


def test_setting_an_earlier_instant_replaces_as_well():
    timers = Timers()
    timers.set("heartbeat", "a", 9)
    timers.set("heartbeat", "a", 5)
    timers.clear("heartbeat", "a")
    assert timers.head is None


def test_clearing_what_was_not_set_is_harmless():
    timers = Timers()
    timers.set("retry", "a", 5)
    timers.clear("attempt", "a")
    assert timers.head == Timer(5, "retry", "a")


def test_a_time_without_a_driver_moves_limits_and_no_retry():
    timers = Timers()
    timers.set("retry", "a", 5)
    timers.set("attempt", "b", 6)
    timers.set("heartbeat", "b", 7)
    timers.set("worker", "1", 8)
    timers.postpone(100)
    assert timers.head == Timer(5, "retry", "a")
    assert timers.due == {
        ("retry", "a"): 5,
        ("attempt", "b"): 106,
        ("heartbeat", "b"): 107,
        ("worker", "1"): 108,
    }
