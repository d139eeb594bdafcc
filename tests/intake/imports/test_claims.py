from uet_es.intake.imports.claims import Claims, claims_of
from uet_es.intake.imports.recorded import Task


def task(name, *after, reads=(), writes=()):
    return Task(name, after, 1.0, reads=reads, writes=writes)


def test_outputs_are_written_and_inputs_read():
    claims = claims_of([task("a", writes=("x",)), task("b", "a", reads=("x", "in"))])
    assert claims == {"a": Claims((), ("x",), ()), "b": Claims(("in", "x"), (), ())}


def test_what_two_unordered_tasks_write_nobody_claims():
    claims = claims_of([task("a", writes=("log", "x")), task("b", writes=("log",))])
    assert claims == {"a": Claims((), ("x",), ("log",)), "b": Claims((), (), ("log",))}


def test_what_one_writes_while_another_may_read_nobody_claims():
    claims = claims_of([task("a", writes=("x",)), task("b", reads=("x",))])
    assert claims == {"a": Claims((), (), ("x",)), "b": Claims((), (), ("x",))}


def test_a_file_in_a_folder_that_another_writes_is_not_claimed_nor_is_the_folder():
    claims = claims_of([task("a", writes=("d",)), task("b", writes=("d/x",))])
    assert claims == {"a": Claims((), (), ("d",)), "b": Claims((), (), ("d/x",))}


def test_ordered_tasks_may_claim_the_same_file_however_far_apart():
    claims = claims_of([task("a", writes=("x",)), task("b", "a"), task("c", "b", writes=("x",))])
    assert claims["a"].writes == claims["c"].writes == ("x",)


def test_an_absolute_name_is_taken_as_one_in_the_repository_and_an_impossible_one_is_not():
    claims = claims_of([task("a", reads=("/in/x", "../up", "C:/y"), writes=("/", "out"))])
    assert claims == {"a": Claims(("in/x",), ("out",), ("../up", "/", "C:/y"))}


def test_a_file_that_a_task_reads_and_writes_is_written():
    claims = claims_of([task("a", reads=("x",), writes=("x",))])
    assert claims == {"a": Claims((), ("x",), ())}
