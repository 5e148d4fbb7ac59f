"""Agent patterns: how the agents of a run work together, as configuration. One TOML file each (spec 3.2, 4.6).

A brief names a pattern; the formation of its entry event is shaped by it: blocks step in for others, and settings of
blocks are chosen. What a pattern means stands in its file alone; Foundry decides as before what fires. A formation that
lacks a block which the pattern needs keeps its own order, and says so.

Another package adds patterns through the entry point group `foundry_kernel.agent_patterns`, each naming a package whose
folder holds such files.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from foundry_kernel.engine.errors import BadFormation
from foundry_kernel.engine.formation import Formation

ENTRY_POINTS = "foundry_kernel.agent_patterns"
UNSHAPED = "no_agent"
"""Pattern of a brief that asks for no agents: whatever its formation does, is done."""

KEPT = frozenset(
    {
        *("resolve_intent_context", "check_charter", "resolve_gates", "run_preflight"),
        *("verify_gates", "route_verification", "commit_changes", "push_changes"),
    }
)
"""Blocks that no pattern takes out of a run: what it is held to, and how it delivers."""


class AgentPattern(BaseModel):
    """One pattern.

    Attributes:
        name: that of its file.
        about: one sentence.
        needs: blocks that a formation must have, or the pattern cannot be had there.
        instead: blocks that step in for a block of the formation, by its name.
        parameters: settings of blocks, by block; they count more than those of the formation.
        origin: file that it was read from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    about: str = Field(min_length=1)
    needs: tuple[str, ...] = Field(min_length=1)
    instead: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)
    origin: str = ""

    @model_validator(mode="after")
    def _keeps_what_proves(self) -> Self:
        if lost := sorted(KEPT & set(self.instead)):
            raise ValueError(
                f"nothing steps in for {lost[0]}: gates, verification and delivery stay as they are"
            )
        return self

    def fits(self, formation: Formation) -> bool:
        """Whether a formation has the blocks that the pattern needs."""
        return set(self.needs) <= set(formation.blocks)

    def shape(self, formation: Formation) -> Formation:
        """The formation with the blocks and settings of the pattern.

        Raises:
            BadFormation: a block would take part twice.
        """
        blocks = tuple(new for each in formation.blocks for new in self.instead.get(each, (each,)))
        if len(set(blocks)) < len(blocks):
            raise BadFormation(f"{self.origin}: a block of {formation.name} would take part twice")
        settings = {name: dict(said) for name, said in formation.parameters.items() if name in blocks}
        for name, said in self.parameters.items():
            if name in blocks:
                settings[name] = {**settings.get(name, {}), **said}
        return formation.model_copy(update={"blocks": blocks, "parameters": settings})


@dataclass(frozen=True)
class Shaped:
    """A formation as it runs, and whether the pattern that a brief names shaped it.

    Attributes:
        pattern: as the brief names it; empty where no brief does.
        why: why the pattern did not shape it; empty when it did, or none had to.
    """

    formation: Formation
    pattern: str = ""
    shaped: bool = False
    why: str = ""

    def facts(self) -> dict[str, Any]:
        """JSON for the first line of a run's journal; nothing where no pattern was named."""
        if not self.pattern:
            return {}
        told = {"pattern": self.pattern, "honoured": self.shaped or not self.why, "why": self.why}
        return {"agent_pattern": told, "blocks": list(self.formation.blocks)}


def shape_formation(formation: Formation, pattern: str) -> Shaped:
    """Shape a formation by the pattern that a brief names.

    Raises:
        BadFormation: a pattern's file does not hold together.
    """
    if not pattern or pattern == UNSHAPED:
        return Shaped(formation, pattern)
    known = load_agent_patterns()
    if pattern not in known:
        return Shaped(formation, pattern, why=f"this Foundry knows no agent pattern {pattern[:100]}")
    if not known[pattern].fits(formation):
        return Shaped(formation, pattern, why=f"{formation.name} has its own order of agents")
    return Shaped(known[pattern].shape(formation), pattern, shaped=True)


def patterns_of(formation: Formation, known: Mapping[str, AgentPattern] | None = None) -> tuple[str, ...]:
    """Names of the patterns by which a formation can be shaped, sorted."""
    found = load_agent_patterns() if known is None else known
    return tuple(sorted(name for name, each in found.items() if each.fits(formation)))


def load_agent_patterns(packages: Iterable[str] = ()) -> Mapping[str, AgentPattern]:
    """Read all patterns, by name: ours, those of entry points, and those of further packages.

    Raises:
        BadFormation: a file does not hold together, or two have one name; names the file.
    """
    points = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    found: dict[str, AgentPattern] = {}
    for package in (__name__, *(point.value for point in points), *packages):
        folder = files(package)
        for file in sorted(folder.iterdir(), key=lambda each: each.name):
            if not file.name.endswith(".toml"):
                continue
            one = parse_agent_pattern(file.read_text("utf-8"), file.name.removesuffix(".toml"), str(file))
            if one.name in found:
                raise BadFormation(f"{file}: {one.name!r} is taken by {found[one.name].origin}")
            found[one.name] = one
    return found


def parse_agent_pattern(text: str, name: str, origin: str) -> AgentPattern:
    """Read one pattern's file.

    Raises:
        BadFormation: with the file and the reason.
    """
    try:
        return AgentPattern.model_validate({**tomllib.loads(text), "name": name, "origin": origin})
    except tomllib.TOMLDecodeError as error:
        raise BadFormation(f"{origin}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadFormation(f"{origin}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
