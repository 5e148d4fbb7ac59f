-- The audit of a request, whatever became of it: as of its last run, or, where nothing ran, what is known and why nothing did.
-- Reads: run_audit
-- Example: SELECT question, answer, look_in FROM request_audit('runreq_01K') ORDER BY number
CREATE MACRO request_audit(req) AS TABLE
WITH asked AS (SELECT * FROM requests WHERE request_id = req),
whole AS (SELECT any_value(content) AS content FROM artifacts WHERE artifact_id = req),
brief AS (SELECT any_value(content) AS content FROM artifacts WHERE digest = (SELECT any_value(brief_digest) FROM asked)),
overlay AS (
    SELECT any_value(content) AS content FROM artifacts
    WHERE digest = (SELECT content->'gate_overlay'->>'digest' FROM whole)
),
plan AS (
    SELECT any_value(content) AS content FROM artifacts
    WHERE digest = (SELECT content->'evidence_plan'->>'digest' FROM whole)
),
said AS (
    SELECT
        string_agg(DISTINCT runner_id, ', ') FILTER (runner_id IS NOT NULL) AS runners,
        arg_max(coalesce(failure_class || ': ', '') || why, happened_at) FILTER (step = 'refused') AS refused,
        arg_max(ended_as || coalesce(' by ' || done_by, '') || coalesce(': ' || why, ''), happened_at) FILTER (step = 'ended') AS ended,
        coalesce(sum(transport_retries), 0) AS transport,
        count(*) FILTER (step = 'expired') AS lost
    FROM dispatch WHERE request_id = req
),
nothing AS (
    SELECT 'nothing ran' || coalesce('; ' || ended, '; refused, ' || refused, '; it waits') AS words, * FROM said
),
unrun AS (
    SELECT 1 AS number, 'Who approved this run?' AS question, 'approvals' AS look_in, (
        SELECT string_agg(DISTINCT approved_by || ' for ' || array_to_string(scopes, ', '), '; ')
        FROM approvals WHERE subject_digest = (SELECT any_value(brief_digest) FROM asked)
    ) AS answer
    UNION ALL SELECT 2, 'What intent snapshot shaped it?', 'artifacts', (SELECT any_value(brief_digest) FROM asked) || coalesce((
        SELECT ': ' || string_agg((record->>'record_id') || ' v' || (record->>'version'), ', ' ORDER BY record->>'record_id')
        FROM (SELECT unnest(json_extract(content, '$.relevant_intent.records[*]')) AS record FROM brief)), '')
    UNION ALL SELECT 3, 'Which prompt pack?', 'artifacts',
        (SELECT (content->'prompt_pack'->>'id') || ' ' || (content->'prompt_pack'->>'digest') FROM whole)
    UNION ALL SELECT 4, 'Which Foundry version?', 'dispatch', (SELECT words FROM nothing)
    UNION ALL SELECT 5, 'Which runner?', 'dispatch', (SELECT coalesce(runners || '; ', '') || words FROM nothing)
    UNION ALL SELECT 6, 'Which revision was targeted?', 'requests', (SELECT any_value(revision) FROM asked)
    UNION ALL SELECT 7, 'Which gates were required?', 'artifacts', (
        SELECT string_agg(gate->>'name', ', ' ORDER BY gate->>'name')
        FROM (SELECT unnest(json_extract(content, '$.gates[*]')) AS gate FROM overlay) WHERE gate->>'mode' <> 'advisory')
    UNION ALL SELECT 8, 'Which gates passed or failed?', 'dispatch', (SELECT words FROM nothing)
    UNION ALL SELECT 9, 'Which mutators ran, and which were simulated?', 'dispatch', (SELECT words FROM nothing)
    UNION ALL SELECT 10, 'Which files changed?', 'dispatch', NULL
    UNION ALL SELECT 11, 'Which commits were made?', 'dispatch', NULL
    UNION ALL SELECT 12, 'Which capabilities were satisfied?', 'dispatch', (SELECT words FROM nothing)
    UNION ALL SELECT 13, 'Which threats were observed?', 'dispatch', NULL
    UNION ALL SELECT 14, 'Which evidence is missing?', 'artifacts', (
        SELECT string_agg(item->>'evidence_id', ', ' ORDER BY item->>'evidence_id')
        FROM (SELECT unnest(json_extract(content, '$.items[*]')) AS item FROM plan) WHERE item->>'need' = 'required')
    UNION ALL SELECT 15, 'Who waived what until when?', 'waivers', (
        SELECT string_agg(principal || ': waiver of ' || evidence_id || ' until ' || until::DATE, '; ') FROM waivers
        WHERE evidence_id IN (SELECT unnest(json_extract(content, '$.items[*]'))->>'evidence_id' FROM plan))
    UNION ALL SELECT 16, 'What was overridden by a human?', 'overrides',
        (SELECT string_agg(principal || ': ' || what, '; ') FROM overrides WHERE request_id = req)
    UNION ALL SELECT 17, 'Which requests were deduplicated?', 'deduplicated_requests',
        (SELECT any_value(CASE WHEN times_deduplicated > 0 THEN request_id || ', ' || times_deduplicated || ' times' END) FROM asked)
    UNION ALL SELECT 18, 'What retried, and of which kind?', 'request_ends', (
        SELECT concat_ws('; ', CASE WHEN transport > 0 THEN 'transport ' || transport END, CASE WHEN lost > 0 THEN 'runner ' || lost END)
        FROM said)
    UNION ALL SELECT 19, 'What did its findings look like: wrong code, or stale intent?', 'dispatch', (SELECT words FROM nothing)
)
SELECT number, question, answer, look_in
FROM run_audit((SELECT arg_max(run_id, started_at) FROM runs WHERE request_id = req))
UNION ALL
SELECT number, question, coalesce(nullif(answer, ''), 'none'), look_in
FROM unrun
WHERE EXISTS (SELECT 1 FROM asked) AND NOT EXISTS (SELECT 1 FROM runs WHERE request_id = req)
ORDER BY number;

COMMENT ON MACRO TABLE request_audit IS 'Nineteen questions about one request, also about one that was refused or cancelled before it ran';
