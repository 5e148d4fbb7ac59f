-- What a run's evidence plan asked for, and what was seen: nothing, an answer, or unknown.
-- Example: SELECT evidence_id, need, status FROM run_evidence('run_01K') WHERE need = 'required' AND status <> 'satisfied'
CREATE MACRO run_evidence(run) AS TABLE
SELECT
    item->>'record_id' AS record_id, item->>'evidence_id' AS evidence_id, item->>'kind' AS evidence_kind,
    item->>'need' AS need, item->>'observed_by' AS to_be_observed_by,
    coalesce(seen.status, 'not observed') AS status, seen.notes AS notes, seen.supporting_artifacts AS supporting_artifacts
FROM (
    SELECT unnest(json_extract(plan.content, '$.items[*]')) AS item
    FROM artifacts AS plan
    WHERE plan.digest IN (
        SELECT asked.content->'evidence_plan'->>'digest'
        FROM artifacts AS asked
        WHERE asked.artifact_id = (SELECT any_value(request_id) FROM runs WHERE run_id = run)
    )
) AS planned
LEFT JOIN (
    SELECT evidence_id, last.status AS status, last.notes AS notes, last.supporting_artifacts AS supporting_artifacts
    FROM (
        SELECT evidence_id, arg_max(each, observed_at) AS last
        FROM evidence_observations AS each
        WHERE run_id = run
        GROUP BY evidence_id
    )
) AS seen ON seen.evidence_id = (item->>'evidence_id');

COMMENT ON MACRO TABLE run_evidence IS 'Evidence that one run was asked for, and what was seen';
