-- What the findings of a run looked like: wrong code, a refactor, or stale intent; why, and what a human said.
-- Example: SELECT path, line, leaning, strength, because, decision, agreement FROM run_verdicts('run_01K')
CREATE MACRO run_verdicts(run) AS TABLE
SELECT
    finding_id, record_id, evidence_id, path, line, severity, leaning, strength, told, because, clues, weighing, revision,
    judged_at, decision, decided_by, agreement
FROM finding_verdicts
WHERE run_id = run
QUALIFY row_number() OVER (
    PARTITION BY finding_id, evidence_id ORDER BY judged_at DESC, recorded_at DESC, seq DESC
) = 1
ORDER BY record_id, evidence_id, path, line;

COMMENT ON MACRO TABLE run_verdicts IS 'What the findings of one run looked like';
