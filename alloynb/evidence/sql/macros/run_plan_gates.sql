-- Which gates the brief of a run asked for, and which of them were really run: as the overlay's, or as the same gate of
-- the repository's own file, when the target takes no overlay. A run of which only the result is here counts by that. `ran_as` is NULL for a gate that nobody ran.
-- Example: SELECT gate, mode, became, ran_as, status, why FROM run_plan_gates('run_01K') ORDER BY ran_as NULLS FIRST
CREATE MACRO run_plan_gates(run) AS TABLE
WITH asked AS (SELECT any_value(request_id) AS request_id FROM runs WHERE run_id = run),
planned AS (
    SELECT unnest(json_extract(overlay.content, '$.gates[*]')) AS item
    FROM artifacts AS overlay
    WHERE overlay.digest IN (
        SELECT request.content->'gate_overlay'->>'digest'
        FROM artifacts AS request
        WHERE request.artifact_id = (SELECT request_id FROM asked)
    )
),
translated AS (
    SELECT item->>'gate' AS gate, item->>'becomes' AS became, item->>'why' AS why
    FROM (
        SELECT unnest(json_extract(arg_max(payload, row(recorded_at, seq)), '$.gates[*]')) AS item
        FROM facts
        WHERE kind = 'translation' AND request_id = (SELECT request_id FROM asked)
    )
),
ran AS (
    SELECT gate, source, evidence_id, arg_max(status, row(phase = 'verify', gate_attempt)) AS status
    FROM (
        SELECT gate, source, evidence_id, status, phase, gate_attempt FROM gate_results WHERE run_id = run
        UNION ALL
        SELECT
            told->>'name', told->>'source', told->>'evidence_id', told->>'status', told->>'phase',
            coalesce(TRY_CAST(told->>'attempt' AS INTEGER), 1)
        FROM (SELECT unnest(json_extract(payload, '$.gates[*]')) AS told FROM facts WHERE kind = 'run_result' AND run_id = run)
    )
    GROUP BY gate, source, evidence_id
)
SELECT
    planned.item->>'name' AS gate, planned.item->>'evidence_id' AS evidence_id, planned.item->>'mode' AS mode,
    translated.became AS became, arg_max(ran.source, ran.source = 'overlay') AS ran_as,
    arg_max(ran.status, ran.source = 'overlay') AS status, nullif(translated.why, '') AS why
FROM planned
LEFT JOIN translated ON translated.gate = (planned.item->>'name')
LEFT JOIN ran ON ran.evidence_id = (planned.item->>'evidence_id')
    OR (ran.gate = (planned.item->>'name') AND (ran.source = 'overlay' OR translated.became = 'repository'))
GROUP BY ALL;

COMMENT ON MACRO TABLE run_plan_gates IS 'Gates that the brief of one run asked for, and whether they were really run';
