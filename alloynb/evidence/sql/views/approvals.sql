-- Signed approvals: who approved which digest, for what, until when.
-- Reads: facts
-- Example: SELECT approved_by, subject_kind, subject_id, scopes, expires_at FROM approvals WHERE NOT expired
CREATE VIEW approvals AS
SELECT
    payload->>'approval_id' AS approval_id, project_id,
    payload->>'subject_kind' AS subject_kind, payload->>'subject_id' AS subject_id,
    payload->>'subject_digest' AS subject_digest,
    coalesce(TRY_CAST(payload->'scopes' AS VARCHAR[]), []) AS scopes,
    principal AS approved_by,
    coalesce(occurred_at, recorded_at) AS approved_at,
    TRY_CAST(payload->>'expires_at' AS TIMESTAMPTZ) AS expires_at,
    coalesce(TRY_CAST(payload->>'expires_at' AS TIMESTAMPTZ) <= now(), false) AS expired,
    revision,
    payload->>'why' AS why
FROM facts
WHERE kind = 'approval';

COMMENT ON VIEW approvals IS 'Signed approvals, one row each';
COMMENT ON COLUMN approvals.approval_id IS 'Id of the approval artifact';
COMMENT ON COLUMN approvals.subject_kind IS 'What was approved: formation_brief, …';
COMMENT ON COLUMN approvals.subject_id IS 'Id of what was approved';
COMMENT ON COLUMN approvals.subject_digest IS 'Digest of what was approved: nothing else is';
COMMENT ON COLUMN approvals.scopes IS 'dry_run, mutation, commit, release, gate_weakening, test_deletion, intent_rewrite';
COMMENT ON COLUMN approvals.approved_by IS 'Who approved';
COMMENT ON COLUMN approvals.approved_at IS 'When';
COMMENT ON COLUMN approvals.expires_at IS 'From then on it does not hold';
COMMENT ON COLUMN approvals.expired IS 'It does not hold any more';
COMMENT ON COLUMN approvals.why IS 'Reason that was given';
