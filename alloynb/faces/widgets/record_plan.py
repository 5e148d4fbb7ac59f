"""How the fields of a record are laid out in a form, with the question that each of them answers."""

from __future__ import annotations

from functools import cache

from alloynb.application.revise_intent import OWNED_BY_THE_LIFECYCLE
from alloynb.faces.widgets.form_plan import Plan, plan_of
from alloynb.intent.record import FIVE_TEXTS, IntentRecord

_QUESTIONS = {
    "title": "How do you call it, in one line?",
    "capability": "What must we be able to keep? Begin with “We can …”.",
    "threat": "What erodes it, without anybody meaning harm?",
    "expectation": "What do you believe about the coming time that makes the threat matter?",
    "strategy": "What do we prefer because of it, that we would not do otherwise?",
    "tradeoff": "Which price do we accept? When would it be too much?",
    "evidence": "What would prove that it holds, and turn red when it does not?",
    "scope": "Where does it hold? Name what a reviewer would look at.",
    "severity": "How bad is it to lose the capability?",
    "sources": "Where does this judgement come from?",
    "relationships": "How does it stand to other records?",
    "review_triggers": "When should somebody look at it again?",
    "confidence": "How sure are we, from 0 to 1?",
    "owner": "Who answers for it?",
    "expectation_ref": "Id of a shared expectation that this one states in local words.",
    "strategy_ref": "Id of a shared strategy that this one states in local words.",
}
_FIRST = ("title", *FIVE_TEXTS, "evidence", "scope", "severity", "sources")
_ITEMS = {
    "evidence": "evidence",
    "sources": "source",
    "relationships": "relationship",
    "review_triggers": "trigger",
}


@cache
def record_plan() -> Plan:
    """The plan of a record's form: what everybody writes first, what few need aside."""
    plan = plan_of(IntentRecord, without=OWNED_BY_THE_LIFECYCLE)
    by_name = {each["name"]: each for each in plan["fields"]}
    for name, each in by_name.items():
        each["help"] = _QUESTIONS.get(name, each.get("help", ""))
        each["aside"] = name not in _FIRST
        if name in _ITEMS:
            each["item"]["thing"] = _ITEMS[name]
    for each in by_name["scope"]["fields"]:
        each["aside"] = each["name"] not in ("paths", "modules")
        each["suggests"] = each["name"]
    ordered = [by_name[name] for name in _FIRST]
    return {**plan, "fields": [*ordered, *(each for name, each in by_name.items() if name not in _FIRST)]}
