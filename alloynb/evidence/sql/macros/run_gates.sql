-- Which gates were required in a run, and which passed or failed.
-- Example: FROM run_gates('run_01K')
CREATE MACRO run_gates(run) AS TABLE
SELECT phase, gate, gate_attempt, status, required, mode, source, duration_ms, exit_code, evidence_id, details
FROM gate_results
WHERE run_id = run
ORDER BY phase, gate, gate_attempt;

COMMENT ON MACRO TABLE run_gates IS 'Gates of one run: required or not, passed or failed';
