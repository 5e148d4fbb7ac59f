-- Who waived or excepted what until when, of the records of a run, while it ran.
-- Reads: run_intent, run_satisfaction
-- Example: SELECT sort, principal, record_id, what, until, why FROM run_leniencies('run_01K')
CREATE MACRO run_leniencies(run) AS TABLE
SELECT allowed.*
FROM (
    SELECT 'waiver' AS sort, principal, record_id, evidence_id AS what, granted_at, until, status, why FROM waivers
    UNION ALL
    SELECT 'exception', principal, record_id, coalesce(finding_id, path), granted_at, until, status, why FROM exceptions
) AS allowed
JOIN (SELECT * FROM runs WHERE run_id = run) AS r
    ON allowed.granted_at <= coalesce(r.finished_at, now()) AND allowed.until > coalesce(r.started_at, r.finished_at)
WHERE allowed.record_id IN (SELECT record_id FROM run_intent(run))
   OR allowed.record_id IN (SELECT record_id FROM run_satisfaction(run))
ORDER BY allowed.until;

COMMENT ON MACRO TABLE run_leniencies IS 'Waivers and exceptions that held for one run';
