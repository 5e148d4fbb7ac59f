"""Raise a hypothesis that archaeology did not find: by an agent, a program or a colleague, with places to look at.

What is raised waits in `.alloy/hypotheses/` like everything that archaeology found, until a person decides. Nothing
here can accept it (spec 2.2, 7.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alloynb.application.discover_intent import hypothesis_store, known_intent
from alloynb.application.review_hypotheses import check_intent_fields
from alloynb.application.workspace import Workspace
from alloynb.archaeology.confidence import confidence_of
from alloynb.archaeology.kept_hypothesis import KeptHypothesis, kept
from alloynb.archaeology.observation import Hypothesis, Observation, excerpt_of
from alloynb.errors import AlloyError
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.safe_path import resolve_inside

SIGNAL = "told"
WEIGHT_OF_A_PLACE = 0.3
MOST_PLACES = 20
LARGEST_FILE_BYTES = 4 << 20
_RAISED = "raised"


class NothingToSee(AlloyError):
    """A place that an observation names does not exist in the repository."""


class AlreadyKnown(AlloyError):
    """A record, an open hypothesis or a rejection says the same."""

    exit_code = 3


@dataclass(frozen=True)
class SeenPlace:
    """One observation that the hypothesis rests on.

    Attributes:
        path: file relative to the repository, with `/`.
        told: what it means, in the words of who raises it.
        line: 1-based, or None for the whole file.
        supports: False for counter-evidence.
    """

    path: str
    told: str
    line: int | None = None
    supports: bool = True


@dataclass(frozen=True)
class RaiseHypothesis:
    """Please keep this guess until a person decides.

    Attributes:
        intent: fields of a record (texts, evidence, scope, severity), without id, status, version and times.
        observed: at least one place; what stands there is read from the repository, not from who raises it.
        questions: what only a person can answer.
    """

    title: str
    intent: dict[str, Any]
    observed: tuple[SeenPlace, ...]
    questions: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class RaisedHypothesis:
    """The hypothesis as it waits, and its file."""

    hypothesis: KeptHypothesis
    file: Path


def raise_hypothesis(workspace: Workspace, command: RaiseHypothesis) -> RaisedHypothesis:
    """Keep a hypothesis in the name of the principal; confidence is computed from the places alone.

    Raises:
        MissingAuthority: the principal may not write hypotheses.
        AlloyError: no title, no place, or too many.
        NothingToSee: a place is not in the repository.
        BrokenFiles: the fields are no record, with what is wrong.
        AlreadyKnown: a record, a hypothesis or a rejection says the same; nothing was written.

    Spec: 2.2, 7.5.
    """
    workspace.authority.require(workspace.principal, "edit_hypotheses", workspace.settings.project)
    if not command.title.strip():
        raise AlloyError("a hypothesis has a title", next_step="say in a few words what may be intended")
    if not 1 <= len(command.observed) <= MOST_PLACES:
        raise AlloyError(
            f"a hypothesis rests on 1 to {MOST_PLACES} places, not {len(command.observed)}",
            next_step="name files and lines where a person can look",
        )
    observed = tuple(_look(workspace.root, each) for each in command.observed)
    title = excerpt_of(command.title)
    intent = {**command.intent, "title": title}
    check_intent_fields(workspace, "raised", intent)
    hypothesis = Hypothesis(
        hypothesis_id=f"hypothesis_{_RAISED}_{digest_of(intent).removeprefix('sha256:')[:16]}",
        kind=_RAISED,
        title=title,
        confidence=confidence_of(observed),
        observed=observed,
        possible_intent=intent,
        questions=tuple(excerpt_of(each) for each in command.questions if each.strip()),
        suggested_next_action="Read the places that it names; accept it if you would refuse a change that breaks it.",
    )
    if (standing := known_intent(workspace, with_open=True).copy_of(hypothesis)) is not None:
        raise AlreadyKnown(f"“{title}” says what {standing} says", next_step="look at that instead")
    keeping = kept(hypothesis, workspace.settings.project, workspace.clock())
    stored = hypothesis_store(workspace).create(
        keeping.model_copy(update={"raised_by": workspace.principal.name})
    )
    return RaisedHypothesis(stored.model, stored.file)


def _look(root: Path, place: SeenPlace) -> Observation:
    """Read what stands at a place; the words are the repository's, whatever was said about them."""
    try:
        file = resolve_inside(root, place.path)
    except ArtifactError as error:
        raise NothingToSee(f"{place.path[:200]!r} is no path of this repository: {error.message}") from error
    told = excerpt_of(place.told)
    if not told:
        raise AlloyError(f"what does {place.path} show?", next_step="say it in `told`")
    if not file.is_file():
        raise NothingToSee(f"{place.path} is no file of this repository", next_step="name one that exists")
    text = ""
    if place.line is not None:
        lines = _lines(file, place.path)
        if not 1 <= place.line <= len(lines):
            raise NothingToSee(f"{place.path} has {len(lines)} lines, no line {place.line}")
        text = lines[place.line - 1]
    return Observation(
        SIGNAL, told, WEIGHT_OF_A_PLACE, supports=place.supports, path=place.path, line=place.line, text=text
    )


def _lines(file: Path, path: str) -> list[str]:
    with file.open("rb") as stream:
        content = stream.read(LARGEST_FILE_BYTES + 1)
    if len(content) > LARGEST_FILE_BYTES:
        raise NothingToSee(
            f"{path} is larger than {LARGEST_FILE_BYTES >> 20} MiB", next_step="name it without a line"
        )
    return content.decode("utf-8", errors="replace").splitlines()
