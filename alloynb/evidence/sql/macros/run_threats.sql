-- Which threats were observed in a run, and where.
-- Example: SELECT record_id, threat, seen_in, links FROM run_threats('run_01K')
CREATE MACRO run_threats(run) AS TABLE
SELECT record_id, evidence_id, threat, seen_in, links
FROM threat_observations
WHERE run_id = run
ORDER BY evidence_id;

COMMENT ON MACRO TABLE run_threats IS 'Threats that were observed in one run';
