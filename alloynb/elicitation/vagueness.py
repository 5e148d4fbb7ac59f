"""When to ask once more: an answer that is too short, a slogan, a shrug, or nowhere in the code (spec 2.4)."""

from __future__ import annotations

import re
from typing import Literal

from alloynb.elicitation.interview import Place
from alloynb.elicitation.places import places_in
from alloynb.elicitation.truisms import slogan_in
from alloynb.elicitation.words import concrete_marks, is_judged, praise_in, words_of

Vagueness = Literal["shrug", "short", "slogan", "nowhere"]
Judged = Literal["text", "place", "free"]
"""How an answer is judged: as a text of a record, as a place in the code, or not at all."""

_FEWEST_WORDS = 3
_SHRUG = re.compile(
    r"\W*((i|we|i really|honestly,? i) )?(don'?t know|do not know|no idea|not sure|no clue|dunno|idk|hard to say"
    r"|never thought about (it|that)|whatever|because|hm+|tbd|n/?a|it depends|good question|that'?s how it is"
    r"|historical reasons|legacy)\W*|\W+",
    re.IGNORECASE,
)


def vagueness_of(answer: str, judged: Judged, places: tuple[Place, ...]) -> Vagueness | None:
    """Say what an answer lacks; None when it says enough, or was skipped.

    Args:
        places: the parts of the repository; without any, every answer may stand for a place.
    """
    if not answer or judged == "free":
        return None
    if _SHRUG.fullmatch(answer) and is_judged(answer):
        return "shrug"
    if judged == "place":
        return "nowhere" if places and not places_in(answer, places) else None
    if not is_judged(answer) or concrete_marks(answer):
        return None
    if len(words_of(answer)) < _FEWEST_WORDS:
        return "slogan" if praise_in(answer) else "short"
    return "slogan" if slogan_in(answer) else None
