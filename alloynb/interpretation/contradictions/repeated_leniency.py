"""Records of which something is waived or excepted again and again: the record may ask for too much (spec 6.4)."""

from __future__ import annotations

from alloynb.interpretation.contradiction import Asked, ContradictionDetector, IntentLook, question_of

TIMES = 3
"""So many waivers and exceptions on one record within `DAYS` raise the question."""

DAYS = 180

_GRANTED = """
SELECT record_id, id, kind, principal, granted_at, why
FROM (
    SELECT project_id, record_id, waiver_id AS id, 'waiver' AS kind, principal, granted_at, why FROM waivers
    UNION ALL BY NAME
    SELECT project_id, record_id, exception_id AS id, 'exception' AS kind, principal, granted_at, why FROM exceptions
)
WHERE project_id = $1 AND granted_at > $2::TIMESTAMPTZ - to_days($3::INTEGER)
ORDER BY record_id, granted_at, id
"""


class RepeatedLeniency:
    """Counts waivers and exceptions by the day on which they were granted, also those that are over or withdrawn."""

    reason = "repeated_leniency"

    def ask(self, look: IntentLook) -> Asked:
        """Ask about each guiding record with `TIMES` or more; a further one asks anew."""
        granted: dict[str, list[dict[str, object]]] = {}
        for row in look.ask_store(_GRANTED, [look.project, look.at.isoformat(), DAYS]):
            granted.setdefault(row["record_id"], []).append(row)
        questions = []
        for record_id, found in granted.items():
            record = look.guiding.get(record_id)
            if record is None or len(found) < TIMES:
                continue
            questions.append(
                question_of(
                    self.reason,
                    {"record": record.id, "granted": [str(each["id"]) for each in found]},
                    [record.id],
                    f"“{record.title}” was waived or excepted {len(found)} times within {DAYS} days. Simplify it "
                    "(narrow what it demands, or let it go), or preserve it because these were the last ones?",
                    (
                        f"{each['kind']} by {each['principal']}, {each['granted_at']:%Y-%m-%d}: {each['why']}"
                        for each in found
                    ),
                )
            )
        return Asked(tuple(questions))


DETECTOR: ContradictionDetector = RepeatedLeniency()
