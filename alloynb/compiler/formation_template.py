"""Formation templates: recipes for briefs, one TOML file each in `formations/` (spec 3.2).

A template is mutable and carries a version; a brief names the template and version that it was made from.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from alloynb.compiler.refusal import BrokenTemplate, UnknownTemplate
from alloynb.intent.strict_model import Slug, StrictModel, Text
from runtime_artifacts.envelope import Throttle
from runtime_artifacts.formation_brief import AgentRole, FormationPattern

FORMATIONS = Path(__file__).parent / "formations"


class AgentPlan(StrictModel):
    """Which agents work together, and why this pattern.

    Attributes:
        pattern: one of the patterns, or `chosen`: by what is at stake, when a brief is compiled.
        roles: of a pattern that the template fixes; a chosen one brings its own.
        writes: whether an agent of a chosen pattern may change files.
    """

    pattern: FormationPattern | Literal["chosen"]
    roles: tuple[AgentRole, ...] = ()
    reasons: tuple[Text, ...] = ()
    writes: bool = False

    @model_validator(mode="after")
    def _says_who_decides(self) -> Self:
        if self.pattern == "chosen" and self.roles:
            raise ValueError("a chosen pattern brings its own roles")
        if self.pattern != "chosen" and not self.reasons:
            raise ValueError("a pattern that the template fixes has reasons")
        return self


class RunLimits(StrictModel):
    """What a run of this template may do at most."""

    max_iterations: int = Field(default=1, ge=1)
    gate_profile: Text = "repository_and_overlay"
    chain_maintenance: bool = False
    commit_allowed: bool = False
    push_allowed: bool = False


class Feedback(StrictModel):
    """Which events of the trace are read when the run is interpreted."""

    trace_events: tuple[Text, ...] = ()


class FormationTemplate(StrictModel):
    """One recipe.

    Attributes:
        version: counts every change of the file.
        objective: what a run is for when nobody says otherwise.
        throttle: recommended; a command may choose another.
    """

    name: Slug
    version: int = Field(ge=1)
    title: Text
    objective: Text
    entry_event: Slug
    throttle: Throttle = "dry_run"
    definition_of_done: tuple[Text, ...] = Field(min_length=1)
    stop_conditions: tuple[Text, ...] = Field(min_length=1)
    agent_formation: AgentPlan
    limits: RunLimits = RunLimits()
    feedback: Feedback = Feedback()

    @property
    def label(self) -> str:
        """Name and version as a brief writes them: `validate@1`."""
        return f"{self.name}@{self.version}"


def load_template(name: str, version: int | None = None, folder: Path = FORMATIONS) -> FormationTemplate:
    """Read the template of a name.

    Args:
        version: the version that the caller relies on, or None for the one that is installed.
        folder: holds one `<name>.toml` for each template.

    Raises:
        UnknownTemplate: no such name, or another version than the caller relies on.
        BrokenTemplate: the file does not say what a template must.
    """
    known = sorted(file.stem for file in folder.glob("*.toml"))
    if name not in known:
        raise UnknownTemplate(
            f"no formation template {name!r}", next_step=f"choose one of: {', '.join(known)}"
        )
    template = _read(folder / f"{name}.toml")
    if version is not None and version != template.version:
        raise UnknownTemplate(
            f"formation template {name!r} is at version {template.version}, not {version}",
            next_step="review the present template, then compile with its version",
        )
    return template


def _read(file: Path) -> FormationTemplate:
    try:
        template = FormationTemplate.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise BrokenTemplate(
            f"{where}: {first['msg']}", file=file, next_step="correct the template"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BrokenTemplate(
            f"cannot be read: {error}", file=file, next_step="correct the template"
        ) from error
    if template.name != file.stem:
        raise BrokenTemplate(f"is named {template.name!r}", file=file, next_step=f"name it {file.stem!r}")
    return template
