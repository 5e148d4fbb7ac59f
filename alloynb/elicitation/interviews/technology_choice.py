"""You chose X: which property are you hiring it for, and when would you let it go? (spec 2.4, mode 4)."""

from __future__ import annotations

import re
from datetime import date
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
from alloynb.elicitation.interview import Draft, Library
from alloynb.elicitation.places import places_in
from alloynb.elicitation.proposing import forbidden_import, review_question

_DATE = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_MOST_NAMED = 3


def _library(talk: Talk) -> Library:
    return talk.context.library or Library(name=talk.context.about or "this technology")


def _homes(talk: Talk) -> str:
    inside = _library(talk).inside
    more = f" and {len(inside) - _MOST_NAMED} more" if len(inside) > _MOST_NAMED else ""
    return ", ".join(f"`{name}`" for name in inside[:_MOST_NAMED]) + more


def _opening(talk: Talk) -> str:
    library = _library(talk)
    if library.importers:
        modules = "1 module imports" if library.importers == 1 else f"{library.importers} modules import"
        first = f", first at {library.seen[0].ref}" if library.seen else ""
        met = f"{modules} `{library.name}`{first}."
    else:
        met = f"You chose `{library.name}`."
    return f"{met} Which one property did you hire it for, the one that would make you choose it again?"


def _rule(talk: Talk) -> list[dict[str, Any]]:
    """Only the homes import the library: those that the answer names, else those where it lives today."""
    library = _library(talk)
    allowed = {
        each.name
        for each in places_in(talk["strategy"], talk.context.places, in_prose=True)
        if each.importable
    }
    outside = [
        unit
        for unit in library.outside
        if not any(
            unit == name or unit.startswith(f"{name}.") or name.startswith(f"{unit}.") for name in allowed
        )
    ]
    return (
        forbidden_import(talk.context, outside, [library.name], name="confined") if talk["strategy"] else []
    )


def _moments(talk: Talk) -> list[dict[str, Any]]:
    found = []
    for match in _DATE.finditer(talk["let_go"]):
        try:
            day = date(*(int(part) for part in match.groups()))
        except ValueError:
            continue
        found.append({"date": day.isoformat(), "why": talk["let_go"]})
    return found[:1]


def _compose(talk: Talk) -> Draft:
    library = _library(talk)
    texts = {name: talk[name] for name in ("capability", "threat", "expectation", "strategy", "tradeoff")}
    evidence, question = proved_by(talk, _rule(talk))
    if talk["let_go"]:
        evidence = [
            *evidence,
            review_question(f"Is it time to let {library.name} go: {talk['let_go']}", name="let-go"),
        ]
    scope = {"technology": [library.name], **scope_said(talk, "strategy")}
    if "paths" not in scope and (places := _home_places(talk)):
        scope |= places
    moments = _moments(talk)
    return drafted(
        talk,
        "technology_choice",
        texts=texts,
        told=talk["capability"],
        scope=scope,
        evidence=evidence,
        question=question,
        title=f"What {library.name} is hired for",
        more={"review_triggers": moments} if moments else {},
    )


def _home_places(talk: Talk) -> dict[str, Any]:
    homes = set(_library(talk).inside)
    found = [each for each in talk.context.places if each.name in homes]
    modules = [each.name for each in found if each.importable]
    scope = {"paths": [each.glob for each in found], "modules": modules}
    return {name: named for name, named in scope.items() if named}


INTERVIEW = Conversation(
    "technology_choice",
    "Asks which property you hire a library for, and when you would let it go.",
    "library",
    (
        Step(
            "capability",
            _opening,
            "You use many of its features and depend on few. The record should protect the one, not the logo.",
            {
                "shrug": "Suppose it vanished tonight. What would you miss tomorrow that its rivals do not give you?",
                "slogan": "Its rivals say that of themselves, too. What did you see it do that settled it?",
                "short": "What does that let you do, that you could not do before?",
            },
        ),
        Step(
            "expectation",
            lambda talk: (
                f"What did you believe when you chose {_library(talk).name} that could turn out false: "
                "about its makers, your load, your team?"
            ),
            "Technology choices are bets. A bet that is written down can be settled without blame.",
            {"slogan": "Put a number or a date on it: how much, how many, until when?"},
        ),
        Step(
            "threat",
            lambda talk: (
                "How could you end up unable to leave? "
                + (f"Today it lives in {_homes(talk)}; where" if _homes(talk) else "Where")
                + " would it hurt to see it next?"
            ),
            "A library is easy to leave as long as few parts of the code know its name.",
            {
                "shrug": "Which of its types would be the hardest to get out of your own function signatures?",
                "slogan": "In which file would that begin?",
                "short": "Why there? What would it tie together?",
            },
        ),
        Step(
            "strategy",
            lambda talk: f"Which part of the code may know {_library(talk).name}, and which never?",
            "If you name the parts as they are called in the repository, I can watch the border.",
            {"slogan": "Which folder may import it, and which must not?"},
            suggestion=lambda talk: (
                f"Only {', '.join(_library(talk).inside[:_MOST_NAMED])} may import {_library(talk).name}."
                if 0 < len(_library(talk).inside) <= _MOST_NAMED
                else ""
            ),
        ),
        Step(
            "tradeoff",
            lambda talk: (
                f"What do you pay for {_library(talk).name} every week: time, money, nerves, things you cannot do?"
            ),
            "Its price is what its successor will be measured by.",
            {
                "shrug": "What did the last upgrade take, or the last strange error?",
                "slogan": "How much is that in hours or in euros?",
            },
        ),
        Step(
            "let_go",
            "When would you let it go? A number, a date or an event is kinder than a feeling.",
            "Deciding now, while nobody is annoyed, makes it a plan and not a quarrel. "
            "A date like 2027-06-01 becomes a reminder.",
            {"slogan": "What would you read, and where, on the morning on which you decide to leave?"},
        ),
        evidence_step(
            lambda talk: (
                f"How would you notice that {_library(talk).name} no longer does what you hired it for, "
                "or has crept where it should not be?"
            )
        ),
    ),
    _compose,
)
