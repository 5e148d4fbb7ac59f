"""Which past failure must not happen again? (spec 2.4, mode 3)."""

from __future__ import annotations

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


def _compose(talk: Talk) -> Draft:
    texts = {name: talk[name] for name in ("capability", "threat", "expectation", "strategy", "tradeoff")}
    evidence, question = proved_by(talk)
    return drafted(
        talk,
        "scar_tissue",
        texts=texts,
        told=talk["incident"],
        scope=scope_said(talk, "where", "strategy", "threat", "incident"),
        evidence=evidence,
        question=question,
        severity="high",
    )


INTERVIEW = Conversation(
    "scar_tissue",
    "Turns a failure that you remember into something that cannot come back quietly.",
    None,
    (
        Step(
            "incident",
            "Tell me about a failure that you never want to explain again. What happened, and who noticed first?",
            "Rules that come from a scar are kept. The story stays with the record, so that nobody has to guess later.",
            {
                "shrug": "It need not be a big one. What was the last thing that you fixed twice?",
                "short": "And then? What did the people who use it see?",
                "slogan": "Which day was that, and what stood still?",
            },
        ),
        Step(
            "threat",
            lambda talk: (
                "Not who did it: which door stood open? What in the code let it happen"
                + (f", perhaps in {talk.places(2)}?" if talk.places() else "?")
            ),
            "The same door can be left open by somebody else, for another reason. It is the door that we watch.",
            {
                "shrug": "If you had to make it happen again on purpose, what would you change?",
                "slogan": "Which file would you open to show it to me?",
                "short": "In which file is that door, and what walks through it?",
            },
        ),
        Step(
            "capability",
            "What has to be true from now on, even at three in the morning with nobody awake?",
            "This is what the scar bought you. It outlives the fix: fixes get rewritten.",
            {
                "slogan": "How would the people who use it tell that from the state before?",
                "short": "For whom, and within which limits: how long, how much, how many?",
            },
        ),
        Step(
            "expectation",
            "Why could it come back? Think of load, vendors, new people, agents that never read the post-mortem.",
            "A danger that is gone for good needs no guard.",
            {"slogan": "Which of these is really coming, and when?", "short": "What makes you expect that?"},
        ),
        Step(
            "strategy",
            "What did you change so that it cannot? Say it so that somebody who rewrites that code keeps it.",
            "The fix will look like clutter to the next reader. This sentence is what saves it.",
            {
                "slogan": "What stands in the code today that did not stand there before?",
                "shrug": "Then what should change? A sentence is enough; the code may follow.",
            },
        ),
        Step(
            "where",
            lambda talk: f"Where can I see it? For example {talk.places() or 'a file or a folder'}.",
            "Whoever touches these files should hear the story first.",
            applies=lambda talk: not scope_said(talk, "strategy", "threat", "incident"),
            judged="place",
        ),
        Step(
            "tradeoff",
            "What did that make slower, uglier or more expensive?",
            "Someone will want that back. It is fair to tell them what it buys.",
            {
                "shrug": "What would be simpler if it had never happened?",
                "slogan": "How much slower, or which lines are uglier?",
            },
        ),
        evidence_step("If somebody took the fix out tonight, what would turn red before a customer called?"),
    ),
    _compose,
)
