"""An interview in a notebook: one question at a time, and at the end a draft that one edits and saves (spec 2.4, 7.4).

Where it stands is kept in the workspace after every answer, so that a restart of the kernel loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from alloynb.application.ask_interview import (
    Asked,
    BeginInterview,
    SaveDraft,
    answer_interview,
    back_in_interview,
    begin_interview,
    discard_interview,
    interview_modes,
    known_assistant,
    save_interview,
    transcript_of,
    unfinished_interviews,
    word_draft,
)
from alloynb.application.decide_intent import DecidedIntent
from alloynb.errors import AlloyError
from alloynb.faces.widgets.draft_reading import DraftDesk
from alloynb.faces.widgets.intent_form import IntentForm
from alloynb.faces.widgets.interview_card import InterviewCard
from alloynb.faces.widgets.live import Act, Live, Payload, group_in, text_in
from alloynb.faces.widgets.record_plan import record_plan

if TYPE_CHECKING:
    from alloynb.application.ask_interview import Assistant
    from alloynb.application.workspace import Workspace
    from alloynb.intent.record import IntentRecord

_MOST_ANSWER = 40_000


class NothingAsked(AlloyError):
    """No interview has begun."""


class Interview(Live):
    """Be asked about one judgement. `value` is the record that was saved, or None before."""

    module = "interview"

    plan = traitlets.Dict().tag(sync=True)
    suggestions = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        workspace: Workspace,
        mode: str = "",
        about: str = "",
        *,
        anew: bool = False,
        assistant: Assistant | None = None,
    ) -> None:
        """Open an interview; without a mode, the ways of asking are offered.

        Args:
            about: path, module, hypothesis, library or finding.
            anew: begin anew even if this interview was stopped in the middle.
            assistant: may word the draft when one asks for it; the one that is set up when None.

        Raises:
            UnknownInterview, NothingToAskAbout, MissingAuthority, UnreadableInterview: it cannot begin.
        """
        self._assistant, self._assistant_place = (assistant, "$") if assistant else known_assistant(workspace)
        self._desk = DraftDesk(workspace)
        self._asked: Asked | None = None
        self._about = about
        self._stopped = False
        self._saved: IntentRecord | None = None
        self._titles = {each.name: each.title for each in interview_modes()}
        super().__init__(plan=record_plan(), suggestions=self._desk.suggestions())
        if mode:
            self.begin(mode, about, anew=anew)
        else:
            self._tell()

    @property
    def workspace(self) -> Workspace:
        """Where interviews and records are kept."""
        return self._desk.workspace

    @property
    def question(self) -> str:
        """The question that is open; empty when none is."""
        return self._asked.question.text if self._asked and self._asked.question and not self._stopped else ""

    @property
    def fields(self) -> dict[str, Any]:
        """What can be drafted of what was said so far, as fields of a record."""
        return dict(self._asked.draft.fields) if self._asked else {}

    def twin(self) -> InterviewCard:
        """The conversation as a card."""
        if self._asked is None:
            titles = [(name.replace("_", "-"), title) for name, title in self._titles.items()]
            return InterviewCard("Ways of asking", titles, "", {})
        title = self._titles[self._asked.state.mode]
        return InterviewCard(title, transcript_of(self._asked), self.question, self.fields)

    def acts(self) -> Mapping[str, Act]:
        """Begin, answer, go back, stop, save."""
        return {
            "begin": lambda said: self.begin(
                text_in(said, "mode"), text_in(said, "about", most=500), anew=said.get("anew") is True
            ),
            "answer": lambda said: self.answer(text_in(said, "text", most=_MOST_ANSWER)),
            "back": lambda _: self.back(),
            "stop": lambda _: self.stop(),
            "choose": lambda _: self.leave(),
            "discard": lambda _: self.discard(),
            "word": lambda said: self.word(confirmed=said.get("confirmed") is True),
            "read": lambda said: self._desk.read(group_in(said, "fields"))[1],
            "save": self._save_message,
        }

    def begin(self, mode: str, about: str = "", *, anew: bool = False) -> None:
        """Begin an interview, or go on with the one that was stopped.

        Raises:
            UnknownInterview, NothingToAskAbout, MissingAuthority, UnreadableInterview: it cannot begin.
        """
        asked = begin_interview(self.workspace, BeginInterview(mode, about.strip(), resume=not anew))
        self._about, self._saved, self._stopped = about.strip(), None, False
        self._asked = asked
        self._tell()

    def answer(self, text: str) -> str:
        """Answer the open question, blank to leave it open; it is kept at once.

        Returns:
            The next question; empty when the draft is complete.
        """
        self._asked = answer_interview(self.workspace, self._begun(), text)
        self._stopped = False
        self._tell()
        return self.question

    def back(self) -> str:
        """Take the last answer back and ask that question again."""
        begun = self._begun()
        if not self._stopped:
            self._asked = back_in_interview(self.workspace, begun)
        self._stopped = False
        self._tell()
        return self.question

    def stop(self) -> None:
        """Ask no more: show what can be drafted of what was said."""
        self._begun()
        self._stopped = True
        self._tell()

    def leave(self) -> None:
        """Go back to the ways of asking; what was said is kept."""
        self._asked, self._stopped = None, False
        self._tell()

    def discard(self) -> None:
        """Let what was said go, for good."""
        discard_interview(self.workspace, self._begun().name)
        self.leave()

    def word(self, *, confirmed: bool = False) -> None:
        """Let the assistant word the draft; texts that nobody gave stay missing, and a person reads it before saving.

        Args:
            confirmed: a person saw the command that the repository names; one from the environment needs none.

        Raises:
            AlloyError: none is set up, or its command was not confirmed.
            CannotRun, UnusableAnswer: it was of no use; the draft stands in the person's own words.
        """
        begun = self._begun()
        if self._assistant is None:
            raise AlloyError("no assistant is set up", next_step="name one in $ALLOY_ASSISTANT")
        if not confirmed and not self._assistant_place.startswith("$"):
            # A repository may come from anybody; a command that it names is run only by somebody who saw it.
            raise AlloyError(
                f"{self._assistant_place} names the command `{self._assistant.name}`, and nobody confirmed it",
                next_step="confirm it, or name it in $ALLOY_ASSISTANT",
            )
        self._asked = word_draft(begun, self._assistant)
        self._stopped = True
        self._tell()

    def save(
        self, fields: Mapping[str, Any] | None = None, slug: str = "", why: str = "said in an interview"
    ) -> IntentRecord:
        """Write the draft as a record, proposed when all five texts are there, else as a hypothesis.

        Args:
            fields: the draft as a person left it; as it was said when None.

        Raises:
            BrokenFiles, MissingAuthority: a field is wrong, or the principal may not.
        """
        return self._save(dict(fields if fields is not None else self.fields), slug, why).record

    def form(self) -> IntentForm:
        """A form that begins with the draft; saving there ends the interview."""
        return IntentForm(
            self.workspace, fields=self.fields, slug=self._begun().draft.slug, save_new=self._save
        )

    def _save_message(self, payload: Payload) -> None:
        self._save(
            group_in(payload, "fields"),
            text_in(payload, "slug", most=200).strip(),
            text_in(payload, "why", most=2000),
        )

    def _save(self, fields: dict[str, Any], slug: str, why: str) -> DecidedIntent:
        begun = self._begun()
        reason = why.strip() or "said in an interview"
        saved = save_interview(
            self.workspace, SaveDraft(begun.name, fields, slug or begun.draft.slug, reason)
        )
        self._saved = self.value = saved.record
        self._asked = None
        self._tell()
        return saved

    def _begun(self) -> Asked:
        if self._asked is None:
            raise NothingAsked("no interview has begun", next_step="choose a way of asking")
        return self._asked

    def _tell(self) -> None:
        asked, saved = self._asked, self._saved
        view: dict[str, Any] = {"stage": "choose", "about": self._about, "saved": None}
        if saved is not None and asked is None:
            view["saved"] = {"id": saved.id, "status": saved.status, "slug": saved.slug}
        if asked is None:
            view["modes"] = [{"name": name, "title": title} for name, title in self._titles.items()]
            view["unfinished"] = list(unfinished_interviews(self.workspace))
        else:
            question = None if self._stopped else asked.question
            view |= {
                "stage": "draft" if question is None else "ask",
                "title": self._titles[asked.state.mode],
                "mode": asked.state.mode,
                "resumed": asked.resumed,
                "cut": asked.cut,
                "transcript": [list(each) for each in transcript_of(asked)],
                "draft": dict(asked.draft.fields),
                "slug": asked.draft.slug,
                "next_steps": list(asked.draft.next_steps),
                "assistant": self._assistant.name if self._assistant else "",
                "confirm": "" if self._assistant_place.startswith("$") else self._assistant_place,
            }
            if question is not None:
                view["question"] = {
                    "text": question.text,
                    "why": question.why,
                    "suggestion": question.suggestion,
                    "follow_up": question.follow_up,
                    "number": question.number,
                    "of": question.of,
                }
        self.view = view
