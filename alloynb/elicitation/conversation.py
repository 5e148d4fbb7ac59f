"""An interview that follows a list of steps, and asks once more where an answer is vague (spec 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alloynb.elicitation.interview import Context, Draft, Need, Question, Said, State
from alloynb.elicitation.places import named, scope_of
from alloynb.elicitation.proposing import evidence_in, review_question, slug_of_title, title_of
from alloynb.elicitation.vagueness import Judged, Vagueness, vagueness_of

FOLLOW_UP = "?"
_LONGEST_EXCERPT = 400


@dataclass(frozen=True)
class Talk:
    """What a step, or a draft, can read: the context, and the answers by their step."""

    context: Context
    answers: Mapping[str, str]

    def __getitem__(self, step: str) -> str:
        """The answer to a step, with its follow-up; empty when it was skipped or not asked."""
        return self.answers.get(step, "")

    def places(self, most: int = 3) -> str:
        """A few real places of the repository, for a question."""
        return named(self.context.places, most)


Words = str | Callable[[Talk], str]
_DEFAULT: Mapping[Vagueness, str] = {
    "shrug": "Then guess: a wrong guess is easy to correct. What would you tell a colleague over coffee?",
    "short": "Say a little more. Which case did you have in mind?",
    "slogan": "Nobody would argue with that. What would violate it, here, in one concrete case?",
    "nowhere": "I cannot find that in the repository. Which folder or module do you mean?",
}


@dataclass(frozen=True)
class Step:
    """One question.

    Attributes:
        ask: the question, or how to make it.
        why: why we ask.
        again: what to ask when the answer is vague, by how it is vague; the rest is asked in general words.
        suggestion: an answer that may be taken as it is.
        applies: whether it is asked at all.
        judged: how the answer is judged.
    """

    id: str
    ask: Words
    why: str
    again: Mapping[Vagueness, Words] = field(default_factory=dict)
    suggestion: Words = ""
    applies: Callable[[Talk], bool] = lambda _talk: True
    judged: Judged = "text"
    accepts: Callable[[str], bool] | None = None


@dataclass(frozen=True)
class Conversation:
    """An interview made of steps.

    Attributes:
        compose: makes the draft of what was said, whatever is missing.
    """

    name: str
    title: str
    needs: Need | None
    steps: tuple[Step, ...]
    compose: Callable[[Talk], Draft]

    def begin(self, context: Context) -> State:
        """Start."""
        return State(mode=self.name, context=context)

    def next_question(self, state: State) -> Question | Draft:
        """Ask the first step that is open, or its follow-up; hand over the draft when none is."""
        talk = self.talk(state)
        steps = [step for step in self.steps if step.applies(talk)]
        heard = {said.question: said for said in state.said}
        for number, step in enumerate(steps, 1):
            suggestion = _words(step.suggestion, talk)
            if step.id not in heard:
                text = _words(step.ask, talk)
                return Question(step.id, text, step.why, suggestion, False, number, len(steps))
            again = f"{step.id}{FOLLOW_UP}"
            if again not in heard and (vague := self._vague(step, heard[step.id], talk)):
                text = _words(step.again.get(vague, _DEFAULT[vague]), talk)
                if step.judged == "place" and vague == "nowhere" and (places := talk.places()):
                    text = f"{text} I see {places}."
                return Question(again, text, step.why, suggestion, True, number, len(steps))
        return self.draft(state)

    def answer(self, state: State, text: str) -> State:
        """Take the answer to the open question; when none is open, nothing changes."""
        question = self.next_question(state)
        return state.with_answer(question.id, text) if isinstance(question, Question) else state

    def draft(self, state: State) -> Draft:
        """What can be drafted now."""
        return self.compose(self.talk(state))

    def talk(self, state: State) -> Talk:
        """The answers by step: a follow-up takes the place of a shrug, and completes anything else."""
        heard = {said.question: said.text for said in state.said}
        answers = {}
        for step in self.steps:
            first, second = heard.get(step.id, ""), heard.get(f"{step.id}{FOLLOW_UP}", "")
            vague = self._judge(step, first, state.context)
            if vague in ("shrug", "slogan", "nowhere") and second:
                answers[step.id] = second
            elif vague == "shrug":
                answers[step.id] = ""
            else:
                answers[step.id] = _joined(first, second)
        return Talk(state.context, answers)

    def _vague(self, step: Step, said: Said, talk: Talk) -> Vagueness | None:
        if said.text and said.text == _words(step.suggestion, talk):
            return None
        return self._judge(step, said.text, talk.context)

    def _judge(self, step: Step, text: str, context: Context) -> Vagueness | None:
        if step.accepts is not None:
            return "nowhere" if text and not step.accepts(text) else None
        return vagueness_of(text, step.judged, context.places)


def drafted(
    talk: Talk,
    mode: str,
    *,
    texts: Mapping[str, str],
    told: str,
    scope: Mapping[str, Any] | None = None,
    evidence: list[dict[str, Any]] | None = None,
    question: str = "",
    severity: str = "medium",
    title: str = "",
    more: Mapping[str, Any] | None = None,
    next_steps: tuple[str, ...] = (),
) -> Draft:
    """Make a draft in the order in which records are read; what is empty is left out.

    Args:
        texts: the five texts, as far as they are known.
        told: the answer that started it all, kept as the excerpt of the source.
        evidence: what can be executed; a question for a person takes its place when there is none.
        question: that question; made of the threat when it is empty.
        more: further fields.
    """
    chosen = title or title_of(texts.get("capability", "") or told, mode.replace("_", " "))
    source: dict[str, Any] = {"source_type": "conversation", "ref": f"interview {mode}"}
    if told:
        source["excerpt"] = told[:_LONGEST_EXCERPT]
    asked = question or (
        f"Since you last looked, has this happened: {texts['threat'].rstrip('.')}"
        if texts.get("threat")
        else f"Does this still hold: {chosen}"
    )
    fields: dict[str, Any] = {"title": chosen}
    fields |= {name: text for name, text in texts.items() if text}
    fields["evidence"] = _unique(evidence or [review_question(asked)])
    fields |= {"scope": dict(scope)} if scope else {}
    fields |= {"severity": severity, "sources": [source], **(more or {})}
    return Draft(slug_of_title(chosen, mode), fields, next_steps)


def evidence_step(ask: Words, **more: Any) -> Step:
    """The last question of most interviews: what would notice?"""
    return Step(
        "evidence",
        ask,
        "A promise that nothing checks is a wish. A test, an import rule or a command in `backticks` can be run; "
        "anything else becomes a question that a person answers twice a year.",
        {
            "shrug": "Imagine it broke last night. Who would find out first, and by looking at what?",
            "short": "Is that a test, a command, or something that a person looks at? Where?",
            "slogan": "How would you see it from outside, without trusting anybody's word?",
        },
        **more,
    )


def proved_by(talk: Talk, *derived: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """What was derived and what the answer about evidence names; and the question that it is when it names none."""
    said = talk["evidence"]
    named_in_answer = evidence_in(said, talk.context)
    found = [definition for group in derived for definition in group] + named_in_answer
    if not said or named_in_answer or said.lower().rstrip(".! ") in {"yes", "ok", "fine"}:
        return found, ""
    question = f"Look for yourself: {said.rstrip('.')}. Does it still hold"
    return ([*found, review_question(question)] if found else found), question


def scope_said(talk: Talk, *steps: str) -> dict[str, Any]:
    """The scope that the first of some answers names; `where` and `core` ask for places, all others tell stories."""
    asked = ("where", "core")
    scopes = (scope_of(talk[step], talk.context, in_prose=step not in asked) for step in steps)
    return next((scope for scope in scopes if scope), {})


def _unique(evidence: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    for each in evidence:
        name = str(each.get("id", "evidence"))
        number = 2
        if each in seen.values():
            continue
        while name in seen:
            name, number = f"{each.get('id', 'evidence')}-{number}", number + 1
        seen[name] = {**each, "id": name}
    return list(seen.values())


def _joined(first: str, second: str) -> str:
    if not first or not second or first == second:
        return first or second
    return f"{first}{'' if first[-1] in '.!?…' else '.'} {second}"


def _words(words: Words, talk: Talk) -> str:
    return words if isinstance(words, str) else words(talk)
