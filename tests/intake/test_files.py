import pytest

from uet_es.errors import UsageError
from uet_es.intake.files import read_files

A = '{"id": "a"}'


def told(folder):
    reading = read_files(folder)
    assert reading.documents == []
    ((problem),) = reading.problems
    return problem.message


def test_files_of_every_sort_are_read_in_order_of_names(folder):
    plan = folder(
        c__toml='[[workstream]]\nid = "c1"\n[[workstream]]\nid = "c2"\n',
        a__json='[{"id": "a1"}, {"id": "a2"}]',
        b__yaml="id: b",
        d__yml="- id: d",
        e__toml='id = "e"',
    )
    reading = read_files(plan)
    assert [(each.position, each.value) for each in reading.documents] == [
        (0, {"id": "a1"}),
        (1, {"id": "a2"}),
        (None, {"id": "b"}),
        (0, {"id": "c1"}),
        (1, {"id": "c2"}),
        (0, {"id": "d"}),
        (None, {"id": "e"}),
    ]
    assert reading.problems == []


def test_configuration_hidden_files_other_files_and_folders_are_no_plan(folder):
    plan = folder(a__json=A, uet__toml="x", __hidden__json="x", readme__md="x")
    (plan / "below.json").mkdir()
    (plan / "below.json" / "b.json").write_text(A)
    assert [each.file for each in read_files(plan).documents] == [str(plan / "a.json")]


def test_a_single_file_is_a_plan(folder):
    plan = folder(a__json=A, b__json=A)
    assert [each.file for each in read_files(plan / "b.json").documents] == [str(plan / "b.json")]


def test_a_missing_folder_and_a_foreign_file_are_wrong_usage(folder):
    plan = folder(a__txt="x")
    with pytest.raises(UsageError, match="no such folder"):
        read_files(plan / "nowhere")
    with pytest.raises(UsageError, match=r"\.json, \.yaml, \.yml or \.toml"):
        read_files(plan / "a.txt")


def test_a_folder_without_workstreams_is_an_invalid_plan(folder):
    assert "holds no workstreams" in told(folder())
    assert "holds no workstreams" in told(folder(a__json="[]"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a__json", '{"id": "a",\n  "x" 1}', "line 2, column 7: is not JSON"),
        ("a__json", "", "is empty"),
        ("a__yaml", " \n", "is empty"),
        ("a__json", '{"id": "a", "id": "b"}', "the key 'id' of 'b' stands twice"),
        ("a__json", '{"id": NaN}', "NaN is not JSON"),
        ("a__json", "[" * 100_000, "nested too deeply"),
        ("a__json", '{"a": ' + "9" * 5000 + "}", "thousands of digits"),
        ("a__json", b'{\n"a": "\xe9"}', "line 2, column 7: is not UTF-8"),
        ("a__json", "{}".encode("utf-16"), "UTF-16"),
        ("a__yaml", "id: a\nid: b", "line 2, column 1: is not YAML as uet reads it: the key 'id'"),
        ("a__yaml", "a: b: c", "line 1, column 5"),
        ("a__yaml", "a: 1\n---\nb: 2", "another document"),
        ("a__yaml", "[a]: 1", "a key must be text"),
        ("a__yaml", "a: !!python/object:os.system {}", "could not determine a constructor"),
        ("a__yaml", "a: \x01", "at character 3"),
        ("a__yaml", "a: 2020-99-99", "is not YAML as uet reads it"),
        ("a__toml", 'id = "a"\nx =', "line 2, column 4"),
        ("a__toml", 'id = "a"\nid = "b"', "line 2"),
    ],
)
def test_a_malformed_file_is_told_with_its_place(folder, name, content, words):
    assert words in told(folder(**{name: content}))


def test_merged_yaml_keys_may_be_overridden(folder):
    plan = folder(a__yaml="- &one {id: a, run: x}\n- {<<: *one, id: b}\n")
    assert [each.value for each in read_files(plan).documents] == [
        {"id": "a", "run": "x"},
        {"id": "b", "run": "x"},
    ]


def test_a_byte_order_mark_is_ignored_with_a_warning(folder):
    reading = read_files(folder(a__json=b"\xef\xbb\xbf" + A.encode()))
    assert [each.value for each in reading.documents] == [{"id": "a"}]
    assert "byte order mark" in reading.warnings[0].message


def test_what_stands_beside_workstream_tables_is_told(folder):
    plan = folder(a__toml='title = "x"\n[[workstream]]\nid = "a"\n')
    (problem,) = read_files(plan).problems
    assert (problem.field, problem.message) == (
        "title",
        "stands outside [[workstream]]; move it below one",
    )
