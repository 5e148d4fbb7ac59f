"""How much a sentence says: its words that are neither grammar nor praise (spec 2.4).

No model and no dictionary: short lists, and rules that let a text pass when they are not sure. Text that is not mostly
written in Latin letters is never judged.
"""

from __future__ import annotations

import re


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_MARKS = re.compile(
    r"`[^`]+`"  # quoted code
    r"|\b\w+(?:[./]\w+)+"  # a path or a dotted name
    r"|\b[a-z]\w*_\w+"  # an identifier
    r"|\d"  # a number
    r"|\b[A-Z]{2,}s?\b"  # an abbreviation
    r"|(?<=[a-z,;:] )[A-Z][a-z]+\w*"  # a name within a sentence
)
_GRAMMAR = _set_of(
    """a about above after again all already also always am an and any anybody anyone anything are aren't as at be
    because been before being below between both but by can can't cannot could did do does doesn't doing don't down
    during each either else ever every everybody everyone everything few for from further get gets had has have having
    he her here him his how i if in into is isn't it it's its itself just let lets like made make makes making many may
    me might mine more most much must my neither never no nobody none nor not nothing now of off on once one only onto
    or other others our ours out over own per quite rather really same shall she should since so some somebody someone
    something still such than that the their theirs them then there these they thing things this those though through
    to too under until up upon us very was we were what when where whether which while who whom whose why will with
    within without won't would yet you your yours"""
)
PRAISE = _set_of(
    """adaptable agile appropriate appropriately beautiful best better bulletproof clean cleaner cleanly clear clearly
    cohesive consistent correct correctly decoupled easier easily easy effective efficient efficiently elegant
    excellent extendable extensible extensibility fast fine flexible flexibility good great high-quality idiomatic
    ideal important improve improved improves innovative intuitive maintain maintainable maintainability modern modular
    modularity nice optimal optimized performant performance proper properly quality readable readability reliable
    reliability reusable reusability right robust robustness safe scalable scalability scale secure security seamless
    simple simpler simplicity smooth solid stable structured sustainable tidy understandable usable well
    well-structured working works"""
)
_ANYWHERE = _set_of(
    """app application applications approach architecture bad behave behaves break breaks broken bug bugs build built
    care careful change changed changes changing code codebase component components create day design develop developer
    developers development engineer engineers engineering ensure ensures expect expected fail fails feature features
    follow follows future go goes going handle handled handles happen happens happy harder hard help helps implement
    implemented issue issues keep keeping keeps kept level long matter matters mess messy module modules need needed
    needs our people possible practice practices principle principles problem problems product program project projects
    requirement requirements software solution standard standards start stay stays system systems task team teams
    thing time try understand use used user users uses using value values want wants way ways work write writing
    written wrong"""
)
_SUFFIXES = (
    "ingly",
    "ities",
    "ments",
    "ation",
    "ings",
    "ies",
    "ing",
    "ely",
    "ied",
    "ity",
    "ed",
    "es",
    "ly",
    "s",
    "e",
)
_MOSTLY = 0.5
_SHORTEST_STEM = 4


def words_of(text: str) -> tuple[str, ...]:
    """All words of a text in small letters, in their order."""
    return tuple(word.lower().replace("’", "'") for word in _WORD.findall(text))


def is_judged(text: str) -> bool:
    """Whether the lists here can tell anything about a text: it is mostly written in Latin letters."""
    letters = [letter for letter in text if letter.isalpha()]
    latin = sum(1 for letter in letters if letter.isascii() or "À" <= letter <= "ɏ")
    return not letters or latin >= _MOSTLY * len(letters)


def telling_words(text: str) -> tuple[str, ...]:
    """The words that would not stand in the same sentence about any other project, each once."""
    found = (word for word in words_of(text) if len(word) > 1)
    return tuple(
        dict.fromkeys(
            word for word in found if word not in _GRAMMAR and word not in PRAISE and word not in _ANYWHERE
        )
    )


def praise_in(text: str) -> tuple[str, ...]:
    """The words of praise in a text, each once."""
    return tuple(dict.fromkeys(word for word in words_of(text) if word in PRAISE))


def concrete_marks(text: str) -> tuple[str, ...]:
    """What points at something particular: quoted code, paths, identifiers, numbers, abbreviations, names."""
    return tuple(dict.fromkeys(match[0] for match in _MARKS.finditer(text)))


def stems_of(text: str) -> frozenset[str]:
    """The words of a text that are not grammar, cut down to what their forms share."""
    return frozenset(_stem(word) for word in words_of(text) if word not in _GRAMMAR and len(word) > 1)


def share_of(part: frozenset[str], whole: frozenset[str]) -> float:
    """How much of `part` is in `whole`, 0..1; 0 when there is nothing to compare."""
    return len(part & whole) / len(part) if part else 0.0


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM - 1:
            word = word.removesuffix(suffix)
            break
    return word[:-1] if len(word) > _SHORTEST_STEM and word[-1] == word[-2] else word
