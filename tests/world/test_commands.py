"""Commands of tools: placeholders become whole words."""

import shlex

import pytest

from tests.world.conftest import spec
from uet_es.plan import Plan
from uet_es.world.commands import Places, prompt, shell_lines

PLACES = Places(prompt_file="/p q/prompt.md", worktree="/w")


def _lines(command, **more):
    asked = spec("a", tool="agent", writes=("src/a b.py", "it's"), **more)
    return shell_lines(Plan(workstreams=(asked,), tools={"agent": command}), asked, PLACES)


def test_a_shell_workstream_runs_its_own_lines_as_they_are():
    plan = Plan(workstreams=())
    assert shell_lines(plan, spec("a", "echo {id}"), PLACES) == ("echo {id}",)
    assert shell_lines(plan, spec("a", ("one", "two")), PLACES) == ("one", "two")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("agent", "{files}"), ["agent", "src/a b.py", "it's"]),
        (("agent", "--files={files}"), ["agent", "--files=src/a b.py it's"]),
        (
            ("agent", "--id", "{id}", "-m", "{prompt_file}"),
            ["agent", "--id", "a", "-m", "/p q/prompt.md"],
        ),
        (("agent", "$HOME; rm {worktree}/x"), ["agent", "$HOME; rm /w/x"]),
        (("agent", "{unknown}", "{}"), ["agent", "{unknown}", "{}"]),
        ("agent {files} < {prompt_file}", ["agent", "src/a b.py", "it's", "<", "/p q/prompt.md"]),
        ("agent ${HOME} {id}", ["agent", "${HOME}", "a"]),
    ],
)
def test_a_tool_gets_whole_words(command, words):
    (line,) = _lines(command)
    assert shlex.split(line) == words


def test_a_workstream_without_claims_gives_no_words():
    asked = spec("a", tool="agent")
    plan = Plan(workstreams=(asked,), tools={"agent": ("agent", "{files}")})
    assert shell_lines(plan, asked, PLACES) == ("agent",)


def test_a_tool_without_a_command_is_named():
    with pytest.raises(LookupError, match=r"\[tools.agent\]"):
        shell_lines(Plan(workstreams=()), spec("a", tool="agent"), PLACES)


def test_a_prompt_says_only_what_is_known():
    assert prompt(spec("a", tasks=("one",))) == "# a\n\n## Tasks\n\n- one\n"
