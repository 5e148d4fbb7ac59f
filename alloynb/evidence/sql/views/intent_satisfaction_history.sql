-- Every verdict on every intent record, whenever a run or a look was interpreted.
-- Reads: facts
-- Example: SELECT record_id, observed_at, status, missing FROM intent_satisfaction_history ORDER BY record_id, observed_at
CREATE VIEW intent_satisfaction_history AS
SELECT
    project_id, record_id, status, run_id, revision, coalesce(occurred_at, recorded_at) AS observed_at, severity,
    payload->>'title' AS title, payload->>'capability' AS capability,
    coalesce(TRY_CAST(payload->>'required' AS INTEGER), 0) AS required_count,
    coalesce(TRY_CAST(payload->>'satisfied' AS INTEGER), 0) AS satisfied_count,
    coalesce(TRY_CAST(payload->'missing' AS VARCHAR[]), []) AS missing,
    summary, payload->'evidence' AS evidence, recorded_at, seq
FROM facts
WHERE kind = 'satisfaction' AND record_id IS NOT NULL;

COMMENT ON VIEW intent_satisfaction_history IS 'Every verdict on every intent record';
COMMENT ON COLUMN intent_satisfaction_history.status IS 'satisfied, partially_satisfied, unsatisfied, unknown, waived';
COMMENT ON COLUMN intent_satisfaction_history.observed_at IS 'When the evidence was seen';
COMMENT ON COLUMN intent_satisfaction_history.title IS 'Title of the record';
COMMENT ON COLUMN intent_satisfaction_history.capability IS 'Capability that the record protects';
COMMENT ON COLUMN intent_satisfaction_history.required_count IS 'Number of required evidence definitions';
COMMENT ON COLUMN intent_satisfaction_history.satisfied_count IS 'Number of those that were satisfied or waived';
COMMENT ON COLUMN intent_satisfaction_history.missing IS 'Required evidence that was not seen, or says no';
COMMENT ON COLUMN intent_satisfaction_history.evidence IS 'Each piece of evidence with its status and links, as JSON';
