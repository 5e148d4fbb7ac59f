-- What would prove each record, by machine or by human, as it was last defined.
-- Reads: facts
-- Example: SELECT record_id, evidence_kind, count(*) AS definitions FROM evidence_definitions WHERE required GROUP BY ALL
CREATE VIEW evidence_definitions AS
SELECT
    evidence_id, last.record_id AS record_id, last.project_id AS project_id, last.kind AS evidence_kind,
    last.description AS description, last.required AS required, last.status AS status, last.observed_by AS observed_by,
    gate, last.capability AS capability, brief_id, last.definition AS definition,
    first_seen_at, last_seen_at
FROM (
    SELECT
        evidence_id,
        min(recorded_at) AS first_seen_at,
        max(recorded_at) AS last_seen_at,
        arg_max(gate, row(recorded_at, seq)) FILTER (gate IS NOT NULL) AS gate,
        arg_max(brief_id, row(recorded_at, seq)) FILTER (brief_id IS NOT NULL) AS brief_id,
        arg_max(
            struct_pack(
                record_id := record_id, project_id := project_id, kind := payload->>'kind',
                description := payload->>'description', required := coalesce(required, false),
                status := coalesce(status, 'required'), observed_by := payload->>'observed_by',
                capability := payload->>'capability', definition := payload->'definition'
            ),
            row(recorded_at, seq)
        ) AS last
    FROM facts
    WHERE kind = 'evidence_definition' AND evidence_id IS NOT NULL
    GROUP BY evidence_id
);

COMMENT ON VIEW evidence_definitions IS 'Evidence definitions, as they were last defined';
COMMENT ON COLUMN evidence_definitions.evidence_kind IS 'gate, import_boundary, pattern, test, dependency, trace, metric, human_review';
COMMENT ON COLUMN evidence_definitions.description IS 'What it shows';
COMMENT ON COLUMN evidence_definitions.required IS 'Without it the record is not satisfied';
COMMENT ON COLUMN evidence_definitions.status IS 'required, suggested, proposed (nobody accepted the record yet) or obsolete';
COMMENT ON COLUMN evidence_definitions.observed_by IS 'gate, reading, trace, metric or human';
COMMENT ON COLUMN evidence_definitions.gate IS 'Gate that observes it, if one does';
COMMENT ON COLUMN evidence_definitions.capability IS 'Capability that it would prove';
COMMENT ON COLUMN evidence_definitions.brief_id IS 'Brief that used it last';
COMMENT ON COLUMN evidence_definitions.definition IS 'Executable part, as JSON';
COMMENT ON COLUMN evidence_definitions.first_seen_at IS 'First definition';
COMMENT ON COLUMN evidence_definitions.last_seen_at IS 'Latest definition';
