"""Records that a human called obsolete at a finding: the code is right there, and the intent is not (spec 6.4)."""

from __future__ import annotations

from alloynb.interpretation.contradiction import Asked, ContradictionDetector, IntentLook, question_of

_SAID = """
SELECT finding_id, record_id, path, summary, decided_by, arg_max(said.why, said.decided_at) AS why
FROM findings JOIN finding_decisions AS said USING (finding_id, project_id, record_id)
WHERE project_id = $1 AND findings.decision = 'obsolete_intent' AND status <> 'resolved'
GROUP BY ALL ORDER BY record_id, finding_id
"""


class ObsoleteAnswers:
    """Reads the answers to findings that stand; the last word on each counts."""

    reason = "obsolete_intent"

    def ask(self, look: IntentLook) -> Asked:
        """Ask about each such record that still guides runs."""
        questions = []
        for row in look.ask_store(_SAID, [look.project]):
            record = look.guiding.get(row["record_id"])
            if record is not None:
                text = (
                    f"“{record.title}” is said to be obsolete where the code left it. "
                    f"Contradict it (`alloynb intent contradict {record.id} --why …`), narrow it "
                    f"(`alloynb intent edit {record.id} --why …`), or preserve it and call the finding drift?"
                )
                identity = {"record": record.id, "finding": row["finding_id"]}
                evidence = (f"{row['path']}: {row['summary']}", f"{row['decided_by']}: {row['why']}")
                questions.append(question_of(self.reason, identity, [record.id], text, evidence))
        return Asked(tuple(questions))


DETECTOR: ContradictionDetector = ObsoleteAnswers()
