"""`uet simulate` and `uet fork`: other conditions, imagined and real."""

import pytest

from tests.cli.ground import shell, write_plan

pytestmark = pytest.mark.slow


@pytest.fixture
def plan(folder):
    """Two long ones beside each other, one after both, with estimates."""
    return write_plan(
        folder / "plan",
        shell("a", "sleep 0.2", estimated_duration_s=0.2),
        shell("b", "sleep 0.2", estimated_duration_s=0.2),
        shell("c", depends_on=["a", "b"], estimated_duration_s=0.1),
    )


def test_a_plan_is_simulated_from_its_estimates_and_nothing_is_executed(uet, folder, plan):
    document = uet("simulate", "plan", "--max-workers", "2", "--json").document
    assert document["makespan_s"] == 0.3
    assert document["lower_bound_s"] == 0.3
    assert document["critical_path"] == ["a", "c"]
    assert document["workers"] == 2
    assert document["utilisation"] == round(0.5 / 0.6, 4)
    assert [(slot["id"], slot["start_s"]) for slot in document["schedule"]] == [
        ("a", 0.0),
        ("b", 0.0),
        ("c", 0.2),
    ]
    assert not (folder / ".uet").exists()


def test_a_plan_without_durations_is_simulated_in_units_and_says_so(uet, folder):
    write_plan(folder / "plan", shell("a"), shell("b", depends_on=["a"]))
    said = uet("simulate", "plan")
    assert "2 units" in said.out
    assert "one unit" in said.err


def test_simulating_a_plan_agrees_with_validating_it(uet, folder, repository):
    write_plan(
        folder / "plan",
        *(
            {"id": f"w{n}", "run": "true", "depends_on": [f"w{n - 3}"] if n > 2 else []}
            for n in range(9)
        ),
    )
    for workers in ("1", "2", "3"):
        dry = uet("validate", "plan", "-j", workers, "--json").document
        imagined = uet("simulate", "plan", "-j", workers, "--json").document
        assert imagined["makespan_s"] == dry["makespan"]
    better = uet("simulate", "plan", "-j", "2", "--optimize", "0.2", "--json").document
    assert better["makespan_s"] <= uet("validate", "plan", "-j", "2", "--json").document["makespan"]


def test_the_newest_real_run_is_simulated_with_more_workers_and_scored_by_the_next(uet, plan):
    assert uet("run", "plan", "-j", "1", "-q").status == 0
    document = uet("simulate", "--max-workers", "2", "--json").document
    assert document["baseline"]["run"] == "run-1"
    assert document["baseline"]["real"]
    assert document["makespan_s"] < document["baseline"]["makespan_s"]
    assert uet("run", "plan", "-j", "2", "-q").status == 0
    prediction = uet("status", "--json").document["prediction"]
    assert prediction["predicted_s"] == document["makespan_s"]
    assert "predicted" in uet("status").out


def test_a_kept_simulation_is_marked_and_never_taken_for_the_newest_run(uet, plan):
    uet("run", "plan", "-q")
    kept = uet("simulate", "--max-workers", "1", "--save", "--json").document["run"]
    assert kept == "run-2"
    listed = {each["run"]: each["simulated"] for each in uet("list", "--json").document}
    assert listed == {"run-1": False, "run-2": True}
    assert uet("status", "--json").document["run"] == "run-1"
    assert uet("status", "run-2", "--json").document["simulated"]
    assert uet("log", "verify").status == 0


def test_same_seed_same_bytes(uet, plan):
    words = ("simulate", "plan", "--samples", "60", "--seed", "7", "--json")
    first, again = uet(*words), uet(*words)
    assert first.out == again.out
    spread = first.document["percentiles"]
    assert spread["p10"] <= spread["p50"] <= spread["p90"]


def test_a_sweep_is_a_table_with_a_knee(uet, plan):
    document = uet("simulate", "plan", "--sweep", "4,1,2", "--json").document
    assert [(each["workers"], each["makespan_s"]) for each in document["sweep"]] == [
        (1, 0.5),
        (2, 0.3),
        (4, 0.3),
    ]
    assert document["knee"] == 2
    assert "knee" in uet("simulate", "plan", "--sweep", "1,2").out


def test_conditions_change_what_is_imagined(uet, plan):
    def makespan(*words):
        return uet("simulate", "plan", "-j", "2", *words, "--json").document["makespan_s"]

    assert makespan("--without", "c") == 0.2
    assert makespan("--scale", "a=3") == 0.7
    assert makespan("--set", "max_workers=1", "--scale", "shell=2") == 0.6
    failing = uet("simulate", "plan", "-j", "2", "--fail", "a=1", "--json").document
    assert failing["outcome"] == "failed"


def test_all_that_is_wrong_with_the_conditions_is_said_at_once(uet, folder, plan):
    said = uet("simulate", "plan", "--set", "speed=9", "--set", "max_workers=0")
    assert said.status == 2
    assert "no limit is called 'speed'" in said.err
    assert "max_workers=0" in said.err
    assert uet("simulate", "plan", "--without", "z").status == 2
    assert uet("simulate", "plan", "--scale", "z=2").status == 2
    assert uet("simulate", "plan", "--fail", "a=2").status == 2
    assert uet("simulate", "plan", "--sweep", "0,x").status == 2
    assert uet("simulate", "plan", "--at", "3").status == 2
    assert uet("simulate", "nowhere").status == 2
    assert not (folder / ".uet").exists()


def test_what_had_happened_is_kept_when_a_run_is_imagined_from_an_entry(uet, plan):
    uet("run", "plan", "-j", "1", "-q")
    entries = uet("events", "--json").lines
    took = uet("status", "--json").document["makespan_s"]
    turns = [e["seq"] for e in entries if e["type"] == "attempt.exited"]
    at = turns[0] - 1
    same = uet("simulate", "run-1", "--at", str(at), "--json").document
    assert same["makespan_s"] == pytest.approx(took, rel=0.1)
    more = uet("simulate", "run-1", "--at", str(at), "-j", "2", "--save", "--json").document
    assert more["makespan_s"] < same["makespan_s"]
    kept = uet("status", more["run"], "--json").document
    assert (kept["parent"], kept["forked_at_seq"], kept["simulated"]) == ("run-1", at, True)
    assert uet("verify", "run-1", more["run"]).status == 0
    assert uet("log", "verify").status == 0
    assert uet("simulate", "run-1", "--at", "2").status == 2
    assert uet("simulate", "run-1", "--at", str(at), "--without", "c").status == 2


def test_a_fork_goes_on_for_real_and_says_where_it_cannot(uet, plan):
    uet("run", "plan", "-j", "1", "-q")
    entries = uet("events", "--json").lines
    at = next(e["seq"] for e in entries if e["type"] == "attempt.exited") - 1
    document = uet("fork", "run-1", "--at", str(at), "-j", "2", "--run", "-q", "--json").document
    assert (document["run"], document["parent"], document["outcome"]) == (
        "run-2",
        "run-1",
        "succeeded",
    )
    assert uet("fork", "run-1", "--at", "2", "--run").status == 2
    assert uet("fork", "run-1", "--at", "2").status == 2
    assert uet("fork", "run-1", "--at", str(at), "--set", "merge.order=strict", "--run").status == 2
    assert uet("log", "verify").status == 0
