"""Does a draft say something that could be untrue? If not: the question that would fix it (spec 2.4).

Pure, and without any model. A rule that is not sure stays silent: a wrong alarm on a good record costs more trust than
a slogan that slips through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alloynb.elicitation.words import (
    concrete_marks,
    is_judged,
    praise_in,
    share_of,
    stems_of,
    telling_words,
    words_of,
)

TruismKind = Literal[
    "missing_text",
    "missing_tradeoff",
    "no_observable_evidence",
    "no_scope",
    "vacuous_scope",
    "slogan",
    "hedged_strategy",
    "strategy_as_capability",
    "capability_repeats_strategy",
    "threat_is_negation",
    "expectation_is_no_claim",
]

FEWEST_TELLING_WORDS = 2
_FEWEST_WITH_PRAISE = 3
_MOST_WORDS_OF_PRAISE = 10
_SAME = 0.8
_FEWEST_COMPARED = 3

WOULD_VIOLATE = "What would violate this? Name one change that you would refuse because of it."
HOW_KNOW = "How would we know? Name what turns red: a test, a command, an import that must never appear."
TOO_MUCH = "When would this be too much? Name the day on which you would curse it."


@dataclass(frozen=True)
class Truism:
    """One thing that makes a draft say less than it seems to.

    Attributes:
        field: name of the record's field.
        told: what is wrong, in plain words.
        question: whose answer would fix it.
    """

    kind: TruismKind
    field: str
    told: str
    question: str

    def as_json(self) -> dict[str, str]:
        """Plain JSON value."""
        return {"kind": self.kind, "field": self.field, "told": self.told, "question": self.question}


_MISSING: Mapping[str, str] = {
    "capability": "What can you do today that you would lose? Begin with “We can …”.",
    "threat": "What will wear it down, without anybody meaning harm?",
    "expectation": "What do you believe about the coming year that makes the threat real?",
    "strategy": "What do you do because of it, that you would not do otherwise?",
}
_SLOGAN_QUESTION: Mapping[str, str] = {
    "capability": "What would violate this? Name something that is possible here today and would not be then.",
    "threat": "How would it happen here? Name the change, and the file that it would be in.",
    "expectation": "What would have to happen for this to turn out wrong?",
    "strategy": WOULD_VIOLATE,
    "tradeoff": TOO_MUCH,
}
_STOCK = re.compile(
    r"\b(best practices?|clean code|clean architecture|keep it simple|high[- ]quality|world[- ]class|state of the art"
    r"|top priority|first[- ]class citizens?|industry[- ]standards?|future[- ]proof(ed)?|separation of concerns"
    r"|loose(ly)? coupl\w+|high(ly)? cohesi\w+|solid principles|don'?t repeat yourself|single responsibility"
    r"|easy to (maintain|understand|read|change|extend|test|use)|technical debt|works? as expected"
    r"|spaghetti|quality (is )?matters?|move fast|production[- ]ready|enterprise[- ]grade)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b((where|when|wherever|whenever|if|as far as) (it is |it's )?(possible|appropriate|practical|sensible|feasible"
    r"|it makes sense|reasonable)|as (much|far|little) as possible|as appropriate|be (very |more )?careful"
    r"|common sense|pay (close )?attention|do our best|try (our best )?to|be mindful|within reason"
    r"|as (needed|necessary))\b",
    re.IGNORECASE,
)
_NO_COST = re.compile(
    r"\W*((there (is|are) )?(none|nothing|no (real |major |significant )?(trade-?offs?|downsides?|costs?|drawbacks?)"
    r"( at all)?|n/?a|tbd|not (really|much|applicable)|minimal|negligible|it'?s (totally |well )?worth it|worth it)"
    r"|(it )?(takes|needs|requires|costs|means)? ?(us )?(just )?(some|a bit of|a little( bit of)?|a little|more|extra"
    r"|additional|a bit more|slightly more|some more|some extra)? ?(initial |up-?front )?(time|effort|work|discipline"
    r"|care|complexity|overhead|code|boilerplate|thought)(,? (and|or) (some |more )?(time|effort|work|discipline|care"
    r"|complexity|overhead))?)\W*",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"^\W*((we|the team|our (team|code(base)?)|everyone|developers|all (our )?(code|modules|services)|the code(base)?"
    r"|the system|to) )?((always|only|should|must|will|have to|shall) )*"
    r"(use|uses|using|adopt|adopts|apply|applies|follow|follows|implement|implements|introduce|introduces|enforce"
    r"|enforces|employ|employs|wrap|wraps|inject|injects|abstract|abstracts|avoid|avoids|leverage|leverages)\b"
    r"|^\W*(never|always|do not|don't) (import|call|use|put|write|touch|access|instantiate|mock)\b"
    r"|\b(is|are) (implemented|written|wrapped|built|layered|organi[sz]ed|structured|split) "
    r"(in|with|by|as|into|using|behind|on|through|on top of)\b"
    r"|^\W*(hexagonal|onion|layered|event[- ]driven|clean|microservices?|service[- ]oriented|plugin) (architecture"
    r"|design)\W*$|\b(repository|adapter|factory|strategy|singleton|observer|facade) pattern\b"
    r"|^\W*(dependency injection|event sourcing|domain[- ]driven design|ports and adapters|cqrs|microservices)\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(we|the code(base)?|code|developers|everyone|everybody|engineers|teams?|the system|software|people|nobody"
    r"|modules?|classes|functions|all (code|modules|developers)|contributors)( (always|really|all|never|also))?"
    r" (should|must|ought to|need to|needs to|has to|have to|shall|want|wants|value|values|care about|cares about)\b"
    r"|\b(is|are) (very |really |extremely )?(important|essential|crucial|critical|a must|key|expected to"
    r"|supposed to)\b",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\d|\b(will|won't|going to|grows?|growing|often|every|usually|rarely|likely|twice|year|years|month|months|weeks?"
    r"|quarter|laws?|regulat\w+|auditors?|already|next|soon|because)\b",
    re.IGNORECASE,
)
_NEGATION = stems_of(
    """lose losing lost loss fail fails failing failure break breaks broken breaking stop stops stopped stopping unable
    impossible longer missing lack lacks prevent prevents prevented anymore able ability violate violated goes gone
    becomes become becoming happens happen possible different used use change changes"""
)
_EVERYTHING = frozenset({"*", "**", "**/*", "**/**", "/**", "/*", ".", "./", "./**", "/"})
_ASIDE = re.compile(r"\([^()]*\)")
_ASKS_NOTHING = 2
_DOES_NOTHING = frozenset({"true", ":", "echo", "exit"})


def check_draft(fields: Mapping[str, Any]) -> tuple[Truism, ...]:
    """Find what makes a draft say less than it seems to.

    Args:
        fields: fields of a record as its file would hold them; whatever is missing or of another form counts as
            missing.

    Returns:
        In the order of the record's fields; empty when the draft says something everywhere.

    Spec: 2.4.
    """
    texts = {name: _text(fields.get(name)) for name in (*_MISSING, "tradeoff")}
    return (
        *_missing(texts),
        *_slogans(texts),
        *_about_capability(texts),
        *_about_threat(texts),
        *_about_expectation(texts),
        *_about_strategy(texts),
        *_about_tradeoff(texts),
        *_about_evidence(fields.get("evidence")),
        *_about_scope(fields.get("scope")),
    )


def slogan_in(text: str) -> str:
    """Say why a text could stand in any project's handbook; empty when it could not.

    Concrete names, numbers and enough words of its own always pass.
    """
    if not text.strip() or not is_judged(text):
        return ""
    telling, marks, praise = telling_words(text), concrete_marks(text), praise_in(text)
    stock = _STOCK.search(text)
    if len(telling) < FEWEST_TELLING_WORDS and not marks:
        return "it could be said of any project"
    if stock and len(telling) < 2 * _FEWEST_WITH_PRAISE and len(marks) < FEWEST_TELLING_WORDS:
        return f"“{stock[0]}” is a slogan: nobody is against it"
    short = len(words_of(text)) <= _MOST_WORDS_OF_PRAISE
    if praise and short and len(telling) < _FEWEST_WITH_PRAISE and not marks:
        return f"“{praise[0]}” praises, and names nothing that could go wrong here"
    return ""


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _missing(texts: Mapping[str, str]) -> Iterator[Truism]:
    for name, question in _MISSING.items():
        if not texts[name]:
            yield Truism("missing_text", name, f"there is no {name} yet", question)
    if not texts["tradeoff"]:
        yield Truism("missing_tradeoff", "tradeoff", "no price is named", TOO_MUCH)


def _slogans(texts: Mapping[str, str]) -> Iterator[Truism]:
    for name, text in texts.items():
        if (name == "tradeoff" and _NO_COST.fullmatch(text)) or (
            name == "capability" and _MEANS.search(text)
        ):
            continue  # told more precisely below
        if because := slogan_in(text):
            yield Truism("slogan", name, f"the {name} is a slogan: {because}", _SLOGAN_QUESTION[name])


def _about_capability(texts: Mapping[str, str]) -> Iterator[Truism]:
    capability, strategy = texts["capability"], texts["strategy"]
    if means := _MEANS.search(capability):
        told = f"“{means[0].strip()}” names a means: that belongs into the strategy"
        question = "What can you do because of it, that you could not do otherwise?"
        yield Truism("strategy_as_capability", "capability", told, question)
    elif _repeats(capability, strategy):
        told = "the capability says what the strategy says"
        question = "If the strategy were replaced by a better one, what would still have to be true?"
        yield Truism("capability_repeats_strategy", "capability", told, question)


def _about_threat(texts: Mapping[str, str]) -> Iterator[Truism]:
    capability, threat = stems_of(texts["capability"]), stems_of(texts["threat"]) - _NEGATION
    if not texts["threat"] or slogan_in(texts["threat"]) or not is_judged(texts["threat"]):
        return
    if capability & threat and share_of(threat, capability) >= _SAME:
        told = "the threat only says that the capability is lost, not what takes it away"
        question = "How does it happen? Name who does it, and the good reason that they have."
        yield Truism("threat_is_negation", "threat", told, question)


def _about_expectation(texts: Mapping[str, str]) -> Iterator[Truism]:
    expectation = texts["expectation"]
    if not expectation or slogan_in(expectation) or not is_judged(expectation):
        return
    wish = _WISH.search(expectation)
    if wish and not _CLAIM.search(expectation):
        told = f"“{wish[0]}” is a wish or a rule; an expectation is something about the world that may turn out wrong"
        question = "What do you believe will happen, and what would prove you wrong?"
        yield Truism("expectation_is_no_claim", "expectation", told, question)
        return
    for name in ("capability", "strategy"):
        if _repeats(expectation, texts[name]):
            told = f"the expectation says what the {name} says"
            question = "What do you believe will happen, and what would prove you wrong?"
            yield Truism("expectation_is_no_claim", "expectation", told, question)
            return


def _about_strategy(texts: Mapping[str, str]) -> Iterator[Truism]:
    if hedge := _HEDGE.search(texts["strategy"]):
        told = f"“{hedge[0]}” leaves every case open"
        yield Truism("hedged_strategy", "strategy", told, WOULD_VIOLATE)


def _about_tradeoff(texts: Mapping[str, str]) -> Iterator[Truism]:
    if texts["tradeoff"] and _NO_COST.fullmatch(texts["tradeoff"]):
        told = f"“{texts['tradeoff'][:60]}” names no price; what costs nothing needs no record"
        yield Truism("missing_tradeoff", "tradeoff", told, TOO_MUCH)


def _about_evidence(evidence: Any) -> Iterator[Truism]:
    definitions = [each for each in evidence if isinstance(each, Mapping)] if _is_list(evidence) else []
    if not definitions:
        yield Truism("no_observable_evidence", "evidence", "nothing would show that it is lost", HOW_KNOW)
        return
    empty = [why for each in definitions if (why := _shows_nothing(each))]
    if len(empty) == len(definitions):
        yield Truism("no_observable_evidence", "evidence", empty[0], HOW_KNOW)


def _shows_nothing(definition: Mapping[str, Any]) -> str:
    kind, name = definition.get("kind"), definition.get("id", "evidence")
    if kind == "human_review":
        question = _text(definition.get("question"))
        if (
            is_judged(question)
            and len(telling_words(question)) < _ASKS_NOTHING
            and not concrete_marks(question)
        ):
            return f"the question of {name} asks for an opinion: “{question[:80]}”"
    gate = definition.get("gate")
    command = gate.get("command") if kind == "gate" and isinstance(gate, Mapping) else None
    if _is_list(command) and command and str(command[0]).rpartition("/")[2] in _DOES_NOTHING:
        return f"the command of {name} succeeds whatever happens"
    return ""


def _about_scope(scope: Any) -> Iterator[Truism]:
    found = scope if isinstance(scope, Mapping) else {}
    paths = [str(each).strip() for each in found.get("paths") or ()] if _is_list(found.get("paths")) else []
    names = ("modules", "technology", "product_area", "interactions")
    if paths and not any(found.get(name) for name in names) and all(each in _EVERYTHING for each in paths):
        told = f"{paths[0]} is every file: a scope that covers everything governs nothing in particular"
        question = "In which files would somebody break it first?"
        yield Truism("vacuous_scope", "scope", told, question)
    elif not paths and not any(found.get(name) for name in names):
        told = "no path, module or technology is named"
        yield Truism(
            "no_scope", "scope", told, "Where does it hold? Name the files that a reviewer would look at."
        )


def _repeats(one: str, other: str) -> bool:
    """Whether either text has hardly a word that the other lacks."""
    first, second = (stems_of(_ASIDE.sub("", text)) for text in (one, other))
    if not is_judged(one) or min(len(first), len(second)) < _FEWEST_COMPARED:
        return False
    return share_of(first, second) >= _SAME and share_of(second, first) >= _SAME / 2


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


Check = Callable[[Mapping[str, Any]], tuple[Truism, ...]]
"""The form of `check_draft`, for those who are handed it."""
