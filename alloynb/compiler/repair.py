"""What a repair brief says: one finding, and no wider than that (spec 6.4).

The words are Alloy's own. What was read in the repository (a path, a line of code in a finding's message) is fenced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alloynb.compiler.gates import CHECKER_READS, overlay_gates
from alloynb.compiler.untrusted import fence
from alloynb.compiler.wording import moves_against, observation_words, one_line, sentence
from alloynb.intent.evidence_definition import EvidenceDefinition
from alloynb.intent.record import IntentRecord
from runtime_artifacts.gate_overlay import OverlayGate

_LONGEST_NAME = 200
_NEVER = (
    "change, skip or delete a test, a gate, a threshold, a lint rule or a setting of either",
    "touch anything below `.alloy/`: records, exceptions and baselines are for people to change",
    "move, rename or hide what was found so that the check no longer sees it",
    "mend anything else on the way, however tempting",
)
_PURPOSE = "The code left it in one place. Bring it back by the smallest change that does it, and change nothing else."
_WHERE = (
    "Begin in the file that is named above. Change another file only where the repair cannot be made without it, and "
    "say why."
)
_STOP = (
    "If the finding can only be mended by contradicting the record, or what behaves now would behave otherwise, "
    "change nothing and say so: then the intent has to be looked at by people."
)


@dataclass(frozen=True)
class Repair:
    """One finding to be mended.

    Attributes:
        evidence: the definition that fails.
        lines: 1-based; empty when the whole file is meant.
        message: what was found; may quote the repository.
        left_over: how many findings of the same evidence may stand afterwards: those that are not to be mended.
    """

    finding_id: str
    record: IntentRecord
    evidence: EvidenceDefinition
    path: str
    lines: Sequence[int]
    message: str
    left_over: int = 0


def repair_objective(repair: Repair) -> str:
    """Say in one sentence what the run is for; the finding's id makes each repair a brief of its own."""
    evidence_id = repair.evidence.global_id(repair.record.id)
    what = one_line(repair.evidence.description).rstrip(".")
    return f"Mend {repair.finding_id} and nothing else, so that {evidence_id} holds again: {what}."


def repair_gate(repair: Repair) -> OverlayGate | None:
    """The gate that a repair has to pass before it counts as one; None where no command can see the evidence.

    It cannot hold before the repair, so it is run afterwards alone. What Alloy reads is asked for this one finding, and
    for how many others may stand, so that a finding that only got another name mends nothing. A gate or tests of the
    record are run as they are.
    """
    record, evidence = repair.record, repair.evidence
    observing = next(
        iter(overlay_gates(record.project, [record.model_copy(update={"evidence": (evidence,)})]).gates), None
    )
    if observing is None:
        return None
    command = observing.command
    if evidence.kind in CHECKER_READS:
        evidence_id = evidence.global_id(record.id)
        asked = ("--finding", repair.finding_id, "--at-most", str(repair.left_over))
        command = ("alloynb", "check", evidence_id, *asked)
    return observing.model_copy(
        update={
            "name": f"mended.{observing.name}"[:_LONGEST_NAME],
            "command": command,
            "mode": "required_for_mutation",
            "phase": "verify",
            "evidence_id": None,
        }
    )


def repair_prompt(repair: Repair) -> str:
    """Write the plan of a repair: scope, capability, failing evidence, strategy, and what must not be done."""
    record, evidence = repair.record, repair.evidence
    evidence_id = evidence.global_id(record.id)
    lines = f", lines {', '.join(map(str, repair.lines))}" if repair.lines else ""
    seen = fence(f"{repair.path}{lines}\n{repair.message}")
    forbidden = [*moves_against(evidence), *_NEVER]
    scope = [*record.scope.paths, *record.scope.modules]
    parts = [
        f"# Repair one finding ({repair.finding_id})",
        f"Intent stands: {sentence(record.title)} {_PURPOSE}",
        "## What was seen",
        seen,
        "## Where",
        _WHERE,
        *([f"The record governs: {', '.join(f'`{each}`' for each in scope)}."] if scope else []),
        "## What must hold when you are done",
        sentence(record.capability or record.title),
        "## The evidence that fails now",
        f"`{evidence_id}`: {sentence(evidence.description)} It holds when {observation_words(evidence)}.",
        "## How",
        sentence(record.strategy or "In the way that the code around it shows"),
        f"The price is accepted: {sentence(record.tradeoff)}" if record.tradeoff else "",
        "## Never",
        "\n".join(f"- {move}" for move in forbidden),
        "## Stop",
        _STOP,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
