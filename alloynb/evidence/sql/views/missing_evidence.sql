-- Required evidence that was never observed: no look at it ever gave an answer.
-- Reads: facts
-- Example: SELECT record_id, evidence_id, evidence_kind, observed_by, notes FROM missing_evidence ORDER BY evidence_id
CREATE VIEW missing_evidence AS
SELECT
    defined.project_id AS project_id, defined.record_id AS record_id, evidence_id, defined.kind AS evidence_kind,
    defined.description AS description, defined.observed_by AS observed_by, required_since, looks, last_look.at AS last_look_at,
    last_look.notes AS notes
FROM (
    SELECT
        evidence_id,
        min(recorded_at) FILTER (kind = 'evidence_definition') AS required_since,
        arg_max(
            struct_pack(
                project_id := project_id, record_id := record_id, kind := payload->>'kind',
                description := payload->>'description', observed_by := payload->>'observed_by',
                counts := coalesce(required, false) AND coalesce(status, 'required') NOT IN ('obsolete', 'proposed')
            ),
            row(recorded_at, seq)
        ) FILTER (kind = 'evidence_definition') AS defined,
        count(*) FILTER (kind = 'observation') AS looks,
        count(*) FILTER (kind = 'observation' AND status <> 'unknown') AS answers,
        arg_max(
            struct_pack(at := coalesce(occurred_at, recorded_at), notes := coalesce(payload->>'notes', summary)),
            row(recorded_at, seq)
        ) FILTER (kind = 'observation') AS last_look
    FROM facts
    WHERE kind IN ('evidence_definition', 'observation') AND evidence_id IS NOT NULL
    GROUP BY evidence_id
)
WHERE defined.counts AND answers = 0;

COMMENT ON VIEW missing_evidence IS 'Required evidence that was never observed';
COMMENT ON COLUMN missing_evidence.evidence_kind IS 'gate, import_boundary, pattern, test, dependency, trace, metric, human_review';
COMMENT ON COLUMN missing_evidence.description IS 'What it would show';
COMMENT ON COLUMN missing_evidence.observed_by IS 'Who should have seen it: gate, reading, trace, metric or human';
COMMENT ON COLUMN missing_evidence.required_since IS 'First definition';
COMMENT ON COLUMN missing_evidence.looks IS 'Looks that ended with unknown';
COMMENT ON COLUMN missing_evidence.last_look_at IS 'Latest of those';
COMMENT ON COLUMN missing_evidence.notes IS 'Why the latest look gave no answer';
