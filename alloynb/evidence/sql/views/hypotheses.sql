-- Hypotheses that archaeology or somebody raised, as they stand now: open, rejected, or gone (accepted, or seen no more).
-- Reads: facts
-- Example: SELECT title, confidence, rejected_by, why FROM hypotheses WHERE status = 'rejected' ORDER BY title
CREATE VIEW hypotheses AS
SELECT
    project_id, hypothesis, last.status AS status, last.title AS title,
    TRY_CAST(last.payload->>'confidence' AS DOUBLE) AS confidence, last.payload->>'kind' AS hypothesis_kind,
    last.payload->>'rejected_by' AS rejected_by, last.payload->>'why' AS why, first_seen_at, changed_at
FROM (
    SELECT
        project_id, finding_id AS hypothesis,
        min(recorded_at) AS first_seen_at,
        max(recorded_at) AS changed_at,
        arg_max(struct_pack(status := status, title := summary, payload := payload), row(recorded_at, journal, seq)) AS last
    FROM facts
    WHERE kind = 'hypothesis' AND finding_id IS NOT NULL
    GROUP BY project_id, finding_id
);

COMMENT ON VIEW hypotheses IS 'Hypotheses as they stand now; never facts about intent';
COMMENT ON COLUMN hypotheses.hypothesis IS 'Its id, <project>.hypothesis.<slug>';
COMMENT ON COLUMN hypotheses.status IS 'open, rejected or gone';
COMMENT ON COLUMN hypotheses.title IS 'What it supposes';
COMMENT ON COLUMN hypotheses.confidence IS 'From 0 to 1, computed from its observations';
COMMENT ON COLUMN hypotheses.hypothesis_kind IS 'Sort of hypothesis, such as layers or typed_errors';
COMMENT ON COLUMN hypotheses.rejected_by IS 'Who rejected it';
COMMENT ON COLUMN hypotheses.why IS 'Why it was rejected';
COMMENT ON COLUMN hypotheses.first_seen_at IS 'When it was first taken in';
COMMENT ON COLUMN hypotheses.changed_at IS 'When its latest change was taken in';
