-- Runners that were let in or shut out, and who came with wrong keys.
-- Reads: facts
-- Example: SELECT happened_at, source, times FROM runner_events WHERE step IN ('wrong_key', 'rate_limited')
CREATE VIEW runner_events AS
SELECT
    coalesce(occurred_at, recorded_at) AS happened_at,
    status AS step,
    runner_id,
    payload->>'name' AS name,
    principal AS done_by,
    coalesce(TRY_CAST(payload->'projects' AS VARCHAR[]), []) AS projects,
    TRY_CAST(payload->>'trusted_for_mutation' AS BOOLEAN) AS trusted_for_mutation,
    payload->>'source' AS source,
    TRY_CAST(payload->>'times' AS BIGINT) AS times,
    summary AS why
FROM facts
WHERE kind = 'runner';

COMMENT ON VIEW runner_events IS 'What happened to the registration of runners, and wrong keys';
COMMENT ON COLUMN runner_events.happened_at IS 'When';
COMMENT ON COLUMN runner_events.step IS 'registered, revoked, wrong_key, rate_limited';
COMMENT ON COLUMN runner_events.runner_id IS 'The runner; of a wrong key, the one that it was said to be';
COMMENT ON COLUMN runner_events.name IS 'Its name';
COMMENT ON COLUMN runner_events.done_by IS 'Person who did it; of a wrong key, where it came from';
COMMENT ON COLUMN runner_events.projects IS 'Projects that it may serve, * for all';
COMMENT ON COLUMN runner_events.trusted_for_mutation IS 'Whether it may change repositories for good';
COMMENT ON COLUMN runner_events.source IS 'Where a wrong key came from';
COMMENT ON COLUMN runner_events.times IS 'Wrong keys from there so far; the first ten are told, then every tenfold';
COMMENT ON COLUMN runner_events.why IS 'Reason that was given';
