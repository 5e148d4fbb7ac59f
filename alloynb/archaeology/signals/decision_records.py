"""Historical: decision records of the project, as sources of hypotheses and never as accepted intent."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.documents import Decision
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import asked, practice_subject

_SPEAKS = re.compile(
    r"\b(decoupl\w*|isolat\w*|separat\w*|boundar\w*|layer\w*|interface\w*|independen\w*|replac\w*|stable|stability|contract\w*"
    r"|must not|never|only)\b",
    re.I,
)
_WITHDRAWN = ("rejected", "superseded", "deprecated")
_MOST_LEADS = 8


class DecisionRecords:
    """Reads architecture decision records that speak of separation, stability or a rule."""

    name = "decision_records"
    family: Family = "historical"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead per decision; one that was withdrawn brings counter-evidence."""
        speaking = [each for each in codebase.decisions if len(_SPEAKS.findall(each.text)) >= 2]
        for decision in sorted(speaking, key=lambda each: (each.status in _WITHDRAWN, each.path))[
            :_MOST_LEADS
        ]:
            yield self._lead(decision)

    def _lead(self, decision: Decision) -> Lead:
        lines = decision.text.splitlines()
        observed = [
            Observation(
                self.name,
                "a decision was written down",
                0.45,
                path=decision.path,
                line=1,
                text=decision.title,
            )
        ]
        spoken = [
            (number, line)
            for number, line in enumerate(lines, start=1)
            if _SPEAKS.search(line) and not line.startswith("#")
        ]
        observed += [
            Observation(self.name, "what it says", 0.1, path=decision.path, line=number, text=line)
            for number, line in spoken[:3]
        ]
        if decision.status in _WITHDRAWN:
            told = f"the decision is marked {decision.status}"
            observed.append(Observation(self.name, told, 0.7, False, decision.path, 1))
        title = re.sub(r"^(ADR[- ]?)?\d+[.:\s-]*", "", decision.title).strip() or decision.title
        texts = {
            "title": f"The decision in {decision.path} is followed",
            "capability": f"What the decision in {decision.path} was made for stays possible.",
            "threat": "The decision is forgotten, and undone by somebody who never read it.",
            "expectation": "The reasons that are given in the decision still hold.",
            "strategy": f"Code follows {decision.path}; whoever must deviate writes a new decision.",
            "tradeoff": "What the decision gave up stays given up.",
        }
        questions = ("Which reason of the decision would have to fall away for you to decide anew?",)
        evidence = (asked(f"Does the code still follow {decision.path}?"),)
        return Lead(
            practice_subject(
                "decision",
                (decision.path,),
                texts,
                evidence=evidence,
                questions=questions,
                standing=1,
                called=f"Decided: {title}",
            ),
            tuple(observed),
        )


SIGNAL = DecisionRecords()
