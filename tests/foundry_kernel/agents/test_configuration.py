"""Which adapter serves which class, and what the file may not say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from foundry_kernel.agents.agent import AgentPorts, AgentSettings, AgentTask, Answer
from foundry_kernel.agents.configuration import configuration_files, known_adapters, read_configuration
from foundry_kernel.agents.configured import open_agents
from foundry_kernel.agents.errors import AgentNotConfigured, BadAgentConfiguration
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.secrets import Redactor
from runtime_artifacts.drop_in import collect_drop_ins
from runtime_artifacts.errors import BadPlugin
from tests.foundry_kernel.agents.setting import Setting


def test_the_adapters_are_found_in_their_folder() -> None:
    assert set(known_adapters()) >= {"claude_code", "codex", "command_line", "replayed"}


def test_every_class_is_served_by_its_table_or_by_the_default(setting: Setting) -> None:
    served = setting.configure(
        '[agents.coding]\nadapter = "codex"\nmodel = "m"\n[agents.default]\nadapter = "claude_code"\ntimeout_s = 60'
    )

    assert served.serving("coding").adapter.name == "codex"
    assert served.serving("coding").settings.model == "m"
    assert served.serving("quick").adapter.name == "claude_code"
    assert served.serving("reasoning").settings.timeout_s == 60


def test_a_folder_is_relative_to_the_file_that_names_it(setting: Setting) -> None:
    served = setting.configure('[agents.quick]\nadapter = "replayed"\nfolder = "rec"\nrecord = "new"')

    settings = served.serving("quick").settings
    assert settings.record == setting.folder / "new"
    assert settings.model_dump()["folder"] == setting.folder / "rec"


def test_nothing_configured_names_the_file_to_write_with_an_example(tmp_path: Path) -> None:
    files = configuration_files(tmp_path / "repo", tmp_path / "home")
    configuration = read_configuration(files, known_adapters())

    with pytest.raises(
        AgentNotConfigured, match=r"repo/\.alloy/agents\.toml .*adapter = \"claude_code\""
    ) as caught:
        configuration.serving("coding")

    assert caught.value.failure_class == "dispatch"


def test_a_class_that_nobody_serves_is_told_when_it_is_asked(setting: Setting) -> None:
    served = setting.configure('[agents.coding]\nadapter = "codex"')

    with pytest.raises(AgentNotConfigured, match=r"'quick'.*agents\.toml"):
        served.serving("quick")


def test_the_repository_counts_before_the_user_and_a_chosen_file_before_both(tmp_path: Path) -> None:
    workspace, home, chosen = tmp_path / "repo", tmp_path / "home", tmp_path / "chosen.toml"
    for file, name in (
        (workspace / ".alloy/agents.toml", "codex"),
        (home / ".config/foundry/agents.toml", "claude_code"),
    ):
        file.parent.mkdir(parents=True)
        file.write_text(f'[agents.default]\nadapter = "{name}"')
    chosen.write_text('[agents.default]\nadapter = "command_line"\ncommand = ["x"]')

    def served_by(*files: Path) -> str:
        return read_configuration(files, known_adapters()).serving("quick").adapter.name

    assert served_by(*configuration_files(workspace, home)) == "codex"
    assert served_by(*configuration_files(tmp_path, home)) == "claude_code"
    assert served_by(*configuration_files(workspace, home, chosen)) == "command_line"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[agents.quick]\nadapter = codex", r"agents\.toml: not TOML.*line 2"),
        ("\xff", "not TOML|UTF-8"),
        ('other = 1\n[agents.quick]\nadapter = "codex"', r"agents\.toml: other: only tables"),
        ("agents = 3", "only tables"),
        ("[agents]\nquick = 3", r"agents\.quick: must be a table"),
        ('[agents.clever]\nadapter = "codex"', r"agents\.clever: no such class; one of reasoning"),
        ("[agents.quick]\n", r"agents\.quick\.adapter: is missing; one of claude_code"),
        ('[agents.quick]\nadapter = "gpt"', r"agents\.quick\.adapter: no adapter 'gpt'; one of claude_code"),
        ('[agents.quick]\nadapter = ["x"]', "no adapter"),
        ('[agents.quick]\nadapter = "codex"\nmodle = "x"', r"agents\.quick\.modle: Extra"),
        ('[agents.quick]\nadapter = "command_line"', r"agents\.quick\.command: Field required"),
        ('[agents.quick]\nadapter = "command_line"\ncommand = []', r"agents\.quick\.command"),
        ('[agents.quick]\nadapter = "command_line"\ncommand = "sh -c x"', r"agents\.quick\.command"),
        ('[agents.quick]\nadapter = "codex"\ntimeout_s = 0', r"agents\.quick\.timeout_s"),
        ('[agents.quick]\nadapter = "codex"\ntimeout_s = inf', r"agents\.quick\.timeout_s"),
        ('[agents.quick]\nadapter = "codex"\nenv = ["KEY=value"]', r"agents\.quick\.env\.0"),
    ],
)
def test_what_is_wrong_is_told_with_its_file_and_table(setting: Setting, text: str, told: str) -> None:
    with pytest.raises(BadAgentConfiguration, match=told) as caught:
        setting.configure(text)

    assert "agents.toml" in str(caught.value)
    assert caught.value.failure_class == "validation"


def test_a_value_that_was_written_instead_of_a_name_is_not_repeated(setting: Setting) -> None:
    with pytest.raises(BadAgentConfiguration) as caught:
        setting.configure('[agents.quick]\nadapter = "codex"\nenv = ["sk-secret-value"]')

    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("", "offers no AGENT"),
        ("AGENT = 3", "snake_case"),
        ("class A:\n    name = 'a'\n    settings = int\nAGENT = A()", "AgentSettings"),
        (
            "from foundry_kernel.agents.agent import AgentSettings as S\nclass A: name, settings = 'a', S\nAGENT = A()",
            "no `answer`",
        ),
    ],
)
def test_a_file_that_is_no_adapter_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, told: str, request: pytest.FixtureRequest
) -> None:
    from foundry_kernel.agents import configuration

    package = f"adapters_{abs(hash(request.node.name))}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / "mine.py").write_text(source)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    with pytest.raises(BadPlugin, match=rf"mine\.py.*{told}"):
        collect_drop_ins(package, "AGENT", configuration.check_adapter, name_of=lambda adapter: adapter.name)


async def test_an_adapter_is_one_object_with_a_name_a_model_and_an_answer(setting: Setting) -> None:
    class Parrot:
        name = "parrot"
        settings = AgentSettings

        async def answer(self, task: AgentTask, settings: AgentSettings, ports: AgentPorts) -> Answer:
            return Answer(task.prompt)

    from foundry_kernel.agents.configuration import check_adapter

    assert (check_adapter(Parrot())).name == "parrot"


async def test_agents_of_a_run_are_opened_from_its_workspace(setting: Setting) -> None:
    folder = setting.tree / ".alloy"
    folder.mkdir()
    (folder / "agents.toml").write_text(setting.command_line())
    setting.git("add", "-A")
    setting.git("commit", "-qm", "configured")

    agents = open_agents(setting.tree, GatewaySet(environment=setting.environment), Redactor())

    assert (await agents.run("SAY hello", "read_only", "quick", setting.tree)).text == "hello\n"
