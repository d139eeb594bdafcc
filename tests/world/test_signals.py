"""Signals: what lines become, in order, each once, chatter sampled."""

import pytest

from tests.world.conftest import Make, spec, start
from uet_es.errors import UsageError
from uet_es.events.observations import (
    AttemptExited,
    AttemptStarted,
    HeartbeatReported,
    ProgressReported,
    SignalRefused,
    TextReported,
    UsageReported,
)
from uet_es.world.prices import PriceList
from uet_es.world.signals import SignalReader, append_signal
from uet_es.world.tails import Tail


def _reader(prices=None) -> SignalReader:
    return SignalReader("a", 2, PriceList(prices or {}))


def _read(line: str, **more):
    return _reader(**more).read(line.encode(), 10)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"type":"heartbeat"}', HeartbeatReported(workstream="a", attempt=2, offset=10)),
        (
            '{"type":"progress","percent":50,"text":"half"}',
            ProgressReported(workstream="a", attempt=2, offset=10, percent=50, text="half"),
        ),
        (
            '{"type":"progress","percent":33.4}',
            ProgressReported(workstream="a", attempt=2, offset=10, percent=33),
        ),
        (
            '{"type":"log","text":"grüße","more":1}',
            TextReported(workstream="a", attempt=2, offset=10, text="grüße"),
        ),
        (
            '{"type":"heartbeat","workstream":"b","attempt":1}',
            HeartbeatReported(workstream="a", attempt=2, offset=10, names="b.1"),
        ),
        (
            '{"type":"usage","model":"m","input_tokens":3,"output_tokens":4,'
            '"cached_input_tokens":1,"cost_usd":0.0000012345,"key":"k"}',
            UsageReported(
                workstream="a",
                attempt=2,
                offset=10,
                model="m",
                input_tokens=3,
                output_tokens=4,
                cached_input_tokens=1,
                cost_nanousd=1234,
                price_table="tool",
                key="k",
            ),
        ),
    ],
)
def test_a_line_becomes_an_observation(line, expected):
    assert _read(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "[]",
        "{}",
        "1",
        '{"type":"other"}',
        '{"type":"progress","percent":101}',
        '{"type":"progress","percent":-1}',
        '{"type":"log"}',
        '{"type":"usage","input_tokens":1}',
        '{"type":"usage","model":""}',
        '{"type":"usage","model":"m","input_tokens":-1}',
        '{"type":"usage","model":"m","input_tokens":1.5}',
        '{"type":"usage","model":"m","input_tokens":"1"}',
        '{"type":"usage","model":"m","input_tokens":1,"cached_input_tokens":2}',
        '{"type":"usage","model":"m","cost_usd":-1}',
        '{"type":"usage","model":"m","cost_usd":"NaN"}',
        '{"type":"log","text":"\\ud800"}',
        "x" * 5000,
    ],
)
def test_garbage_is_refused_with_a_short_message(line):
    refused = _read(line)
    assert isinstance(refused, SignalRefused)
    assert 0 < len(refused.message) <= 80
    assert "xxx" not in refused.message


def test_bytes_that_are_no_text_are_refused():
    assert isinstance(_reader().read(b'{"type":"log","text":"\xff"}', 1), SignalRefused)


def test_a_long_text_is_shortened():
    said = _read('{"type":"log","text":"' + "x" * 5000 + '"}')
    assert len(said.text) == 1000


def test_signals_are_told_in_order_before_the_end(make: Make):
    command = """
        echo '{"type":"heartbeat"}' >> $UET_SIGNALS
        echo '{"type":"log","text":"one"}' >> $UET_SIGNALS
        echo 'nonsense' >> $UET_SIGNALS
        printf '{"type":"log","text":"no newline"}' >> $UET_SIGNALS
    """
    watched = make(spec("a", command))
    watched.world.perform(start("a"))
    watched.until(AttemptExited)
    assert [type(seen) for seen in watched.told] == [
        AttemptStarted,
        HeartbeatReported,
        TextReported,
        SignalRefused,
        TextReported,
        AttemptExited,
    ]
    offsets = [seen.offset for seen in watched.told[1:-1]]
    assert offsets == sorted(set(offsets))
    assert offsets[-1] == (watched.folder("a") / "signals.jsonl").stat().st_size


@pytest.mark.slow
def test_signals_are_told_while_the_attempt_runs(make: Make):
    command = 'echo \'{"type":"heartbeat"}\' >> $UET_SIGNALS; until test -e go; do sleep 0.01; done'
    watched = make(spec("a", command))
    watched.world.perform(start("a"))
    watched.until(HeartbeatReported)
    assert watched.of(AttemptExited) == []
    (watched.state.parent / "go").touch()
    assert watched.until(AttemptExited).status == 0


def test_a_late_line_of_an_earlier_attempt_is_told_as_its_own(make: Make):
    late = 'echo \'{"type":"log","text":"late"}\' >> "$(dirname $UET_SIGNALS)/../1/signals.jsonl"'
    watched = make(spec("a", f"test $UET_ATTEMPT = 1 || {late}"))
    watched.world.perform(start("a", 1))
    watched.until(AttemptExited)
    watched.world.perform(start("a", 2))
    watched.until(AttemptExited, 2)
    (said,) = watched.of(TextReported)
    assert (said.attempt, said.text) == (1, "late")


def test_a_line_is_told_once_it_is_complete(tmp_path):
    path = tmp_path / "signals"
    tail = Tail(str(path), _reader())
    assert list(tail.read()) == []
    path.write_text('{"type":"heart')
    assert list(tail.read()) == []
    path.write_text('{"type":"heartbeat"}\n\n{"type":"hea')
    (beat,) = tail.read()
    assert (beat.offset, tail.offset) == (21, 22)
    assert [type(seen) for seen in tail.read(to_the_end=True)] == [SignalRefused]
    assert list(tail.read(to_the_end=True)) == []


def test_progress_is_sampled_and_the_last_word_is_kept(tmp_path):
    path = tmp_path / "signals"
    tail = Tail(str(path), _reader())
    lines = [f'{{"type":"progress","percent":{n}}}\n' for n in range(100)]
    path.write_text("".join(lines[:50]))
    assert [seen.percent for seen in tail.read()] == [49]
    path.write_text("".join(lines))
    assert list(tail.read()) == []
    assert [seen.percent for seen in tail.read(to_the_end=True)] == [99]


def test_progress_that_was_held_back_comes_before_what_followed_it(tmp_path):
    path = tmp_path / "signals"
    tail = Tail(str(path), _reader())
    path.write_text('{"type":"progress","percent":1}\n')
    assert len(list(tail.read())) == 1
    with path.open("a") as file:
        file.write('{"type":"progress","percent":2}\n')
    assert list(tail.read()) == []
    with path.open("a") as file:
        file.write('{"type":"heartbeat"}\n')
    told = list(tail.read())
    assert [type(seen) for seen in told] == [ProgressReported, HeartbeatReported]
    assert told[0].offset < told[1].offset


@pytest.mark.parametrize("size", [70_000, 3_000_000])
def test_an_overlong_line_is_refused_once_and_the_next_is_read(tmp_path, size):
    path = tmp_path / "signals"
    tail = Tail(str(path), _reader())
    path.write_bytes(b"x" * size)
    told = [type(seen) for seen in tail.read()]
    with path.open("ab") as file:
        file.write(b"x" * size + b'\n{"type":"heartbeat"}\n')
    told += [type(seen) for seen in tail.read()]
    assert told == [SignalRefused, HeartbeatReported]


def test_what_is_no_file_holds_nobody_up(make: Make):
    watched = make(spec("a", "mkfifo $UET_SIGNALS"), spec("b", "ln -s /dev/zero $UET_SIGNALS"))
    watched.world.perform(start("a"))
    watched.world.perform(start("b"))
    watched.until(AttemptExited, 2)
    assert len(watched.told) == 4


def test_a_written_signal_is_one_line_that_is_read_again(tmp_path):
    path = tmp_path / "signals"
    append_signal(str(path), {"type": "log", "text": "two\nlines"})
    append_signal(str(path), {"type": "heartbeat"})
    told = list(Tail(str(path), _reader()).read())
    assert [type(seen) for seen in told] == [TextReported, HeartbeatReported]
    assert told[0].text == "two\nlines"


@pytest.mark.parametrize(
    "line",
    [
        {"type": "usage", "model": "m", "input_tokens": -1},
        {"type": "nothing"},
        {"type": "log", "text": "x" * 70_000},
    ],
)
def test_a_signal_that_would_be_refused_is_not_written(tmp_path, line):
    path = tmp_path / "signals"
    with pytest.raises(UsageError):
        append_signal(str(path), line)
    assert not path.exists()


def test_a_signals_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(UsageError, match="nowhere"):
        append_signal(str(tmp_path / "nowhere" / "signals"), {"type": "heartbeat"})
