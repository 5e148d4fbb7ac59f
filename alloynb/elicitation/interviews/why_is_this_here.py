"""Points at a structure that archaeology found, and asks what it protects (spec 2.4, mode 1)."""

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
from alloynb.elicitation.interview import Draft, Structure

_YES = {"yes", "y", "yes.", "ok", "that one", "the same"}


def _structure(talk: Talk) -> Structure:
    return talk.context.structure or Structure(title=talk.context.about or "this structure")


def _guess(talk: Talk, name: str) -> str:
    return str(_structure(talk).intent.get(name) or "")


def _opening(talk: Talk) -> str:
    structure = _structure(talk)
    seen = [f"{each.ref} ({each.told})" if each.told else each.ref for each in structure.seen[:2]]
    shown = f" I see it at {'; and at '.join(seen)}." if seen else ""
    return (
        f"I noticed this: {structure.title.rstrip('.')}.{shown} "
        "Suppose I undid it this afternoon. What could you no longer do?"
    )


def _rule(talk: Talk) -> list[dict[str, Any]]:
    evidence = _structure(talk).intent.get("evidence")
    return [dict(each) for each in evidence if isinstance(each, dict)] if isinstance(evidence, list) else []


def _about_evidence(talk: Talk) -> str:
    described = [str(each.get("description", "")).rstrip(".") for each in _rule(talk)]
    if described:
        return f"I can watch one thing by myself: {described[0]}. Is that the right alarm? If not, what is?"
    return (
        "If somebody undid it while you are on holiday, what would turn red? If nothing would, what should?"
    )


def _compose(talk: Talk) -> Draft:
    names = ("capability", "threat", "expectation", "strategy", "tradeoff")
    texts = {name: talk[name] for name in names}
    agreed = talk["evidence"].lower() in _YES
    derived = _rule(talk) if agreed or not talk["evidence"] else []
    evidence, question = proved_by(talk, derived)
    found = _structure(talk).intent.get("scope")
    scope = scope_said(talk, "where") or (found if isinstance(found, dict) else {})
    return drafted(
        talk,
        "why_is_this_here",
        texts=texts,
        told=talk["capability"],
        scope=scope,
        evidence=evidence,
        question=question,
        more=_observed(talk),
    )


def _observed(talk: Talk) -> dict[str, Any]:
    """Sources: what was said, and what it was said about."""
    said = {"source_type": "conversation", "ref": "interview why_is_this_here"}
    if talk["capability"]:
        said["excerpt"] = talk["capability"][:400]
    seen = [
        {
            "source_type": "git_history" if each.ref.startswith("commit ") else "code_observation",
            "ref": each.ref,
            **({"excerpt": each.text} if each.text else {}),
        }
        for each in _structure(talk).seen[:4]
    ]
    return {"sources": [said, *seen]}


INTERVIEW = Conversation(
    "why_is_this_here",
    "Points at a structure in your code and asks what it protects.",
    "structure",
    (
        Step(
            "capability",
            _opening,
            "A structure is worth keeping for what it lets you do. If you would lose nothing, say so: then it may go.",
            {
                "shrug": "From the other side, then: which change was easy last year because it was like this?",
                "slogan": "That is true of every tidy structure. What have you really done because of this one?",
                "short": "Who does that, and when did they last do it?",
            },
        ),
        Step(
            "threat",
            "Who would undo it, and with which perfectly good excuse?",
            "Structures are worn away by reasonable people in a hurry; we want to recognise them.",
            {
                "short": "What would their pull request look like? Which file would it touch first?",
                "slogan": "Make it one pull request: which file, which line, which excuse?",
            },
        ),
        Step(
            "expectation",
            "What do you believe about the next year or two that makes this worth its price? "
            "If it turned out wrong, this would be dead weight.",
            "An expectation can be looked at again later. That is how a rule gets to retire with honour.",
            {
                "slogan": "Put a number or an event on it: how often, how many, by when?",
                "short": "What makes you think so: has it happened before?",
            },
        ),
        Step(
            "strategy",
            "How would you put the rule to a new colleague, in one sentence?",
            "This is the sentence that people and agents will read before they change something here.",
            {"slogan": "What would violate that sentence? Name one change that you would send back."},
            suggestion=lambda talk: _guess(talk, "strategy"),
        ),
        Step(
            "tradeoff",
            "When did it last get in somebody's way? What did it cost them?",
            "A rule without a price was never a choice. Knowing the price tells us when it is too much.",
            {
                "shrug": "Then imagine the day on which you would curse it. What were you trying to do?",
                "short": "How much is that: an hour, a file, a second per request?",
                "slogan": "Who pays that, and how would they notice?",
            },
        ),
        Step(
            "where",
            lambda talk: f"Where does it hold? For example {talk.places() or 'a folder or a module'}.",
            "Everything outside stays free of it.",
            applies=lambda talk: not _structure(talk).intent.get("scope"),
            judged="place",
        ),
        evidence_step(_about_evidence, suggestion=lambda talk: "yes" if _rule(talk) else ""),
    ),
    _compose,
)
