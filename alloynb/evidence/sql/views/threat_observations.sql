-- Threats that were seen in runs: evidence against them is broken. That a threat is absent is never claimed.
-- Reads: facts
-- Example: SELECT record_id, threat, count(DISTINCT run_id) AS runs, max(observed_at) AS latest FROM threat_observations
--          GROUP BY ALL ORDER BY runs DESC
CREATE VIEW threat_observations AS
SELECT
    project_id, run_id, attempt, record_id, evidence_id, payload->>'threat' AS threat, summary AS seen_in,
    coalesce(TRY_CAST(payload->'links' AS VARCHAR[]), []) AS links, revision, brief_digest,
    coalesce(occurred_at, recorded_at) AS observed_at
FROM facts
WHERE kind = 'threat_observation';

COMMENT ON VIEW threat_observations IS 'Threats that were seen in runs';
COMMENT ON COLUMN threat_observations.threat IS 'What erodes the capability, as the brief has it';
COMMENT ON COLUMN threat_observations.seen_in IS 'What showed it, in words';
COMMENT ON COLUMN threat_observations.links IS 'Where it can be looked up: trace://…, repo://…';
COMMENT ON COLUMN threat_observations.observed_at IS 'When the run ended';
