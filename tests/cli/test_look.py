"""`uet status`, `list`, `ready`, `logs`: what is going on."""

import pytest

from tests.cli.ground import shell, write_plan


def test_status_says_where_every_workstream_stands_and_why(uet, finished):
    said = uet("status")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("run-1: failed\n")
    assert "because of b" in said.out


def test_status_has_a_document(uet, finished):
    document = uet("status", "run-1", "--json").document
    assert (document["run"], document["outcome"], document["schema_version"]) == (
        "run-1",
        "failed",
        1,
    )
    b = document["workstreams"]["b"]
    assert (b["state"], b["step"], b["attempts"]) == ("FAILED", "", 2)
    assert b["reason"].startswith("E_TOOL_FAILURE")
    assert document["workers"]["1"] == {"state": "TERMINATED", "workstream": None, "attempt": None}


def test_the_two_ways_to_name_a_run_must_agree(uet, finished):
    assert uet("status", "--run-id", "run-1").status == 0
    assert uet("status", "run-1", "--run-id", "run-2").status == 2


@pytest.mark.parametrize("verb", ["status", "ready", "events", "resume", "cancel", "pause"])
def test_an_unknown_run_is_wrong_usage_everywhere(uet, finished, verb):
    said = uet(verb, "run-99")
    assert (said.status, said.out) == (2, "")
    assert "run-99" in said.err


@pytest.mark.parametrize("verb", ["status", "ready", "events", "resume", "cancel", "pause"])
def test_where_nothing_was_run_there_is_nothing_to_look_at(uet, folder, verb):
    said = uet(verb)
    assert (said.status, said.out) == (2, "")
    assert not (folder / ".uet").exists()


def test_list_names_every_run(uet, finished):
    assert uet("run", "plan", "-q").status == 1
    documents = uet("list", "--json").document
    assert [each["run"] for each in documents] == ["run-1", "run-2"]
    first = documents[0]
    assert (first["outcome"], first["plan"], first["workstreams"]) == ("failed", "plan", 3)
    assert (first["succeeded"], first["failed"], first["cancelled"]) == (1, 1, 1)
    assert [each["run"] for each in uet("list", "--json", "-n", "1").document] == ["run-2"]
    assert "run-2  failed" in uet("list").out


def test_list_of_nothing_is_empty(uet, folder):
    assert uet("list", "--json").document == []
    assert "no runs yet" in uet("list").out
    assert not (folder / ".uet").exists()


def test_ready_says_why_not(uet, finished):
    assert uet("retry", "b").status == 0
    document = uet("ready", "run-1", "--json").document
    assert (document["run"], document["ready"], document["waiting"]) == ("run-1", [], {})
    assert uet("ready").out.startswith("run-1: 0 workstreams can start")


@pytest.mark.slow
def test_ready_names_what_waits_for_what(uet, interrupted):
    document = uet("ready", "--json").document
    assert {"cause": "dependency", "on": "a"} in document["waiting"]["b"]
    assert "dependency a" in uet("ready").out


def test_logs_print_what_an_attempt_printed(uet, finished):
    assert uet("logs", "run-1", "a") == (0, "out of a\n", "")
    assert uet("logs", "run-1", "a", "--stderr") == (0, "beside\n", "")
    assert uet("logs", "a", "--attempt", "1", "-f").out == "out of a\n"


def test_logs_have_a_document(uet, finished):
    document = uet("logs", "a", "--json").document
    assert (document["run"], document["attempt"], document["text"]) == ("run-1", 1, "out of a\n")
    assert uet("logs", "a", "--json", "-f").lines[0]["text"] == "out of a\n"


@pytest.mark.parametrize(("tail", "shown"), [(0, ""), (1, "3\n"), (2, "2\n3\n"), (9, "1\n2\n3\n")])
def test_logs_can_be_cut_to_the_last_lines(uet, folder, tail, shown):
    write_plan(folder / "plan", shell("a", "printf '1\\n2\\n3\\n'"))
    assert uet("run", "plan", "-q").status == 0
    assert uet("logs", "a", "--tail", tail).out == shown


def test_an_unfinished_last_line_counts(uet, folder):
    write_plan(folder / "plan", shell("a", "printf '1\\n2'"))
    assert uet("run", "plan", "-q").status == 0
    assert uet("logs", "a", "--tail", 1).out == "2"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run-1", "x"), "no workstream x"),
        (("run-9", "a"), "no run run-9"),
        (("run-1", "c"), "no attempt yet"),
        (("run-1", "b", "--attempt", "3"), "there are 1, 2"),
    ],
)
def test_logs_of_what_is_not_there_are_wrong_usage(uet, finished, words, told):
    said = uet("logs", *words)
    assert said.status == 2
    assert told in said.err
