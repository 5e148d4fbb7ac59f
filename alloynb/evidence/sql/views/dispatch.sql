-- What happened to requests on their way to runners, step by step, and what runners were refused.
-- Reads: facts
-- Example: SELECT happened_at, step, runner_id, why FROM dispatch WHERE step = 'refused' ORDER BY happened_at DESC
CREATE VIEW dispatch AS
SELECT
    coalesce(occurred_at, recorded_at) AS happened_at,
    request_id, project_id,
    status AS step,
    runner_id, run_id, attempt,
    principal AS done_by,
    TRY_CAST(payload->>'lease' AS INTEGER) AS lease,
    coalesce(payload->>'why', summary) AS why,
    coalesce(TRY_CAST(payload->>'transport_retries' AS INTEGER), 0) AS transport_retries,
    payload->>'ended_as' AS ended_as,
    failure_class,
    payload->>'result_digest' AS result_digest,
    coalesce(TRY_CAST(payload->'recovery_actions' AS VARCHAR[]), []) AS recovery_actions,
    payload->>'message' AS refused_message
FROM facts
WHERE kind = 'dispatch';

COMMENT ON VIEW dispatch IS 'Steps of requests on their way to runners and back, one row each';
COMMENT ON COLUMN dispatch.happened_at IS 'When';
COMMENT ON COLUMN dispatch.step IS 'accepted, started, handed_back, expired, cancel_asked, ended, refused';
COMMENT ON COLUMN dispatch.done_by IS 'Runner or person that did it; of an expiry: lease';
COMMENT ON COLUMN dispatch.lease IS 'Number of the lease: 1 for the first runner that took the request up';
COMMENT ON COLUMN dispatch.why IS 'Reason that was given';
COMMENT ON COLUMN dispatch.transport_retries IS 'Messages that had to be sent again before this step';
COMMENT ON COLUMN dispatch.ended_as IS 'Of the end: completed, completed_with_findings, failed, stopped or cancelled';
COMMENT ON COLUMN dispatch.result_digest IS 'Of the end: digest of the result that counts';
COMMENT ON COLUMN dispatch.recovery_actions IS 'Of the end: what can be done next';
COMMENT ON COLUMN dispatch.refused_message IS 'Of a refusal: what the runner had asked';
