"""Accepted intent says A, the code does B: exception, drift, or is the record too broad? (spec 2.4, mode 6)."""

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
from alloynb.elicitation.interview import Conflict, Draft
from alloynb.elicitation.proposing import review_question

_VERDICTS = {
    "exception": re.compile(r"\b(exception|except|excepted|allowed|1)\b", re.IGNORECASE),
    "drift": re.compile(r"\b(drift|drifted|mistake|bug|2)\b", re.IGNORECASE),
    "broad": re.compile(r"\b(too broad|broad|record|too much|3)\b", re.IGNORECASE),
}
_DATE = re.compile(r"\b20\d\d-\d\d-\d\d\b")
_KEPT = ("capability", "threat", "expectation", "strategy", "tradeoff")


def verdict_of(text: str) -> str:
    """Which of the three an answer means; empty when it means none or several."""
    found = [name for name, words in _VERDICTS.items() if words.search(text)]
    return found[0] if len(found) == 1 else ""


def _conflict(talk: Talk) -> Conflict:
    found = talk.context.conflict
    if found is not None:
        return found
    return Conflict(
        finding_id="", evidence_id="", ref="", message="the code does otherwise", record_id="", record={}
    )


def _promise(talk: Talk) -> str:
    record = _conflict(talk).record
    return str(record.get("strategy") or record.get("title") or "").rstrip(".")


def _opening(talk: Talk) -> str:
    conflict = _conflict(talk)
    return (
        f"We said: “{_promise(talk)}”. At {conflict.ref or 'one place'} it is otherwise: "
        f"{conflict.message.rstrip('.')}. "
        "What is it? `exception`: the rule is right, and this place has a good reason. "
        "`drift`: the rule is right, the code should go back. `broad`: the record promises more than you meant."
    )


def _is(*verdicts: str) -> Any:
    return lambda talk: verdict_of(talk["verdict"]) in verdicts


def _from_record(name: str) -> Any:
    return lambda talk: str(_conflict(talk).record.get(name) or "")


def _compose(talk: Talk) -> Draft:
    conflict, verdict = _conflict(talk), verdict_of(talk["verdict"])
    record = conflict.record
    texts = {name: talk[name] or str(record.get(name) or "") for name in _KEPT}
    evidence, question = proved_by(talk)
    kept = [dict(each) for each in record.get("evidence") or () if isinstance(each, dict)]
    told = talk["reason"] or talk["threat"] or talk["strategy"] or conflict.message
    scope = scope_said(talk, "where")
    title = str(record.get("title") or "")
    more: dict[str, Any] = {}
    steps: tuple[str, ...] = ()
    if verdict == "broad":
        evidence = [*kept, *evidence]
        title = f"{title}, narrowed" if title else ""
        more = {"supersedes": conflict.record_id} if conflict.record_id else {}
        steps = (f"alloynb intent supersede {conflict.record_id} --by THE_NEW_RECORD --why REASON",)
    else:
        link = "refines" if verdict == "exception" else "supports"
        if conflict.record_id:
            more = {
                "relationships": [{"type": link, "target": conflict.record_id, "notes": conflict.message}]
            }
        title = f"{title}: {'one exception' if verdict == 'exception' else 'the way back'}" if title else ""
        scope = scope or _file_of(conflict)
    if verdict == "exception":
        evidence = [*evidence, _still_needed(talk)]
        if day := _DATE.search(talk["until"]):
            more["review_triggers"] = [
                {"date": day[0], "why": f"until then: {talk['reason'] or conflict.message}"}
            ]
        steps = (f"alloynb decide {conflict.finding_id} exception --why REASON --until DATE",)
    elif verdict == "drift":
        steps = (f"alloynb decide {conflict.finding_id} drift --why REASON",)
    return drafted(
        talk,
        "contradiction",
        texts=texts,
        told=told,
        scope=scope or _scope_of(record),
        evidence=evidence,
        question=question or f"Is this still so at {conflict.ref or 'that place'}: {conflict.message}",
        title=title,
        more=more,
        next_steps=steps if conflict.finding_id or verdict == "broad" else (),
    )


def _still_needed(talk: Talk) -> dict[str, Any]:
    reason = talk["reason"] or "the reason that was given"
    return review_question(
        f"Does {_conflict(talk).ref or 'this place'} still need its exception: {reason}", name="needed"
    )


def _file_of(conflict: Conflict) -> dict[str, Any]:
    path = re.sub(r":\d+$", "", conflict.ref)
    return {"paths": [path]} if path and not path.startswith(("/", "..")) else {}


def _scope_of(record: dict[str, Any]) -> dict[str, Any]:
    scope = record.get("scope")
    return dict(scope) if isinstance(scope, dict) else {}


INTERVIEW = Conversation(
    "contradiction",
    "Settles a place where accepted intent and the code disagree.",
    "conflict",
    (
        Step(
            "verdict",
            _opening,
            "All three are honest answers; they lead to a term, to a repair, or to a better record.",
            {
                "nowhere": "I need one of the three: does this place stay as it is (`exception`), go back (`drift`), "
                "or was the record wrong about it (`broad`)?"
            },
            accepts=lambda text: bool(verdict_of(text)),
        ),
        Step(
            "reason",
            lambda talk: (
                f"What makes {_conflict(talk).ref or 'this place'} different? What would be lost if it obeyed?"
            ),
            "An exception with a reason teaches; one without is a precedent.",
            {"slogan": "What exactly would stop working if you made it obey tonight?"},
            applies=_is("exception"),
        ),
        Step(
            "until",
            "Until when? A date like 2027-06-01, or the event that ends it.",
            "An exception without an end is a new rule that nobody decided on.",
            applies=_is("exception"),
            judged="free",
        ),
        Step(
            "strategy",
            "How should the next person tell that this may stay, and that theirs may not?",
            "Somebody will copy it. This is what they should read first.",
            applies=_is("exception"),
        ),
        Step(
            "threat",
            "How did it get in? Which door stood open: a hurry, a missing port, a rule that nobody knew?",
            "If the door stays open, the repair will not last.",
            {
                "shrug": "What would they have had to write instead, and how much longer would it have taken?",
                "slogan": "What would have stopped you, if you had been the one?",
            },
            applies=_is("drift"),
        ),
        Step(
            "strategy_back",
            "What is the way back: what should stand there instead?",
            "Whoever repairs it, person or agent, starts from this sentence.",
            {"slogan": "Which file would change, and what would it call then?"},
            applies=_is("drift"),
        ),
        Step(
            "where",
            lambda talk: (
                "Where does it still hold without any exception? "
                + (f"I see {talk.places(4)}." if talk.places() else "Name folders or modules.")
            ),
            "A narrower promise that is kept is worth more than a wide one that is not.",
            applies=_is("broad"),
            judged="place",
        ),
        Step(
            "strategy_narrow",
            "Say the rule again, as you mean it now.",
            "The new record takes the place of the old one; the old one stays as history.",
            suggestion=_from_record("strategy"),
            applies=_is("broad"),
        ),
        Step(
            "tradeoff",
            lambda talk: (
                "What do you give up by letting it stay?"
                if verdict_of(talk["verdict"]) == "exception"
                else "What does it cost to keep the rule here, now that you have seen a place where it pinched?"
            ),
            "You have just met the price of the rule in the wild; this is the best moment to write it down.",
            {"slogan": "How much, and who pays it?"},
            suggestion=_from_record("tradeoff"),
            applies=_is("exception", "drift", "broad"),
        ),
        evidence_step(
            "What would tell us next time, before it is merged?", applies=_is("exception", "drift", "broad")
        ),
    ),
    lambda talk: _compose(_gathered(talk)),
)


def _gathered(talk: Talk) -> Talk:
    """The strategy, whichever of the three questions it was the answer to."""
    said = talk["strategy"] or talk["strategy_back"] or talk["strategy_narrow"]
    return Talk(talk.context, {**talk.answers, "strategy": said})
