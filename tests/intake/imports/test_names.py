from uet_es.intake.document import Workstream
from uet_es.intake.imports.names import ids_of


def test_a_fit_name_is_kept():
    assert ids_of(["mProject_ID0000001", "a.o"]) == {
        "mProject_ID0000001": "mProject_ID0000001",
        "a.o": "a.o",
    }


def test_whatever_the_names_the_ids_are_fit_and_differ_even_without_case():
    names = [
        "a/b.o",
        "a b.o",
        "a-b.o",
        "A-b.o",
        "../up/x.lock",
        "..",
        "-",
        ".hidden",
        "ends.",
        "é",
        "x" * 300,
        f"y{'x' * 300}",
        "a..b",
        "",
    ]
    ids = ids_of(names)
    assert sorted(ids) == sorted(names)
    assert len({id.lower() for id in ids.values()}) == len(names)
    for id in ids.values():
        Workstream.model_validate({"id": id, "files_scope": [], "run": "true"})


def test_a_fit_name_goes_before_those_that_become_it():
    assert ids_of(["a/b", "a-b"]) == {"a-b": "a-b", "a/b": "a-b-2"}


def test_ids_do_not_depend_on_the_order_of_names():
    names = ["a/b", "a b", "a:b", "a-b-2", "A/B"]
    assert ids_of(names) == ids_of(reversed(names))


def test_of_a_long_name_the_end_is_kept():
    assert ids_of([f"{'deep/' * 40}file.c.obj"]).popitem()[1].endswith("deep-file.c.obj")
