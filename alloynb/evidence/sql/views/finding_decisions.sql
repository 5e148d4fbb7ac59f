-- What humans said to drift findings: drift, exception or obsolete intent.
-- Reads: facts
-- Example: SELECT decided_at, finding_id, decision, principal, why FROM finding_decisions ORDER BY decided_at DESC
CREATE VIEW finding_decisions AS
SELECT
    finding_id, project_id, record_id, status AS decision, principal, coalesce(occurred_at, recorded_at) AS decided_at,
    coalesce(payload->>'why', summary) AS why
FROM facts
WHERE kind = 'finding_decision' AND finding_id IS NOT NULL;

COMMENT ON VIEW finding_decisions IS 'What humans said to drift findings';
COMMENT ON COLUMN finding_decisions.decision IS 'drift, exception or obsolete_intent';
COMMENT ON COLUMN finding_decisions.principal IS 'Who decided';
COMMENT ON COLUMN finding_decisions.decided_at IS 'When';
COMMENT ON COLUMN finding_decisions.why IS 'Reason that was given';
