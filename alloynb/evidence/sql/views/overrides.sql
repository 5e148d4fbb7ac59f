-- What humans overrode: a request that was run again, a rule that an approval lifts, a finding that was let stand.
-- Reads: facts, requests, approvals
-- Example: SELECT overridden_at, principal, what, why FROM overrides ORDER BY overridden_at DESC LIMIT 20
CREATE VIEW overrides AS
SELECT
    project_id, TRY_CAST(override->>'at' AS TIMESTAMPTZ) AS overridden_at, override->>'by' AS principal,
    'ran the request ' || coalesce(override->>'of_request', '') || ' again' AS what, override->>'why' AS why,
    request_id, NULL::VARCHAR AS run_id, NULL::VARCHAR AS subject_digest
FROM requests
WHERE override IS NOT NULL
UNION ALL
SELECT
    project_id, approved_at, approved_by, 'allowed ' || array_to_string(lifted, ', ') || ' of ' || subject_id, why,
    NULL, NULL, subject_digest
FROM (
    SELECT *, list_filter(scopes, lambda scope: scope NOT IN ('dry_run', 'mutation', 'commit', 'release')) AS lifted
    FROM approvals
)
WHERE len(lifted) > 0
UNION ALL
SELECT
    project_id, coalesce(occurred_at, recorded_at), principal,
    'let ' || finding_id || ' stand: ' || replace(status, '_', ' '), coalesce(payload->>'why', summary), NULL, run_id, NULL
FROM facts
WHERE kind = 'finding_decision' AND status <> 'drift';

COMMENT ON VIEW overrides IS 'What humans overrode';
COMMENT ON COLUMN overrides.overridden_at IS 'When';
COMMENT ON COLUMN overrides.principal IS 'Who';
COMMENT ON COLUMN overrides.what IS 'What was overridden, in words';
COMMENT ON COLUMN overrides.why IS 'Reason that was given';
COMMENT ON COLUMN overrides.subject_digest IS 'Digest of what was approved';
