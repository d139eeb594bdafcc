import pytest

from uet_es.errors import UsageError
from uet_es.intake.load import Overrides, load_plan
from uet_es.plan import Limits, WorkerGroup
from uet_es.values import SECOND_US


@pytest.fixture
def configured(folder, tmp_path, ws):
    """The plan of one workstream under the given layers of configuration."""

    def read(toml="", *, environ=None, user=None, project=None, document=None, **options):
        files = {"a__json": document or ws("a")} | ({"uet__toml": toml} if toml else {})
        root = tmp_path / "root"
        root.mkdir()
        for name, text in (project or {}).items():
            (root / name).write_text(text)
        if user is not None:
            (tmp_path / ".config" / "uet").mkdir(parents=True)
            (tmp_path / ".config" / "uet" / "config.toml").write_text(user)
        surroundings = {"HOME": str(tmp_path)} | (environ or {})
        return load_plan(folder(**files), root=root, environ=surroundings, **options)

    return read


def test_without_configuration_the_defaults_hold(configured):
    loaded = configured()
    assert loaded.plan.limits == Limits()
    assert "**/__pycache__" in loaded.plan.scope_ignore


def test_every_key_reaches_the_plan(configured):
    loaded = configured("""
        max_workers = 7
        default_duration_s = 60
        price_table = "uet-1"
        [resources]
        gpu = 2
        [retry]
        max_attempts = 3
        backoff_s = 0.5
        factor = 1.5
        max_backoff_s = 9
        [timeouts]
        attempt_s = 10
        worker_start_s = 5
        [merge]
        order = "strict"
        [scope]
        ignore = ["dist/"]
        [tools.unused]
        command = "x"
        [prices."some-1.5"]
        input = 3.0
        output = 0.00000015
        [prices."*"]
        input = 1
        output = 2
        [[workers]]
        count = 2
        capabilities = ["slow", "fast"]
        """)
    plan = loaded.plan
    assert plan.limits == Limits(
        max_workers=7,
        resources={"gpu": 2},
        backoff_us=500_000,
        backoff_percent=150,
        max_backoff_us=9 * SECOND_US,
        worker_start_us=5 * SECOND_US,
        merge_order="strict",
    )
    assert plan.workers == (WorkerGroup(count=2, capabilities=("fast", "slow")),)
    assert plan.prices == {
        "*": {"input": "1", "output": "2"},
        "some-1.5": {"input": "3", "output": "0.00000015"},
    }
    assert plan.price_table == "uet-1"
    assert "dist" in plan.scope_ignore
    assert plan.tools == {}
    assert (plan.workstreams[0].timeout_us, plan.workstreams[0].max_attempts) == (10_000_000, 3)


def test_only_the_tools_that_a_plan_wants_are_part_of_it(configured):
    document = {"id": "a", "files_scope": [], "tool": "aider"}
    toml = '[tools.aider]\ncommand = ["aider", "{id}"]\n[tools.other]\ncommand = "x {files}"'
    assert configured(toml, document=document).plan.tools == {"aider": ("aider", "{id}")}


def test_flags_go_before_environment_before_file_before_user(configured):
    loaded = configured(
        "max_workers = 3\n[retry]\nfactor = 3.0",
        user='max_workers = 2\n[retry]\nfactor = 2.5\nbackoff_s = 7\n[merge]\norder = "strict"',
        environ={"UET_MAX_WORKERS": "4", "UET_TIMEOUTS_WORKER_START_S": "1.5"},
        overrides=Overrides(max_workers=5, fail_fast=True),
    )
    assert loaded.plan.limits == Limits(
        max_workers=5,
        backoff_percent=300,
        backoff_us=7 * SECOND_US,
        merge_order="strict",
        worker_start_us=1_500_000,
        fail_fast=True,
    )


def test_environment_goes_before_the_file(configured):
    loaded = configured("max_workers = 3", environ={"UET_MAX_WORKERS": "4"})
    assert loaded.plan.limits.max_workers == 4


def test_the_file_next_to_the_plan_hides_those_of_the_project(configured):
    project = {"uet.toml": "max_workers = 8", "pyproject.toml": "[tool.uet]\nmax_workers = 9"}
    assert configured("max_workers = 7", project=project).plan.limits.max_workers == 7


def test_the_projects_own_file_hides_pyproject(configured):
    project = {"uet.toml": "max_workers = 8", "pyproject.toml": "[tool.uet]\nmax_workers = 9"}
    assert configured(project=project).plan.limits.max_workers == 8


def test_pyproject_is_read_where_there_is_nothing_else(configured):
    project = {"pyproject.toml": "[tool.other]\nx = 1\n[tool.uet]\nmax_workers = 9"}
    assert configured(project=project).plan.limits.max_workers == 9


def test_as_many_workers_as_the_groups_have(configured):
    assert configured("[[workers]]\ncount = 2\n[[workers]]").plan.limits.max_workers == 3


def test_everything_wrong_in_every_layer_is_told_at_once(configured):
    toml = """
        max_worker = 3
        [retry]
        factor = 0.5
        [tools.shell]
        command = "x"
        [tools.y]
        comand = "x"
        [merge]
        order = "fast"
        """
    with pytest.raises(UsageError) as refusal:
        configured(
            toml,
            user="max_workers = [",
            environ={"UET_MAX_WORKERS": "many"},
            overrides=Overrides(max_workers=0),
        )
    told = str(refusal.value).splitlines()
    for words in (
        "config.toml: is not TOML",
        "uet.toml: max_worker: is not a known field; did you mean 'max_workers'?",
        "uet.toml: retry.factor: must be greater than or equal to 1, not 0.5",
        "uet.toml: tools.shell: 'shell' runs what",
        "uet.toml: tools.y.comand: is not a known field; did you mean 'command'?",
        "uet.toml: merge.order: must be one of 'ready' or 'strict'",
        'UET_MAX_WORKERS: must be a valid integer, not "many"',
        "the command line: max_workers: must be greater than or equal to 1, not 0",
    ):
        assert sum(words in line for line in told) == 1, words
