"""Review hypotheses: accept, edit or reject them, one or many at a time (spec 2.2, 2.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.discover_intent import hypothesis_store
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError

if TYPE_CHECKING:
    from alloynb.archaeology.kept_hypothesis import KeptHypothesis as KeptHypothesis  # noqa: PLC0414  named by faces

_MOST_SOURCES = 8


class UnknownHypothesis(AlloyError):
    """No open hypothesis has this name."""


@dataclass(frozen=True)
class ReviewHypotheses:
    """A person's decisions, all with one reason.

    Attributes:
        accept, reject: ids: the slug, the whole id, or the `hypothesis_…` name; each once.
        why: the reason, for the ledger and for the rejection.
        whys: reasons of single rejections or acceptances, by the same name as in `accept` or `reject`.
    """

    accept: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()
    why: str = ""
    whys: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReviewedHypothesis:
    """What became of one hypothesis.

    Attributes:
        outcome: `accepted`, `rejected`, or `refused` when it could not be done.
        file: the record's file, or the file that keeps the rejection.
        refusal: why it could not be done; the hypothesis is still open.
    """

    hypothesis_id: str
    title: str
    outcome: str
    record_id: str | None = None
    file: Path | None = None
    refusal: AlloyError | None = None


def open_hypotheses(workspace: Workspace) -> tuple[KeptHypothesis, ...]:
    """The hypotheses that wait for a decision, most confident first.

    Raises:
        BrokenFiles: a file cannot be read, with file and line.
    """
    waiting = [each for each in hypothesis_store(workspace).load_all() if each.rejected is None]
    return tuple(sorted(waiting, key=lambda each: (-each.confidence, each.id)))


def review_hypotheses(workspace: Workspace, command: ReviewHypotheses) -> tuple[ReviewedHypothesis, ...]:
    """Carry out decisions one after the other; one that is refused does not stop the others.

    Accepting writes an intent record as hypothesized and takes it to accepted, so that the ledger holds both steps;
    the observations become its sources. Rejecting keeps the hypothesis with the reason.

    Raises:
        UnknownHypothesis: a name fits none; nothing was done.
        AlloyError: a reason is missing, or one hypothesis is both accepted and rejected; nothing was done.
        MissingAuthority: the principal may not decide; nothing was done.
    """
    waiting = open_hypotheses(workspace)
    chosen = [
        (find_hypothesis(waiting, name), "accept", command.whys.get(name) or command.why)
        for name in command.accept
    ]
    chosen += [
        (find_hypothesis(waiting, name), "reject", command.whys.get(name) or command.why)
        for name in command.reject
    ]
    if any(not why.strip() for _, _, why in chosen):
        raise AlloyError("a reason is missing", next_step="say why; it is kept")
    names = [hypothesis.id for hypothesis, _, _ in chosen]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AlloyError(f"decided twice: {', '.join(twice)}")
    if chosen:
        workspace.authority.require(workspace.principal, "accept_intent", workspace.settings.project)
    done = []
    for hypothesis, verdict, why in chosen:
        act = _accept if verdict == "accept" else _reject
        try:
            done.append(act(workspace, hypothesis, why))
        except AlloyError as error:
            done.append(
                ReviewedHypothesis(hypothesis.hypothesis_id, hypothesis.title, "refused", refusal=error)
            )
    return tuple(done)


def edit_hypothesis(workspace: Workspace, name: str, intent: dict[str, Any]) -> KeptHypothesis:
    """Replace what a hypothesis would say as a record; the next look leaves it as the person wrote it.

    Args:
        intent: fields of a record without id, status, version and times.

    Raises:
        UnknownHypothesis: there is none.
        BrokenFiles: the fields are no record, with what is wrong.
        MissingAuthority: the principal may not edit hypotheses.
    """
    workspace.authority.require(workspace.principal, "edit_hypotheses", workspace.settings.project)
    found = find_hypothesis(open_hypotheses(workspace), name)
    check_intent_fields(workspace, found.slug, intent)
    store = hypothesis_store(workspace)
    stored = store.get(found.id)
    title = str(intent.get("title") or found.title)
    changed = stored.model.model_copy(update={"intent": intent, "title": title, "edited": True})
    return store.save(changed, stored.digest).model


def find_hypothesis(waiting: Iterable[KeptHypothesis], name: str) -> KeptHypothesis:
    """Find an open hypothesis by slug, whole id, `hypothesis_…` name, or an unambiguous beginning of one of them.

    Raises:
        UnknownHypothesis: none fits, or several do.
    """
    found = list(waiting)
    exact = [each for each in found if name in (each.id, each.slug, each.hypothesis_id)]
    near = exact or [
        each for each in found if each.slug.startswith(name) or each.hypothesis_id.startswith(name)
    ]
    if len(near) == 1:
        return near[0]
    if near:
        step = f"write more of it: {', '.join(each.slug for each in near[:4])}"
        raise UnknownHypothesis(f"{name!r} fits {len(near)} hypotheses", next_step=step)
    raise UnknownHypothesis(f"no open hypothesis is called {name!r}", next_step="`alloynb review` lists them")


def check_intent_fields(workspace: Workspace, slug: str, intent: dict[str, Any]) -> None:
    """Make sure that fields would be a record.

    Args:
        slug: last part of the id that the record would have.

    Raises:
        BrokenFiles: every fault, in words.
    """
    from alloynb.intent.document_model import model_of
    from alloynb.intent.record import IntentRecord
    from alloynb.intent.strict_model import timestamp_text
    from alloynb.intent.yaml_document import read_yaml
    from alloynb.intent.yaml_writing import new_document

    now = timestamp_text(workspace.clock())
    record_id = f"{workspace.settings.project}.intent.{slug}"
    frame = {"id": record_id, "status": "hypothesized", "created_at": now, "updated_at": now}
    model_of(read_yaml(new_document({**intent, **frame})), IntentRecord)


def _accept(workspace: Workspace, hypothesis: KeptHypothesis, why: str) -> ReviewedHypothesis:
    fields = dict(hypothesis.intent)
    fields.setdefault("title", hypothesis.title)
    fields["confidence"] = hypothesis.confidence
    fields["sources"] = [*fields.get("sources", []), *_sources(hypothesis)]
    fields.setdefault("owner", workspace.principal.name)
    reason = f"raised by {hypothesis.raised_by or 'archaeology'} as {hypothesis.hypothesis_id}"
    check_intent_fields(workspace, hypothesis.slug, fields)
    drafted = draft_intent(workspace, DraftIntent(hypothesis.slug, fields, reason, "hypothesized"))
    decided = decide_intent(workspace, DecideIntent(drafted.record.id, "accepted", why))
    hypothesis_store(workspace).remove(hypothesis.id)
    return ReviewedHypothesis(
        hypothesis.hypothesis_id, decided.record.title, "accepted", decided.record.id, decided.file
    )


def _reject(workspace: Workspace, hypothesis: KeptHypothesis, why: str) -> ReviewedHypothesis:
    from alloynb.archaeology.kept_hypothesis import Rejection

    store = hypothesis_store(workspace)
    stored = store.get(hypothesis.id)
    rejection = Rejection(by=workspace.principal.name, at=workspace.clock(), why=why)
    saved = store.save(stored.model.model_copy(update={"rejected": rejection}), stored.digest)
    return ReviewedHypothesis(hypothesis.hypothesis_id, hypothesis.title, "rejected", None, saved.file)


def _sources(hypothesis: KeptHypothesis) -> list[dict[str, Any]]:
    observed = [each for each in hypothesis.observed if each.supports][:_MOST_SOURCES]
    found = [
        {
            "source_type": each.source_type,
            "ref": each.ref,
            "confidence": each.weight,
            **({"excerpt": each.observed_text} if each.observed_text else {}),
        }
        for each in observed
    ]
    return [
        *found,
        {
            "source_type": "code_observation",
            "ref": hypothesis.hypothesis_id,
            "confidence": hypothesis.confidence,
        },
    ]
