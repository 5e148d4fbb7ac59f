-- Events of runs: what happened, what caused it, whether it was simulated or held back.
-- Reads: facts
-- Example: SELECT occurred_at, event_type, simulated, delivered FROM events WHERE run_id = 'run_01K' ORDER BY occurred_at
CREATE VIEW events AS
SELECT
    run_id, project_id, event_id, event_type, coalesce(occurred_at, recorded_at) AS occurred_at, caused_by,
    coalesce(simulated, false) AS simulated, coalesce(delivered, true) AS delivered, throttle, attempt, seq,
    trace_id, span_id, parent_span_id, summary, payload, recorded_at
FROM facts
WHERE kind = 'event';

COMMENT ON VIEW events IS 'Events of runs, one row for each time that one was recorded';
COMMENT ON COLUMN events.payload IS 'Payload of the event, typed by its event_type';
