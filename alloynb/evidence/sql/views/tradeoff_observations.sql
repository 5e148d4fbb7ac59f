-- What accepted prices came to: time and retries of the gates that belong to each record, by run.
-- Reads: facts
-- Example: SELECT record_id, accepted, avg(evidence_took_ms) AS mean_ms, max(share_of_gate_time) AS largest_share
--          FROM tradeoff_observations GROUP BY ALL ORDER BY mean_ms DESC
CREATE VIEW tradeoff_observations AS
SELECT
    project_id, run_id, attempt, record_id, summary AS accepted, duration_ms AS evidence_took_ms,
    TRY_CAST(payload->>'share_of_gate_time' AS DOUBLE) AS share_of_gate_time,
    coalesce(TRY_CAST(payload->>'retries' AS INTEGER), 0) AS retries,
    coalesce(TRY_CAST(payload->'links' AS VARCHAR[]), []) AS links, revision,
    coalesce(occurred_at, recorded_at) AS observed_at
FROM facts
WHERE kind = 'tradeoff_observation';

COMMENT ON VIEW tradeoff_observations IS 'What accepted prices came to, by run';
COMMENT ON COLUMN tradeoff_observations.accepted IS 'The price that was accepted, as the brief has it';
COMMENT ON COLUMN tradeoff_observations.evidence_took_ms IS 'Milliseconds of the gates that belong to the record';
COMMENT ON COLUMN tradeoff_observations.share_of_gate_time IS 'Of all the time that gates of the run took, from 0 to 1';
COMMENT ON COLUMN tradeoff_observations.retries IS 'Further tries of those gates';
COMMENT ON COLUMN tradeoff_observations.links IS 'Where it can be looked up: trace://…, repo://…';
COMMENT ON COLUMN tradeoff_observations.observed_at IS 'When the run ended';
