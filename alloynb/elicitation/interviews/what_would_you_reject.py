"""Which change would you refuse in review at once? (spec 2.4, mode 2)."""

from __future__ import annotations

import re
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

_IMPORT = re.compile(
    r"\b(imports?|reach(es)?|depends? on|calls?|uses?|opens?|touch(es)?|knows?|talks? to|goes? (around|past))\b",
    re.IGNORECASE,
)
_NOT_A_NAME = re.compile(r"^(nothing|none|no|nowhere|-)\W*$", re.IGNORECASE)


def _names_place(talk: Talk) -> bool:
    return bool(places_in(talk["threat"], talk.context.places, in_prose=True))


def _rule(talk: Talk) -> list[dict[str, Any]]:
    """An import that must never appear, when the answers name both of its ends."""
    said = talk["reaches"]
    if not said or _NOT_A_NAME.match(said):
        return []
    where = places_in(talk["where"] or talk["threat"], talk.context.places, in_prose=not talk["where"])
    targets = [each.name for each in places_in(said, talk.context.places) if each.importable]
    if not targets:
        targets = re.findall(r"(?<![\w.])[^\W\d]\w*(?:\.[^\W\d]\w*)*(?![\w.])", said.strip("` "))[:1]
    sources = [each.name for each in where if each.importable and each.name not in targets]
    return forbidden_import(talk.context, sources, targets)


def _compose(talk: Talk) -> Draft:
    texts = {name: talk[name] for name in ("capability", "threat", "expectation", "strategy", "tradeoff")}
    evidence, question = proved_by(talk, _rule(talk))
    return drafted(
        talk,
        "what_would_you_reject",
        texts=texts,
        told=talk["threat"],
        scope=scope_said(talk, "where", "threat"),
        evidence=evidence,
        question=question,
    )


INTERVIEW = Conversation(
    "what_would_you_reject",
    "Starts from the pull request that you would refuse at once.",
    None,
    (
        Step(
            "threat",
            lambda talk: (
                "Picture a pull request that makes you say no before you have read to the end. "
                "What does it do, and where"
                + (f": in {talk.places()}, or somewhere else?" if talk.places() else "?")
            ),
            "What you refuse shows what you protect, often better than what you would write into a guide.",
            {
                "shrug": "Think of the last review in which you wrote more than ten lines. What had they done?",
                "short": "What is in that change, line by line? Which file does it begin with?",
                "slogan": "Which line of it would you point at?",
            },
        ),
        Step(
            "where",
            lambda talk: (
                f"Which part must stay free of it? For example {talk.places() or 'a folder or a module'}."
            ),
            "The same line may be fine elsewhere; a rule that says where is one that people can follow.",
            applies=lambda talk: not _names_place(talk),
            judged="place",
        ),
        Step(
            "reaches",
            "What does it reach for that it should not? Name the module or library, or say `nothing`.",
            "When both ends have names, I can watch the import for you.",
            applies=lambda talk: bool(_IMPORT.search(talk["threat"])),
            judged="free",
        ),
        Step(
            "capability",
            "Say you were ill, and it was merged. What stops working, or being possible, by the end of the quarter?",
            "That loss is the capability: the thing to keep, whatever the rule around it looks like.",
            {
                "shrug": "Then why would you refuse it? What do you see coming?",
                "slogan": "Who would notice first, and what would they be unable to do?",
                "short": "Who would be unable to do it, and how soon would they notice?",
            },
        ),
        Step(
            "expectation",
            "Why will somebody send it anyway? What is coming that makes it tempting?",
            "If nobody will ever try, we need no rule. If you expect many, it should be a machine that says no.",
            {
                "slogan": "Who, roughly when, and under which pressure?",
                "short": "How often has it been tried so far?",
            },
        ),
        Step(
            "strategy",
            "What do you ask them to do instead?",
            "A refusal with a way out is advice; without one it is a wall.",
            {"slogan": "If I did exactly that, which file would I end up in?"},
        ),
        Step(
            "tradeoff",
            "When would your no be wrong? And what does your way cost the person who sent it?",
            "Every good rule has a day on which it is too much. We want to know that day when we see it.",
            {
                "shrug": "Suppose their deadline is tonight. What exactly does your way take from them?",
                "slogan": "How much: an hour, another file, a slower page?",
            },
        ),
        evidence_step(
            "You cannot read every review. What else could notice it: a test, an import rule, a command?"
        ),
    ),
    _compose,
)
