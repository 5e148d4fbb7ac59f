-- Execution requests: who asked for what, how often the same was asked again, what a human overrode.
-- Reads: facts
-- Example: SELECT request_id, principal, throttle, times_deduplicated, override FROM requests ORDER BY requested_at DESC
CREATE VIEW requests AS
SELECT
    request_id,
    any_value(project_id) AS project_id,
    any_value(principal) FILTER (status = 'posted') AS principal,
    min(coalesce(occurred_at, recorded_at)) AS requested_at,
    any_value(throttle) AS throttle,
    any_value(event_type) AS entry_event,
    any_value(revision) AS revision,
    any_value(brief_id) AS brief_id,
    any_value(brief_digest) AS brief_digest,
    any_value(payload->>'idempotency_key') AS idempotency_key,
    count(*) FILTER (status = 'deduplicated') AS times_deduplicated,
    any_value(payload->'override') FILTER (json_type(payload->'override') = 'OBJECT') AS override,
    any_value(correlation_id) AS correlation_id,
    arg_max(status, recorded_at) FILTER (status <> 'deduplicated') AS status
FROM facts
WHERE kind = 'request' AND request_id IS NOT NULL
GROUP BY request_id;

COMMENT ON VIEW requests IS 'Execution requests, one row each';
COMMENT ON COLUMN requests.principal IS 'Who asked';
COMMENT ON COLUMN requests.requested_at IS 'When it was first asked for';
COMMENT ON COLUMN requests.entry_event IS 'Event that the run is to begin with';
COMMENT ON COLUMN requests.idempotency_key IS 'Two requests of one key never run twice';
COMMENT ON COLUMN requests.times_deduplicated IS 'How often the same was asked again and answered with this request';
COMMENT ON COLUMN requests.override IS 'A human''s recorded decision to run the same again: by, at, why, of_request';
COMMENT ON COLUMN requests.status IS 'posted, cancelled or refused';
