"""Hold an interview: begin or go on, answer, go back, and turn what was said into a record (spec 2.4)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from alloynb.application.decide_intent import DecidedIntent, DraftIntent, draft_intent
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError

if TYPE_CHECKING:
    from alloynb.application.discover_intent import Progress
    from alloynb.elicitation.assistant import Assistant as Assistant  # noqa: PLC0414
    from alloynb.elicitation.interview import Draft as Draft  # noqa: PLC0414  faces name these through us
    from alloynb.elicitation.interview import Interview, State
    from alloynb.elicitation.interview import Question as Question  # noqa: PLC0414
    from alloynb.elicitation.truisms import Truism as Truism  # noqa: PLC0414

_MOST_SLUGS = 50


class UnknownInterview(AlloyError):
    """No interview has this name."""


class UnfitAnswers(AlloyError):
    """A file of answers does not fit the interview."""


@dataclass(frozen=True)
class InterviewMode:
    """One way of asking, for those who choose."""

    name: str
    title: str


@dataclass(frozen=True)
class BeginInterview:
    """Please ask me.

    Attributes:
        mode: name of the interview; `-` and `_` are one.
        about: path, module, hypothesis, library or finding; empty to let the interview choose.
        resume: go on where an interview of the same mode and thing stopped.
    """

    mode: str
    about: str = ""
    resume: bool = True


@dataclass(frozen=True)
class Asked:
    """Where an interview stands. A value: keep it, or its `state`, and go on at any time.

    Attributes:
        name: under which it is kept while it is unfinished.
        question: what is asked now, or None when the draft is complete.
        draft: what can be drafted of what was said so far.
        truisms: where the draft says less than it seems to.
        resumed: whether it goes on from an earlier time.
        cut: how many characters of the last answer were too many.
    """

    name: str
    state: State
    question: Question | None
    draft: Draft
    truisms: tuple[Truism, ...]
    resumed: bool = False
    cut: int = 0


@dataclass(frozen=True)
class SaveDraft:
    """Please make a record of a draft.

    Attributes:
        fields: fields of a record, as a person left them.
        slug: name of the record; a free one near it is taken.
        worded_by_assistant: nobody read the wording of an assistant yet: the record says that an assistant drafted it.
    """

    name: str
    fields: Mapping[str, Any]
    slug: str
    why: str = "said in an interview"
    worded_by_assistant: bool = field(default=False)


def interview_modes() -> tuple[InterviewMode, ...]:
    """Every interview there is.

    Raises:
        BadPlugin: a file that was dropped in is no interview.
    """
    from alloynb.elicitation.interview import collect_interviews

    return tuple(InterviewMode(each.plugin.name, each.plugin.title) for each in collect_interviews().values())


def begin_interview(
    workspace: Workspace, command: BeginInterview, *, progress: Progress | None = None
) -> Asked:
    """Begin an interview, or go on with the one that was stopped.

    Raises:
        UnknownInterview: there is no such mode, with those that there are.
        NothingToAskAbout: what it should be about is not there.
        MissingAuthority: the principal may not draft records.
        UnreadableInterview: what was kept is damaged.
    """
    from alloynb.application.interview_context import context_for
    from alloynb.elicitation.kept_interview import KeptInterviews, name_of

    interview = _interview(command.mode)
    workspace.authority.require(workspace.principal, "edit_hypotheses", workspace.settings.project)
    name = name_of(interview.name, command.about)
    kept = KeptInterviews(workspace.alloy_dir).load(name) if command.resume else None
    if kept is not None and kept.mode == interview.name:
        return replace(_asked(interview, name, kept), resumed=bool(kept.said))
    context = context_for(workspace, interview.needs, command.about, progress)
    return _asked(interview, name, interview.begin(context))


def answer_interview(workspace: Workspace, asked: Asked, text: str) -> Asked:
    """Answer the open question, blank to skip it; where the interview stands is kept at once.

    Raises:
        OSError: it cannot be kept.
    """
    interview = _interview(asked.state.mode)
    state = interview.answer(asked.state, text)
    cut = state.said[-1].cut if len(state.said) > len(asked.state.said) else 0
    return replace(_kept(workspace, interview, asked, state), cut=cut)


def back_in_interview(workspace: Workspace, asked: Asked) -> Asked:
    """Take the last answer back and ask that question again."""
    return _kept(workspace, _interview(asked.state.mode), asked, asked.state.back())


def answer_all(workspace: Workspace, asked: Asked, answers: Mapping[str, Any] | list[Any]) -> Asked:
    """Hold a whole interview with answers that are written already; nothing is kept on the way.

    Args:
        answers: by the id of the question (a text, or a text and its follow-up; None skips), or in the order of asking.

    Raises:
        UnfitAnswers: an answer is no text, or belongs to no question that was asked.
    """
    interview = _interview(asked.state.mode)
    given = _given(answers)
    state, left = asked.state, list(given) if isinstance(answers, list) else None
    used = set()
    while not _is_draft(question := interview.next_question(state)):
        name = question.id  # type: ignore[union-attr]  # not a draft
        if left is not None:
            if not left:
                break
            key = left.pop(0)
        else:
            key = name
        used.add(key)
        state = interview.answer(state, given.get(key, ""))
    unused = sorted(set(given) - used)
    if unused:
        raise UnfitAnswers(
            f"nobody asked {', '.join(unused[:5])}",
            next_step="`alloynb ask MODE --questions` lists what is asked",
        )
    return _asked(interview, asked.name, state)


def answers_of_nobody(asked: Asked) -> tuple[Question, ...]:
    """The questions that are still to come when all of them are skipped."""
    interview, state, found = _interview(asked.state.mode), asked.state, []
    while not _is_draft(question := interview.next_question(state)):
        found.append(question)
        state = interview.answer(state, "")
    return tuple(found)  # type: ignore[arg-type]  # told apart above


def save_interview(workspace: Workspace, command: SaveDraft) -> DecidedIntent:
    """Write the draft as a record, proposed when all five texts are there, else a hypothesis; let the interview go.

    Raises:
        BrokenFiles: a field is wrong.
        MissingAuthority: the principal may not.
    """
    from alloynb.elicitation.kept_interview import KeptInterviews
    from alloynb.intent.record import FIVE_TEXTS
    from alloynb.intent.strict_model import timestamp_text

    fields = dict(command.fields)
    now = timestamp_text(workspace.clock())
    sources = [dict(each) for each in fields.get("sources", ()) if isinstance(each, dict)]
    if not any(each.get("source_type") == "human" for each in sources):
        sources.insert(0, {"source_type": "human", "ref": workspace.principal.name})
    fields["sources"] = [{**each, "created_at": each.get("created_at") or now} for each in sources]
    fields.setdefault("owner", workspace.principal.name)
    complete = all(fields.get(name) for name in FIVE_TEXTS)
    acting = workspace
    if command.worded_by_assistant:
        acting = replace(workspace, principal=replace(workspace.principal, kind="assistant"))
    saved = draft_intent(
        acting,
        DraftIntent(
            _free_slug(workspace, command.slug),
            fields,
            command.why,
            "proposed" if complete else "hypothesized",
        ),
    )
    KeptInterviews(workspace.alloy_dir).forget(command.name)
    return saved


def discard_interview(workspace: Workspace, name: str) -> None:
    """Let an unfinished interview go."""
    from alloynb.elicitation.kept_interview import KeptInterviews

    KeptInterviews(workspace.alloy_dir).forget(name)


def unfinished_interviews(workspace: Workspace) -> tuple[str, ...]:
    """Names of the interviews that were stopped."""
    from alloynb.elicitation.kept_interview import KeptInterviews

    return KeptInterviews(workspace.alloy_dir).names()


def known_assistant(
    workspace: Workspace, environment: Mapping[str, str] = os.environ
) -> tuple[Assistant | None, str]:
    """The assistant that is set up, and where: in the environment, or in a file of the repository; None without one."""
    from alloynb.elicitation.assistant import CommandAssistant, assistant_settings

    settings, place = assistant_settings(workspace.alloy_dir, environment)
    return (CommandAssistant(settings, environment) if settings is not None else None), place


def word_draft(asked: Asked, assistant: Assistant) -> Asked:
    """Let an assistant word the draft; texts that nobody gave stay missing.

    Raises:
        CannotRun: it did not answer.
        UnusableAnswer: it answered no wording.
    """
    from alloynb.elicitation.assistant import prompt_for, reworded, wording_of
    from alloynb.elicitation.truisms import check_draft

    wording = wording_of(assistant.answer(prompt_for(asked.state, asked.draft)), asked.draft)
    draft = reworded(asked.draft, wording, assistant.name)
    return replace(asked, draft=draft, truisms=check_draft(draft.fields))


def asked_from(name: str, state: State) -> Asked:
    """Go on from a state that somebody kept, such as a notebook.

    Raises:
        UnknownInterview: its mode is gone.
    """
    return _asked(_interview(state.mode), name, state)


def transcript_of(asked: Asked) -> tuple[tuple[str, str], ...]:
    """What was asked and answered so far, in order; a skipped question has a blank answer."""
    interview, state, told = _interview(asked.state.mode), asked.state, []
    for number, each in enumerate(state.said):
        question = interview.next_question(state.model_copy(update={"said": state.said[:number]}))
        told.append((each.question if _is_draft(question) else question.text, each.text))  # type: ignore[union-attr]
    return tuple(told)


def _asked(interview: Interview, name: str, state: State) -> Asked:
    from alloynb.elicitation.truisms import check_draft

    question, draft = interview.next_question(state), interview.draft(state)
    asks = None if _is_draft(question) else question
    return Asked(name, state, asks, draft, check_draft(draft.fields))  # type: ignore[arg-type]  # told apart above


def _kept(workspace: Workspace, interview: Interview, asked: Asked, state: State) -> Asked:
    from alloynb.elicitation.kept_interview import KeptInterviews

    KeptInterviews(workspace.alloy_dir).keep(asked.name, state)
    return _asked(interview, asked.name, state)


def _is_draft(found: object) -> bool:
    from alloynb.elicitation.interview import Draft

    return isinstance(found, Draft)


def _interview(mode: str) -> Interview:
    from alloynb.elicitation.interview import collect_interviews

    known = collect_interviews()
    found = known.get(mode.replace("-", "_"))
    if found is None:
        raise UnknownInterview(
            f"no interview is called {mode!r}", next_step=f"choose one of {', '.join(known)}"
        )
    return found.plugin


def _given(answers: Mapping[str, Any] | list[Any]) -> dict[str, str]:
    if isinstance(answers, list):
        pairs = [(str(number), each) for number, each in enumerate(answers, 1)]
    else:
        pairs = []
        for name, each in answers.items():
            both = each if isinstance(each, list) else [each]
            if len(both) > 2:
                raise UnfitAnswers(f"{name}: an answer and one follow-up, not {len(both)}")
            pairs += [(name + mark, text) for mark, text in zip(("", "?"), both, strict=False)]
    wrong = [name for name, text in pairs if text is not None and not isinstance(text, str)]
    if wrong:
        raise UnfitAnswers(f"no text is given for {', '.join(wrong[:5])}")
    return {name: text or "" for name, text in pairs}


def _free_slug(workspace: Workspace, slug: str) -> str:
    """The slug, or the first of `slug-2`, `slug-3` … that no record has."""
    project = workspace.settings.project
    for number in range(1, _MOST_SLUGS):
        name = slug if number == 1 else f"{slug}-{number}"
        if not workspace.intent.file_of(f"{project}.intent.{name}").exists():
            return name
    return slug
