"""Product and design intent that changed under a record since a brief last took it along (spec 6.4)."""

from __future__ import annotations

from alloynb.interpretation.contradiction import Asked, ContradictionDetector, IntentLook, question_of


class ChangedReferences:
    """Is told what the systems that own product and design intent say today, where that is not what a brief keeps."""

    reason = "changed_reference"

    def ask(self, look: IntentLook) -> Asked:
        """Ask once for each reference whose records guide runs; a further change asks anew."""
        questions = []
        for changed in look.changed_references:
            record_ids = [record_id for record_id in changed.record_ids if record_id in look.guiding]
            if not record_ids:
                continue
            titles = ", ".join(f"“{look.guiding[record_id].title}”" for record_id in record_ids)
            questions.append(
                question_of(
                    self.reason,
                    {"ref": changed.ref, "now": changed.digest or changed.told, "records": record_ids},
                    record_ids,
                    f"What {titles} serves has changed: {changed.ref}. Does the record still follow from it (preserve; "
                    "the next brief takes the change along), or is there something to simplify?",
                    [changed.told],
                )
            )
        return Asked(tuple(questions))


DETECTOR: ContradictionDetector = ChangedReferences()
