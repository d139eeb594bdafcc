"""`uet verify` and `uet record`."""

import json

import pytest


@pytest.fixture
def kept(uet, finished):
    """A folder of two fixtures of the one run."""
    for name in ("one", "two"):
        assert uet("record", "run-1", "-o", f"kept/{name}").status == 0
    return finished / "kept"


def test_runs_files_and_folders_are_decided_again(uet, kept):
    assert uet("verify").out.startswith("run-1: ")
    said = uet("verify", "run-1", "kept/one/log.jsonl", "kept")
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert [line.partition(":")[0] for line in lines[:4]] == [
        "run-1",
        "kept/one/log.jsonl",
        "kept/one/log.jsonl",
        "kept/two/log.jsonl",
    ]
    assert lines[-1].startswith("4 logs, ")
    assert lines[-1].endswith("all decided the same")
    assert uet("verify", "--structural", "kept").status == 0


def test_every_log_is_checked_and_those_that_fail_are_listed(uet, kept):
    file = kept / "one" / "log.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:3]))
    said = uet("verify", "kept", "run-1")
    assert said.status == 5
    assert "kept/one/log.jsonl: entry 4 differs" in said.out
    assert "  recorded  nothing: the log ends here" in said.out
    assert "kept/two/log.jsonl: " in said.out
    assert said.out.splitlines()[-2:] == [said.out.splitlines()[-2], "  kept/one/log.jsonl"]
    assert said.out.splitlines()[-2].endswith(": 1 failed")


def test_json_tells_the_same(uet, kept):
    file = kept / "one" / "log.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:3]))
    expect = kept / "two" / "expect.json"
    expect.write_text(json.dumps(json.loads(expect.read_text()) | {"outcome": "succeeded"}))
    said = uet("verify", "kept", "--json")
    assert said.status == 5
    one, two = said.document["logs"]
    assert (one["holds"], one["entries"], one["divergence"]["seq"]) == (False, 3, 4)
    assert one["divergence"]["recorded"] is None
    assert one["divergence"]["expected"]["event"]["type"] == "worker.spawned"
    assert one["divergence"]["state"]
    assert (two["holds"], two["divergence"]) == (False, None)
    assert "outcome: expected" in two["problems"][0]


def test_everything_that_is_not_there_is_named_before_anything_is_checked(uet, kept):
    (kept / "empty").mkdir()
    said = uet("verify", "run-1", "run-9", "x.jsonl", "kept/empty")
    assert (said.status, said.out) == (2, "")
    assert len(said.err.splitlines()) == 3


def test_verifying_writes_nothing(uet, kept):
    def everything():
        files = [f for f in kept.parent.rglob("*") if f.is_file() and "log.db" not in f.name]
        return {file: file.read_bytes() for file in files}

    before = everything()
    assert uet("verify", "kept", "run-1").status == 0
    assert everything() == before


def test_a_run_is_recorded_once_and_says_what_next(uet, finished):
    said = uet("record", "-o", "kept", "--reason", "It fails.", "--redact", "commands")
    assert said.status == 0
    assert "uet verify kept" in said.out
    assert "It fails." in (finished / "kept" / "README.md").read_text()
    assert "exit 3" not in (finished / "kept" / "log.jsonl").read_text()
    said = uet("record", "-o", "kept")
    assert said.status == 2
    assert "kept exists" in said.err
    document = uet("record", "-o", "more", "--redact", "paths,hosts", "--json").document
    assert document["redacted"] == ["hosts", "paths"]
    assert uet("verify", "kept", "more").status == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say where: -o DIR"),
        (["-o", "x", "--redact", "names"], "--redact names: name some of paths"),
        (["run-9", "-o", "x"], "there is no run run-9"),
    ],
)
def test_wrong_usage_writes_nothing(uet, finished, words, said):
    answer = uet("record", *words)
    assert answer.status == 2
    assert said in answer.err
    assert not (finished / "x").exists()


def test_the_record_of_a_record_is_the_same(uet, kept):
    assert uet("record", "kept/one", "-o", "again").status == 0
    for name in ("log.jsonl", "expect.json"):
        again = (kept.parent / "again" / name).read_bytes()
        assert again == (kept / "one" / name).read_bytes()
