-- How each dispatched request ended, how many runners it took, and what was tried again, each kind by itself.
-- Reads: facts
-- Example: SELECT request_id, ended_as, runners_lost, transport_retries FROM request_ends WHERE runners_lost > 0
CREATE VIEW request_ends AS
SELECT
    request_id,
    any_value(project_id) AS project_id,
    any_value(payload->>'ended_as') FILTER (status = 'ended') AS ended_as,
    any_value(coalesce(occurred_at, recorded_at)) FILTER (status = 'ended') AS ended_at,
    count(*) FILTER (status = 'ended') AS ends,
    count(*) FILTER (status = 'accepted') AS leases,
    count(*) FILTER (status = 'expired') AS runners_lost,
    count(*) FILTER (status = 'handed_back') AS times_handed_back,
    count(*) FILTER (status = 'refused') AS refusals,
    coalesce(sum(TRY_CAST(payload->>'transport_retries' AS INTEGER)), 0) AS transport_retries,
    any_value(principal) FILTER (status = 'cancel_asked') AS cancelled_by,
    arg_max(runner_id, recorded_at) FILTER (status = 'accepted') AS last_runner,
    any_value(failure_class) FILTER (status = 'ended') AS failure_class,
    any_value(summary) FILTER (status = 'ended') AS why
FROM facts
WHERE kind = 'dispatch' AND request_id IS NOT NULL
GROUP BY request_id;

COMMENT ON VIEW request_ends IS 'Requests that went to runners, one row each';
COMMENT ON COLUMN request_ends.ended_as IS 'completed, completed_with_findings, failed, stopped, cancelled; nothing while it goes on';
COMMENT ON COLUMN request_ends.ended_at IS 'When it ended';
COMMENT ON COLUMN request_ends.ends IS 'Ends that were recorded: never more than one';
COMMENT ON COLUMN request_ends.leases IS 'How often a runner took it up';
COMMENT ON COLUMN request_ends.runners_lost IS 'Leases that ran out: runner retries';
COMMENT ON COLUMN request_ends.times_handed_back IS 'How often a runner gave it back';
COMMENT ON COLUMN request_ends.refusals IS 'Messages about it that were refused';
COMMENT ON COLUMN request_ends.transport_retries IS 'Messages about it that had to be sent again';
COMMENT ON COLUMN request_ends.cancelled_by IS 'Who asked for its end';
COMMENT ON COLUMN request_ends.last_runner IS 'Runner that took it up last';
COMMENT ON COLUMN request_ends.why IS 'Reason of the end';
