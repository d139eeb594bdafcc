"""Builds that the real ninja did, and logs beside manifests that it reads."""

import pytest

from uet_es.errors import PlanError, UsageError
from uet_es.intake.imports.ninja import read_build

MANIFEST = """\
rule make
  command = touch $out
rule pair
  command = touch $out
build gen.h gen.c: pair
build a.o: make gen.c
build sub/b$ c.o: make || gen.h
build objects: phony a.o sub/b$ c.o
build app: make | objects
build tool: make
default app
"""
LOG = """\
# ninja log v7
0\t10\t0\tgen.h\t1
0\t10\t0\tgen.c\t1
10\t30\t0\tsub/b c.o\t3
10\t40\t0\ta.o\t2
40\t45\t0\tapp\t4
"""


def shape(recorded):
    return {task.name: task.after for task in recorded.tasks}


def test_a_real_build_becomes_a_plan_of_its_steps(build_folder, imported):
    folder = build_folder(MANIFEST, build=[["-j2"]])
    recorded = read_build(folder)
    assert shape(recorded) == {
        "a.o": ("gen.h",),
        "app": ("a.o", "sub/b c.o"),
        "gen.h": (),
        "sub/b c.o": ("gen.h",),
    }
    assert recorded.format.startswith("ninja log v")
    assert recorded.makespan_s is not None
    assert recorded.workers in (1, 2)
    assert recorded.warnings == ()
    plan = imported(recorded)
    assert plan.limits.max_workers == recorded.workers
    specs = {spec.id: spec for spec in plan.workstreams}
    assert sorted(specs) == ["a.o", "app", "gen.h", "sub-b-c.o"]
    assert specs["gen.h"].writes == ("gen.c", "gen.h")
    assert specs["gen.h"].section == "pair"
    assert specs["gen.h"].extra["metadata"]["outputs"] == ["gen.h", "gen.c"]


def test_nothing_is_built_and_nothing_in_the_folder_changes(build_folder):
    folder = build_folder(MANIFEST, LOG)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    read_build(folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_the_log_may_be_named_instead_of_its_folder(build_folder):
    folder = build_folder(MANIFEST, LOG)
    assert read_build(folder / ".ninja_log") == read_build(folder)


def test_times_come_from_the_log(build_folder, imported):
    recorded = read_build(build_folder(MANIFEST, LOG))
    assert (recorded.makespan_s, recorded.workers) == (0.045, 2)
    times = {spec.id: spec.expected_us for spec in imported(recorded).workstreams}
    assert times == {"a.o": 30_000, "app": 5_000, "gen.h": 10_000, "sub-b-c.o": 20_000}


def test_a_step_that_is_not_in_the_log_is_passed_over_and_what_was_behind_it_is_not(build_folder):
    without = "\n".join(line for line in LOG.split("\n") if "a.o" not in line)
    recorded = read_build(build_folder(MANIFEST, without))
    assert shape(recorded)["app"] == ("gen.h", "sub/b c.o")
    assert "1 steps of build.ninja are not in the log" in recorded.warnings[0]


def test_an_output_that_the_manifest_no_longer_makes_is_left_out(build_folder):
    recorded = read_build(build_folder(MANIFEST, f"{LOG}40\t50\t0\tgone.o\t9\n"))
    assert "gone.o" not in shape(recorded)
    assert "1 outputs in the log are not in build.ninja" in recorded.warnings[0]


def test_what_no_default_target_needs_is_read_as_well(build_folder):
    recorded = read_build(build_folder(MANIFEST, f"{LOG}45\t50\t0\ttool\t9\n"))
    assert shape(recorded)["tool"] == ()


def test_of_several_builds_each_step_counts_as_it_was_done_last(build_folder):
    folder = build_folder(MANIFEST, f"{LOG}0\t7\t0\ta.o\t2\n7\t9\t0\tapp\t4\n")
    recorded = read_build(folder)
    assert recorded.makespan_s is None
    assert recorded.workers == 2
    assert {task.name: task.took_s for task in recorded.tasks} == {
        "a.o": 0.007,
        "app": 0.002,
        "gen.h": 0.01,
        "sub/b c.o": 0.02,
    }
    assert "start_ms" not in recorded.tasks[0].kept
    assert "2 builds" in recorded.warnings[0]


def test_one_of_several_builds_can_be_chosen(build_folder):
    folder = build_folder(MANIFEST, f"{LOG}0\t7\t0\ta.o\t2\n7\t9\t0\tapp\t4\n")
    first, later = (read_build(folder, build=number) for number in (1, 2))
    assert shape(later) == {"a.o": (), "app": ("a.o",)}
    assert (later.makespan_s, later.workers) == (0.009, 1)
    (folder / ".ninja_log").write_text(LOG)
    assert first == read_build(folder)


def test_the_order_of_several_builds_means_nothing(build_folder):
    folder = build_folder(MANIFEST, f"{LOG}0\t7\t0\ta.o\t2\n")
    with pytest.raises(UsageError, match="--build"):
        read_build(folder, in_order=True)
    with pytest.raises(UsageError, match="has no build 3; it holds 2"):
        read_build(folder, build=3)


def test_the_recorded_order_of_starts_can_be_kept(build_folder, imported):
    recorded = read_build(build_folder(MANIFEST, LOG), in_order=True)
    plan = imported(recorded, keep_order=True)
    assert {spec.id: spec.order for spec in plan.workstreams} == {
        "gen.h": 1,
        "a.o": 2,
        "sub-b-c.o": 3,
        "app": 4,
    }


def test_more_outputs_than_one_command_line_holds_are_asked_for_in_parts(build_folder):
    names = [f"{'n' * 150}{number:04d}" for number in range(900)]
    manifest = "rule make\n  command = touch $out\n" + "".join(
        f"build {name}: make\n" for name in names
    )
    log = "# ninja log v7\n" + "".join(f"0\t1\t0\t{name}\tff\n" for name in names)
    assert [task.name for task in read_build(build_folder(manifest, log)).tasks] == names


def test_names_with_quotes_brackets_and_colons_are_read(build_folder):
    manifest = 'rule make\n  command = true\nbuild a"]$ b$:.o: make\nbuild c: make a"]$ b$:.o\n'
    log = '# ninja log v7\n0\t1\t0\ta"] b:.o\t1\n1\t2\t0\tc\t2\n'
    assert shape(read_build(build_folder(manifest, log))) == {
        'a"] b:.o': (),
        "c": ('a"] b:.o',),
    }


def test_a_manifest_with_mistakes_is_told_in_ninja_s_words(build_folder):
    folder = build_folder("build a: nothing\n", LOG)
    with pytest.raises(PlanError, match="unknown build rule"):
        read_build(folder)


def test_a_cycle_is_shown_as_a_path(build_folder):
    manifest = "rule make\n  command = true\nbuild a: make b\nbuild b: make a\n"
    folder = build_folder(manifest, "# ninja log v7\n0\t1\t0\ta\t1\n0\t1\t0\tb\t2\n")
    with pytest.raises(PlanError, match="a -> b -> a"):
        read_build(folder)


def test_a_log_of_something_else_is_refused(build_folder):
    folder = build_folder(MANIFEST, "# ninja log v7\n0\t1\t0\telsewhere\t1\n")
    with pytest.raises(PlanError, match="records nothing"):
        read_build(folder)


def test_without_log_manifest_or_ninja_it_is_wrong_usage(build_folder, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="no such file"):
        read_build(tmp_path)
    (tmp_path / ".ninja_log").write_text(LOG)
    with pytest.raises(UsageError, match=r"holds no build\.ninja"):
        read_build(tmp_path)
    folder = build_folder(MANIFEST, LOG)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="--trace"):
        read_build(folder)
