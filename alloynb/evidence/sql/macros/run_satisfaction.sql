-- Which capabilities a run showed to hold, which not, and what evidence was missing.
-- Example: SELECT record_id, status, missing FROM run_satisfaction('run_01K')
CREATE MACRO run_satisfaction(run) AS TABLE
SELECT record_id, title, capability, severity, status, required_count, satisfied_count, missing, summary, observed_at
FROM intent_satisfaction_history
WHERE run_id = run
QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY observed_at DESC, recorded_at DESC, seq DESC) = 1
ORDER BY record_id;

COMMENT ON MACRO TABLE run_satisfaction IS 'Verdicts that one run led to';
