-- Does each intent record hold? The current verdict per project and record, with what is missing.
-- Reads: intent_satisfaction_history
-- Example: SELECT record_id, status, required_count, satisfied_count, missing FROM intent_satisfaction
--          WHERE status <> 'satisfied' ORDER BY severity
CREATE VIEW intent_satisfaction AS
SELECT
    project_id, record_id, last.status AS status, last.severity AS severity, last.title AS title,
    last.capability AS capability, last.run_id AS run_id, last.revision AS revision, last.observed_at AS observed_at,
    last.required_count AS required_count, last.satisfied_count AS satisfied_count, last.missing AS missing,
    last.summary AS summary, last.evidence AS evidence
FROM (
    SELECT project_id, record_id, arg_max(verdict, row(observed_at, recorded_at, seq)) AS last
    FROM intent_satisfaction_history AS verdict
    GROUP BY project_id, record_id
);

COMMENT ON VIEW intent_satisfaction IS 'The current verdict per project and record';
COMMENT ON COLUMN intent_satisfaction.status IS 'satisfied, partially_satisfied, unsatisfied, unknown, waived';
COMMENT ON COLUMN intent_satisfaction.title IS 'Title of the record';
COMMENT ON COLUMN intent_satisfaction.capability IS 'Capability that the record protects';
COMMENT ON COLUMN intent_satisfaction.run_id IS 'Run that the verdict rests on';
COMMENT ON COLUMN intent_satisfaction.observed_at IS 'When the evidence was seen';
COMMENT ON COLUMN intent_satisfaction.required_count IS 'Number of required evidence definitions';
COMMENT ON COLUMN intent_satisfaction.satisfied_count IS 'Number of those that were satisfied or waived';
COMMENT ON COLUMN intent_satisfaction.missing IS 'Required evidence that was not seen, or says no';
COMMENT ON COLUMN intent_satisfaction.evidence IS 'Each piece of evidence with its status and links, as JSON';
