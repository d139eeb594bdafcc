"""`uet why` and `uet diff`."""

import pytest

from tests.cli.ground import shell, write_plan


def test_a_failure_is_explained_with_its_root(uet, finished):
    said = uet("why", "run-1", "b")
    assert said.status == 0
    assert said.out.startswith("b in run-1: FAILED after ")
    assert "E_TOOL_FAILURE (exit): exit status 3" in said.out
    assert "it began with" in said.out
    assert "b.2  status 3" in said.out
    assert "pause before the next attempt" in said.out
    assert "uet logs run-1 b --stderr" in said.out


def test_who_was_cancelled_is_led_to_whom_it_waited_for(uet, finished):
    said = uet("why", "c")
    assert "c in run-1: CANCELLED after" in said.out
    assert "because of b" in said.out
    assert "depends on b" in said.out
    assert "uet why run-1 b" in said.out
    roots = [uet("why", id, "--json").document["root_cause"] for id in "bc"]
    assert roots[0] == roots[1]
    assert roots[0]["type"] == "attempt.exited"


def test_json_has_spans_that_add_up(uet, finished):
    document = uet("why", "run-1", "a", "--json").document
    assert (document["workstream"], document["state"]) == ("a", "SUCCEEDED")
    assert document["root_cause"] is None
    spans = document["spans"]
    assert sum(s["to_us"] - s["from_us"] for s in spans) == document["to_us"] - document["from_us"]
    assert [set(span) for span in spans] == [{"cause", "on", "from_us", "to_us"}] * len(spans)
    lines = uet("events", "--json").lines
    assert document["from_us"] == lines[0]["at_us"]
    (end,) = [x for x in lines if x["type"] == "workstream.completed"]
    assert document["to_us"] == end["at_us"]


def test_a_file_is_explained_like_a_run(uet, finished):
    assert uet("record", "-o", "kept").status == 0
    of_run = uet("why", "run-1", "b", "--json")
    assert uet("why", "kept", "b", "--json") == of_run
    assert uet("why", "kept/log.jsonl", "b", "--json") == of_run
    assert "uet replay kept --at" in uet("why", "kept", "b").out
    assert "uet logs" not in uet("why", "kept", "b").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run-1", "bb"], "run-1 has no workstream bb: did you mean b"),
        (["bb"], "run-1 has no workstream bb"),
        (["run-4", "b"], "there is no run run-4"),
        (["run-1", "b", "c"], "name one run and one workstream, not 3 things"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_says_what_to_do(uet, finished, words, said):
    answer = uet("why", *words)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err


def test_two_runs_are_held_side_by_side(uet, finished):
    write_plan(finished / "plan", shell("b", "exit 0"))
    assert uet("run", "plan", "-q").status == 0
    said = uet("diff", "run-1", "run-2")
    assert said.status == 0
    assert said.out.startswith("run-1 and run-2: different plans\n  b: command: ")
    assert "they part at entry" in said.out
    assert "SUCCEEDED, 1 attempt" in said.out
    assert "CANCELLED, 0 attempts" in said.out
    document = uet("diff", "run-1", "run-2", "--json").document
    assert document["workstreams"]["c"] == {
        "a": {"state": "CANCELLED", "attempts": 0},
        "b": {"state": "SUCCEEDED", "attempts": 1},
    }
    assert document["end"]["b"]["outcome"] == "succeeded"


def test_a_run_does_not_differ_from_its_record(uet, finished):
    assert uet("record", "-o", "kept").status == 0
    said = uet("diff", "run-1", "kept")
    assert "the same plan" in said.out
    assert "they do not part" in said.out
    assert "in the end nothing differs" in said.out
    assert uet("diff", "run-1", "kept", "--json").document["parts_at"] is None


def test_a_run_that_goes_on_longer_is_said_to(uet, finished):
    lines = (finished / "x.jsonl", finished / "kept" / "log.jsonl")
    assert uet("record", "-o", "kept").status == 0
    lines[0].write_bytes(b"".join(lines[1].read_bytes().splitlines(keepends=True)[:-1]))
    assert "nothing: it ends before" in uet("diff", "x.jsonl", "run-1").out


def test_a_run_that_is_not_there_is_wrong_usage(uet, finished):
    assert uet("diff", "run-1", "run-5").status == 2
    assert uet("diff", "run-1").status == 2
