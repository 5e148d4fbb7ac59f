-- What was seen for each evidence definition, whenever somebody or something looked.
-- Reads: facts
-- Example: SELECT evidence_id, arg_max(status, observed_at) AS latest FROM evidence_observations GROUP BY evidence_id
CREATE VIEW evidence_observations AS
SELECT
    evidence_id, record_id, coalesce(TRY_CAST(payload->'record_ids' AS VARCHAR[]), [record_id]) AS record_ids, project_id, status,
    coalesce(occurred_at, recorded_at) AS observed_at, payload->>'observed_by' AS observed_by, run_id, brief_digest,
    revision, coalesce(TRY_CAST(payload->'supporting_artifacts' AS VARCHAR[]), []) AS supporting_artifacts,
    coalesce(payload->>'notes', summary) AS notes
FROM facts
WHERE kind = 'observation';

COMMENT ON VIEW evidence_observations IS 'What was seen for each evidence definition';
COMMENT ON COLUMN evidence_observations.record_ids IS 'Every record that it speaks for';
COMMENT ON COLUMN evidence_observations.status IS 'satisfied, partially_satisfied, unsatisfied, unknown, waived';
COMMENT ON COLUMN evidence_observations.observed_at IS 'When it was seen';
COMMENT ON COLUMN evidence_observations.observed_by IS 'Gate, block, person or program that saw it';
COMMENT ON COLUMN evidence_observations.supporting_artifacts IS 'Links: trace://run/…, repo://project/revision/path';
COMMENT ON COLUMN evidence_observations.notes IS 'What the observer added';
