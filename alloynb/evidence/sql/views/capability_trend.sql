-- Which capability is eroding: the current verdict on each record beside the one before it.
-- Reads: intent_satisfaction_history
-- Example: SELECT record_id, capability, previous_status, status, changed_at FROM capability_trend WHERE eroding
CREATE VIEW capability_trend AS
WITH ordered AS (
    SELECT
        *,
        lag(status) OVER each_record AS previous_status,
        row_number() OVER (PARTITION BY project_id, record_id ORDER BY observed_at DESC, recorded_at DESC, seq DESC) AS back
    FROM intent_satisfaction_history
    WINDOW each_record AS (PARTITION BY project_id, record_id ORDER BY observed_at, recorded_at, seq)
)
SELECT
    project_id, record_id, title, capability, severity, previous_status, status, observed_at AS changed_at, run_id, revision,
    coalesce(
        list_position(['unsatisfied', 'unknown', 'partially_satisfied', 'waived', 'satisfied'], status)
        < list_position(['unsatisfied', 'unknown', 'partially_satisfied', 'waived', 'satisfied'], previous_status),
        false
    ) AS eroding
FROM ordered
WHERE back = 1;

COMMENT ON VIEW capability_trend IS 'The current verdict on each record beside the one before it';
COMMENT ON COLUMN capability_trend.title IS 'Title of the record';
COMMENT ON COLUMN capability_trend.capability IS 'Capability that the record protects';
COMMENT ON COLUMN capability_trend.previous_status IS 'Verdict before the current one; NULL when there is none';
COMMENT ON COLUMN capability_trend.changed_at IS 'When the current verdict was seen';
COMMENT ON COLUMN capability_trend.eroding IS 'The current verdict is worse than the one before';
