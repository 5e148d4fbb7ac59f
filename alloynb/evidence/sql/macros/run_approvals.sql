-- Who approved a run: approvals of its brief or of its request, and those that the request names.
-- Example: SELECT approved_by, scopes, expires_at FROM run_approvals('run_01K')
CREATE MACRO run_approvals(run) AS TABLE
SELECT approvals.*
FROM approvals
WHERE subject_digest IN (
    SELECT brief_digest FROM runs WHERE run_id = run
    UNION ALL
    SELECT digest FROM artifacts WHERE artifact_id = (SELECT any_value(request_id) FROM runs WHERE run_id = run)
)
OR approval_id IN (
    SELECT unnest(TRY_CAST(json_extract_string(content, '$.approvals[*].id') AS VARCHAR[]))
    FROM artifacts
    WHERE artifact_id = (SELECT any_value(request_id) FROM runs WHERE run_id = run)
);

COMMENT ON MACRO TABLE run_approvals IS 'Who approved one run';
