import pytest

from uet_es.values import SECOND_US


def only(loaded):
    (spec,) = loaded.plan.workstreams
    return spec


def test_an_id_a_scope_and_a_command_are_enough(load):
    spec = only(load({"id": "a", "files_scope": ["src/"], "run": "make"}))
    assert (spec.id, spec.writes, spec.tool, spec.command) == ("a", ("src",), "shell", "make")
    assert (spec.isolation, spec.max_attempts, spec.priority) == ("none", 1, "foreground")


def test_a_flat_scope_and_files_to_create_are_write_claims(load, ws):
    spec = only(load(ws("a", writes=["b//", "./a"], files_create=["c\\d", "a"])))
    assert spec.writes == ("a", "b", "c/d")
    assert (spec.reads, spec.forbidden) == ((), ())


@pytest.mark.parametrize("names", [("reads", "writes"), ("read", "write")])
def test_a_scope_may_tell_reading_from_writing(load, ws, names):
    reads, writes = names
    scope = {reads: ["docs"], writes: ["src"], "create": ["new"], "forbidden": ["src/secret"]}
    spec = only(load(ws("a") | {"files_scope": scope}))
    assert (spec.reads, spec.writes, spec.forbidden) == (("docs",), ("new", "src"), ("src/secret",))


def test_several_shell_lines_stay_several(load, ws):
    assert only(load(ws("a", run=["make", "make test"]))).command == ("make", "make test")


def test_background_work_has_background_priority(load, ws):
    assert only(load(ws("a", kind="background"))).priority == "background"


def test_attempts_come_from_the_breaker_unless_said(load, ws):
    breaker = {"max_attempts": 5, "max_error_repeats": 2}
    assert only(load(ws("a", circuit_breaker=breaker))).max_attempts == 5
    assert only(load(ws("a", circuit_breaker=breaker, max_attempts=2))).max_attempts == 2


def test_durations_and_money_are_whole_small_units(load, ws):
    spec = only(load(ws("a", timeout_s=1.5, heartbeat_s=2, estimated_cost_usd=0.1)))
    assert (spec.timeout_us, spec.heartbeat_us) == (1_500_000, 2 * SECOND_US)
    assert spec.estimated_cost_nanousd == 100_000_000


def test_what_only_people_use_is_kept(load, ws):
    spec = only(load(ws("a", ccpm_issue="TBD", gate=1, metadata={"phase": "P1", "x": [1, None]})))
    assert spec.extra == {
        "ccpm_issue": "TBD",
        "gate": 1,
        "metadata": {"phase": "P1", "x": [1, None]},
    }
    assert spec.phase == "P1"


@pytest.mark.parametrize(
    ("given", "hours"),
    [("10-14", 12), ("3–4", 3.5), (" 2 ", 2), (1.5, 1.5), (8, 8)],
)
def test_effort_in_hours_is_a_duration(load, ws, given, hours):
    spec = only(load(ws("a", metadata={"estimated_effort_hours": given})))
    assert spec.expected_us == hours * 3600 * SECOND_US


@pytest.mark.parametrize("given", ["soon", "0", -1, True, "5-"])
def test_effort_that_is_no_number_of_hours_is_ignored_with_a_warning(load, ws, given):
    loaded = load(ws("a", metadata={"estimated_effort_hours": given}))
    assert only(loaded).expected_us == SECOND_US
    assert [each.field for each in loaded.warnings] == ["metadata.estimated_effort_hours"]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"max_attempts": "3"}, "max_attempts", 'must be a valid integer, not "3"'),
        ({"max_attempts": True}, "max_attempts", "integer"),
        ({"max_attempts": 0}, "max_attempts", "greater than or equal to 1"),
        ({"timeout_s": 0}, "timeout_s", "greater than 0"),
        ({"timeout_s": "5"}, "timeout_s", "number"),
        ({"once": 1}, "once", "boolean"),
        ({"kind": "imp"}, "kind", "'impl'"),
        ({"dependson": []}, "dependson", "did you mean 'depends_on'?"),
        ({"xyzzy": []}, "xyzzy", "known here: acceptance_tests, "),
        ({"files_scope": {"wrties": []}}, "files_scope.wrties", "did you mean 'writes'?"),
        ({"files_scope": "src"}, "files_scope", "must be an object"),
        ({"files_scope": ["ok", "../up"]}, "files_scope.1", "'..'"),
        ({"files_scope": {"reads": ["/etc"]}}, "files_scope.reads.0", "absolute"),
        ({"run": ""}, "run", "is empty"),
        ({"run": []}, "run", "at least one"),
        ({"run": None}, "run", "needs 'run', a shell line, or 'tool'"),
        ({"run": None, "tool": "shell"}, "run", "needs 'run'"),
        ({"tool": "aider"}, "run", "for tool 'shell' only"),
        ({"env": ["A=1"]}, "env.0", "match"),
        ({"resources": {"gpu": 0}}, "resources.gpu", "greater than or equal to 1"),
        ({"metadata": {"n": 2**64}}, "metadata.n", "beyond 64 bits"),
        ({"metadata": {"t": "\ud800"}}, "metadata.t", "surrogate"),
        ({"ccpm_issue": 1.5}, "ccpm_issue", "must be a valid integer or must be a valid string"),
    ],
)
def test_a_wrong_field_is_named_with_what_to_do(mistakes, ws, change, field, words):
    ((id, place, message),) = mistakes(ws("a") | change)
    assert (id, place) == ("a", field)
    assert words in message


@pytest.mark.parametrize(
    "id", ["a/b", "a b", ".a", "-a", "a..b", "a.lock", "a.", "ä", "a~1", "a" * 101, ""]
)
def test_an_id_that_cannot_name_a_branch_is_refused(mistakes, ws, id):
    assert any("cannot name a branch" in message for _, _, message in mistakes(ws(id)))


@pytest.mark.parametrize("id", ["a", "1", "_x", "ws-1.2_b+c@d=e#f", "a" * 100])
def test_an_id_that_can_name_a_branch_is_accepted(load, ws, id):
    assert only(load(ws(id))).id == id


def test_everything_wrong_with_a_document_is_told_at_once(mistakes):
    found = mistakes({"files_scope": 3, "timeout_s": -1, "gates": 1, "metadata": {"n": 2**64}})
    assert [field for _, field, _ in found] == [
        "[0].files_scope",
        "[0].gates",
        "[0].id",
        "[0].metadata.n",
        "[0].run",
        "[0].timeout_s",
    ]


def test_an_endless_document_is_refused(mistakes, ws):
    nested = []
    for _ in range(100):
        nested = [nested]
    ((id, _, message),) = mistakes(ws("a", metadata={"x": nested}))
    assert id == "a"
    assert "nested more than 64 levels" in message
