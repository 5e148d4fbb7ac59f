"""Evidence that disagrees with itself: seen good and bad although nothing was changed (spec 6.4)."""

from __future__ import annotations

from alloynb.interpretation.contradiction import Asked, ContradictionDetector, IntentLook, question_of

DAYS = 90
"""Older results are history: they say how it was."""

_SEEN = """
SELECT
    evidence_id, gates.revision AS revision, count(*) FILTER (gates.status = 'passed') AS good,
    count(*) FILTER (gates.status <> 'passed') AS bad, max(gates.finished_at) AS latest
FROM gate_results AS gates LEFT JOIN runs USING (run_id)
WHERE gates.project_id = $1 AND gates.phase = 'preflight' AND gates.status IN ('passed', 'failed', 'timed_out')
    AND evidence_id IS NOT NULL AND gates.revision IS NOT NULL
    AND gates.finished_at > $2::TIMESTAMPTZ - to_days($3::INTEGER)
GROUP BY evidence_id, gates.revision, runs.brief_digest
HAVING good > 0 AND bad > 0
ORDER BY evidence_id, latest DESC
"""


class DisagreeingEvidence:
    """Compares what the gate of a definition said of the untouched tree of one revision, asked by one brief.

    What reading, a metric or a human says may change with what is allowed, known or thought; that is no disagreement.
    """

    reason = "disagreeing_evidence"

    def ask(self, look: IntentLook) -> Asked:
        """Ask once for each piece of evidence that a guiding record demands."""
        seen: dict[str, list[str]] = {}
        for row in look.ask_store(_SEEN, [look.project, look.at.isoformat(), DAYS]):
            told = f"at revision {row['revision'][:12]} it was good {row['good']} times and bad {row['bad']} times"
            seen.setdefault(row["evidence_id"], []).append(told)
        questions = []
        for evidence_id, sentences in seen.items():
            record = look.guiding.get(evidence_id.partition("#")[0])
            definition = record.evidence_definition(evidence_id) if record is not None else None
            if record is None or definition is None:
                continue
            questions.append(
                question_of(
                    self.reason,
                    {"evidence": evidence_id, "definition": definition.model_dump(mode="json")},
                    [record.id],
                    f"The evidence “{definition.description}” of “{record.title}” disagrees with itself. Simplify it "
                    "(evidence that proves the same without chance), or preserve it and say what made the difference?",
                    sentences,
                )
            )
        return Asked(tuple(questions))


DETECTOR: ContradictionDetector = DisagreeingEvidence()
