-- Requests that were asked again and answered with the run that was there: who asked, and when; nothing ran twice.
-- Reads: facts
-- Example: SELECT asked_at, principal, request_id FROM deduplicated_requests ORDER BY asked_at DESC LIMIT 20
CREATE VIEW deduplicated_requests AS
SELECT
    request_id, project_id, principal, coalesce(occurred_at, recorded_at) AS asked_at, throttle, event_type AS entry_event,
    revision, payload->>'idempotency_key' AS idempotency_key
FROM facts
WHERE kind = 'request' AND status = 'deduplicated';

COMMENT ON VIEW deduplicated_requests IS 'Requests that were asked again and answered with the run that was there';
COMMENT ON COLUMN deduplicated_requests.principal IS 'Who asked again';
COMMENT ON COLUMN deduplicated_requests.asked_at IS 'When';
COMMENT ON COLUMN deduplicated_requests.entry_event IS 'Event that the run would have begun with';
COMMENT ON COLUMN deduplicated_requests.idempotency_key IS 'What makes the two the same';
