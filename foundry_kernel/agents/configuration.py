"""Who serves which capability class: `agents.toml` (spec 4.7).

    [agents.coding]
    adapter = "claude_code"
    env = ["ANTHROPIC_API_KEY"]

    [agents.default]
    adapter = "command_line"
    command = ["my-agent", "--mode", "{access}"]

`reasoning`, `coding` and `quick` are the classes; `default` serves those that are not named. Variables are given by
name; a value never stands in the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from foundry_kernel.agents.agent import CAPABILITIES, Adapter, AgentSettings, Capability
from foundry_kernel.agents.errors import AgentNotConfigured, BadAgentConfiguration
from runtime_artifacts.drop_in import DropIn, collect_drop_ins
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.untrusted_file import read_untrusted

ADAPTERS = "foundry_kernel.agents.adapters"
ENTRY_POINTS = "foundry_kernel.agents"
_DEFAULT = "default"
_EXAMPLE = 'with, for example: [agents.default] adapter = "claude_code", env = ["ANTHROPIC_API_KEY"]'


@dataclass(frozen=True)
class Served:
    """One capability class, and who serves it."""

    adapter: Adapter
    settings: AgentSettings


@dataclass(frozen=True)
class AgentConfiguration:
    """Who serves what.

    Attributes:
        served: by capability class; classes that nobody serves are missing.
        files: where it was looked for, the file that was taken or should be written first.
    """

    served: Mapping[Capability, Served]
    files: tuple[Path, ...]

    def serving(self, capability: Capability) -> Served:
        """Who serves a class.

        Raises:
            AgentNotConfigured: nobody does; names the file to write, with an example.
        """
        if capability not in self.served:
            raise AgentNotConfigured(
                f"no agent serves the class {capability!r}", next_step=f"write {self.files[0]} {_EXAMPLE}"
            )
        return self.served[capability]


def configuration_files(workspace: Path, home: Path, chosen: Path | None = None) -> tuple[Path, ...]:
    """Where the configuration may be; the first file that exists counts, alone.

    Args:
        workspace: the governed repository, where `.alloy/agents.toml` may be.
        home: the user's, where `.config/foundry/agents.toml` may be.
        chosen: a file that was asked for; then no other counts.
    """
    if chosen is not None:
        return (chosen,)
    return workspace / ".alloy" / "agents.toml", home / ".config" / "foundry" / "agents.toml"


def known_adapters() -> Mapping[str, DropIn[Adapter]]:
    """All adapters, by name: those of the folder, then those of other packages.

    Raises:
        BadPlugin: a file or entry point does not offer what an adapter must.
    """
    return collect_drop_ins(
        ADAPTERS, "AGENT", check_adapter, name_of=lambda adapter: adapter.name, entry_points=ENTRY_POINTS
    )


def read_configuration(files: Sequence[Path], adapters: Mapping[str, DropIn[Adapter]]) -> AgentConfiguration:
    """Read the first of the files that exists. None existing is fine until an agent is asked.

    Raises:
        BadAgentConfiguration: with the file, the table and the reason.
    """
    for file in files:
        try:
            text = read_untrusted(file)
        except FileNotFoundError:
            continue
        except ArtifactError as error:
            raise BadAgentConfiguration(str(error)) from error
        return AgentConfiguration(_served(_tables(text, file), file, adapters), (file,))
    return AgentConfiguration({}, tuple(files))


def _tables(text: bytes, file: Path) -> dict[str, Any]:
    try:
        raw = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAgentConfiguration(f"{file}: not TOML: {error}") from error
    stray = sorted(set(raw) - {"agents"})
    tables = raw.get("agents", {})
    if stray or not isinstance(tables, dict):
        raise BadAgentConfiguration(
            f"{file}: {stray[0] if stray else 'agents'}: only tables [agents.<class>] are known"
        )
    for name, table in tables.items():
        if name not in (*CAPABILITIES, _DEFAULT):
            known = ", ".join((*CAPABILITIES, _DEFAULT))
            raise BadAgentConfiguration(f"{file}: agents.{name}: no such class", next_step=f"one of {known}")
        if not isinstance(table, dict):
            raise BadAgentConfiguration(f"{file}: agents.{name}: must be a table")
    return tables


def _served(
    tables: Mapping[str, Any], file: Path, adapters: Mapping[str, DropIn[Adapter]]
) -> dict[Capability, Served]:
    read = {name: _one(name, table, file, adapters) for name, table in tables.items()}
    return {
        capability: read[capability if capability in read else _DEFAULT]
        for capability in CAPABILITIES
        if capability in read or _DEFAULT in read
    }


def _one(name: str, table: Mapping[str, Any], file: Path, adapters: Mapping[str, DropIn[Adapter]]) -> Served:
    where = f"{file}: agents.{name}"
    asked = table.get("adapter")
    if not isinstance(asked, str) or asked not in adapters:
        known = ", ".join(sorted(adapters))
        reason = f"no adapter {asked!r}" if asked is not None else "is missing"
        raise BadAgentConfiguration(f"{where}.adapter: {reason}", next_step=f"one of {known}")
    adapter = adapters[asked].plugin
    try:
        settings = adapter.settings.model_validate(dict(table), context={"folder": file.resolve().parent})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadAgentConfiguration(f"{where}.{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    return Served(adapter, settings)


def check_adapter(value: object) -> Adapter:
    """Check an adapter when it is found.

    Raises:
        TypeError, ValueError: what is wrong with it.
    """
    name, settings = getattr(value, "name", None), getattr(value, "settings", None)
    if not isinstance(name, str) or not name.isidentifier() or name != name.lower():
        raise ValueError(f"its name is {name!r}, not snake_case")
    if not isinstance(settings, type) or not issubclass(settings, AgentSettings):
        raise TypeError("its settings are no model derived from AgentSettings")
    if not callable(getattr(value, "answer", None)):
        raise TypeError("it has no `answer`")
    return value  # type: ignore[return-value]  # checked above
