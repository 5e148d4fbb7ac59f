-- Which revision a run targeted, what it left, on which branch, and what uncommitted changes it left out.
-- Example: SELECT targeted, revision_after, branch, uncommitted FROM run_revision('run_01K')
CREATE MACRO run_revision(run) AS TABLE
SELECT
    asked.revision AS targeted, r.revision AS revision_before, r.revision_after AS revision_after,
    asked.revision IS NOT DISTINCT FROM r.revision AS as_targeted, r.branch AS branch, r.uncommitted AS uncommitted
FROM (SELECT * FROM runs WHERE run_id = run) AS r
LEFT JOIN (SELECT request_id, revision FROM requests) AS asked ON asked.request_id = r.request_id;

COMMENT ON MACRO TABLE run_revision IS 'Revision that one run targeted, and what it left';
