"""You named a principle: what is core, what is shell, what violates it here? (spec 2.4, mode 5)."""

from __future__ import annotations

from typing import Any

from alloynb.elicitation.conversation import (
    Conversation,
    Step,
    Talk,
    drafted,
    evidence_step,
    proved_by,
    scope_said,
)
from alloynb.elicitation.interview import Draft
from alloynb.elicitation.places import places_in
from alloynb.elicitation.proposing import forbidden_import

_LONGEST_NAME = 60


def _principle(talk: Talk) -> str:
    said = (talk["principle"] or talk.context.about).rstrip(". ")
    return said if len(said) <= _LONGEST_NAME else f"{said[:_LONGEST_NAME].rpartition(' ')[0]}…"


def _called(talk: Talk) -> str:
    return f"“{_principle(talk)}”" if _principle(talk) else "it"


def _rule(talk: Talk) -> list[dict[str, Any]]:
    """Core never imports shell, when both are modules."""
    core = [each.name for each in places_in(talk["core"], talk.context.places) if each.importable]
    shell = [each.name for each in places_in(talk["shell"], talk.context.places) if each.importable]
    return forbidden_import(talk.context, core, shell, name="core-and-shell")


def _compose(talk: Talk) -> Draft:
    texts = {name: talk[name] for name in ("capability", "threat", "expectation", "strategy", "tradeoff")}
    evidence, question = proved_by(talk, _rule(talk))
    return drafted(
        talk,
        "principle_expansion",
        texts=texts,
        told=_principle(talk) or talk["capability"],
        scope=scope_said(talk, "core", "threat"),
        evidence=evidence,
        question=question,
        title=f"{_principle(talk)}, here" if _principle(talk) else "",
    )


def _core(talk: Talk) -> str:
    return talk["core"] or "the core"


INTERVIEW = Conversation(
    "principle_expansion",
    "Takes a principle that you keep repeating and finds out what it means here.",
    None,
    (
        Step(
            "principle",
            "Which principle do you keep repeating in reviews? Say it as you say it aloud; a slogan is fine for once.",
            "A principle is where we start. By the end it should be something that a change can violate.",
            suggestion=lambda talk: talk.context.about,
            judged="free",
        ),
        Step(
            "capability",
            lambda talk: (
                f"What has {_called(talk)} bought you in this repository? "
                "Think of something that you did last year because of it."
            ),
            "Principles are borrowed; what they buy is yours.",
            {
                "shrug": "Or the other way round: what went badly in a project that had no such principle?",
                "slogan": "That is the principle again. What can you do here because of it?",
                "short": "When did you last need that?",
            },
        ),
        Step(
            "core",
            lambda talk: (
                "Which code is the core, where you would never let it slip? "
                + (f"I see {talk.places(4)}." if talk.places() else "Name folders or modules.")
            ),
            "A principle that holds everywhere holds nowhere. The core is where it is worth a quarrel.",
            judged="place",
        ),
        Step(
            "shell",
            "And which code is shell, where you would shrug?",
            "Naming the shell gives people a place to put what the principle keeps out.",
            judged="place",
            again={"nowhere": "I cannot find that one. Which folder or module may be as messy as it likes?"},
        ),
        Step(
            "threat",
            lambda talk: (
                f"Show me the smallest violation: one line in {_core(talk)} that you would send back."
            ),
            "If we can write the line that breaks it, a machine may be able to find it.",
            {
                "shrug": "What is the last thing that you moved out of there, and why?",
                "slogan": "As code, please, or nearly: which call, which import, which argument?",
                "short": "What would that line do, and why is it a temptation?",
            },
        ),
        Step(
            "expectation",
            "Who will write that line without meaning harm, and what will push them?",
            "If you know who and when, you can be there before them.",
            {"slogan": "How often does it happen, or when is the next time that you expect it?"},
        ),
        Step(
            "strategy",
            lambda talk: (
                f"What do they do instead, so that {_called(talk)} holds and they still get home in time?"
            ),
            "This becomes the advice that they read before they write it.",
            {"slogan": "Which file would they open, and what would they put there?"},
        ),
        Step(
            "tradeoff",
            lambda talk: (
                f"When is {_called(talk)} too much? Name a case in which following it was the worse choice."
            ),
            "A principle that is never too much is a creed.",
            {
                "shrug": "What does it make you write that you would rather not write?",
                "slogan": "In which file can I see that price?",
            },
        ),
        evidence_step(
            lambda talk: (
                "I can watch that the core never imports the shell. What else would show a violation?"
                if _rule(talk)
                else "How would we know without asking you? A test, an import rule, a command?"
            ),
            suggestion=lambda talk: "yes" if _rule(talk) else "",
        ),
    ),
    _compose,
)
