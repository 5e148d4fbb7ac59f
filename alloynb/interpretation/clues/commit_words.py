"""Words of the commit that brought a deviation in: haste, moving things about, or a decision (spec 6.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alloynb.interpretation.verdict import Case, Clue, ClueReader, Leaning

_DECIDED = (
    r"no longer|adopt\w*|retir\w*|supersed\w*|migrat\w*|drop(s|ped|ping)? support|deprecat\w*|decid\w*|decision"
    r"|adr[- ]?\d+|give up|replac(e[ds]?|ing)|from now on"
)
_WORDS: tuple[tuple[Leaning, float, str, str], ...] = (
    (
        "code_left_intent",
        0.35,
        "haste",
        r"hot-?fix|quick(ly|er)?|hack|work-?around|temporar\w*|for now|just this once|short-?cut|wip|in a hurry|faster",
    ),
    (
        "refactor_keeps_intent",
        0.3,
        "moving things about",
        r"renam\w*|mov(e[ds]?|ing)|extract\w*|split\w*|re-?organi[sz]\w*|refactor\w*|restructur\w*|tidy|inline\w*",
    ),
    (
        "intent_is_stale",
        0.3,
        "a decision",
        _DECIDED,
    ),
)


class CommitWords:
    """Reads the message as what somebody wrote, once for each kind of word."""

    name = "commit_words"

    def look(self, case: Case) -> Iterator[Clue]:
        """Yield each kind of words that the message holds."""
        if case.change is None or not case.change.message:
            return
        for leans, weight, what, words in _WORDS:
            found = re.search(rf"\b({words})\b", case.change.message, re.IGNORECASE)
            if found:
                told = f"the commit that brought it in speaks of {what}: `{found[0].lower()}`"
                yield Clue(self.name, leans, weight, told, case.change.place)


CLUE: ClueReader = CommitWords()
