import pytest

from uet_es.intake.imports.ninja_log import Made, latest, read_log, side_by_side


@pytest.fixture
def log(written):
    return lambda text: written(text, ".ninja_log")


@pytest.mark.parametrize("version", ["5", "6", "7"])
def test_lines_say_when_outputs_were_made(log, version):
    read = read_log(log(f"# ninja log v{version}\n3\t9\t17\ta b.o\tdeadbeef\n"))
    assert (read.version, read.builds) == (version, ((Made(3, 9, "a b.o"),),))


def test_a_new_build_begins_where_time_steps_back_or_an_output_returns(log):
    lines = [(0, 5, "a"), (1, 9, "b"), (0, 2, "c"), (0, 4, "c"), (3, 4, "d")]
    text = "".join(f"{start}\t{end}\t0\t{output}\tff\n" for start, end, output in lines)
    read = read_log(log(f"# ninja log v7\n{text}"))
    assert [[each.output for each in build] for build in read.builds] == [
        ["a", "b"],
        ["c"],
        ["c", "d"],
    ]
    assert latest(read.builds)["c"] == Made(0, 4, "c")


def test_every_wrong_line_is_told_with_its_number(log, mistakes):
    text = "# ninja log v7\n1\t2\t0\ta\tff\n1\t2\n\n5\t3\t0\tb\tff\nx\t3\t0\tb\tff\n"
    assert mistakes(read_log, log(text)) == [
        ("", "line 3", "has 2 fields instead of 5: start, end, mtime, output, hash"),
        ("", "line 5", "ends at 3 ms, before it starts at 5 ms"),
        ("", "line 6", "start and end must be milliseconds, not 'x' and '3'"),
    ]


def test_a_last_line_that_is_not_whole_is_passed_over_and_told(log):
    read = read_log(log("# ninja log v7\n1\t2\t0\ta\tff\n3\t4\t"))
    assert [len(build) for build in read.builds] == [1]
    assert "not whole" in read.warnings[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a log of ninja"),
        ("hello\n", "is not a log of ninja"),
        ("# ninja log v4\n", "is of version 4; known are 5, 6, 7"),
        ("# ninja log v7\n", "records no step"),
    ],
)
def test_what_is_no_log_of_a_known_version_is_refused(log, mistakes, text, words):
    ((_, _, message),) = mistakes(read_log, log(text))
    assert words in message


def test_names_of_any_bytes_and_line_ends_of_windows_are_read(tmp_path):
    path = tmp_path / ".ninja_log"
    path.write_bytes(b"# ninja log v5\r\n1\t2\t0\t\xe9\x0b.o\tff\r\n")
    assert read_log(path).builds == ((Made(1, 2, "\udce9\x0b.o"),),)


@pytest.mark.parametrize(
    ("spans", "most"),
    [([], 0), ([(0, 5), (5, 9)], 1), ([(0, 5), (4, 9), (4, 4)], 2), ([(0, 9)] * 3, 3)],
)
def test_spans_side_by_side_are_counted(spans, most):
    assert side_by_side(iter(spans)) == most
