-- Which agent pattern the brief of a run named, whether it shaped the run, and which blocks asked agents how often.
-- Example: SELECT pattern, honoured, why, asked FROM run_agents('run_01K')
CREATE MACRO run_agents(run) AS TABLE
SELECT
    (
        SELECT any_value(content->'agent_formation'->>'pattern')
        FROM artifacts
        WHERE digest = (SELECT any_value(brief_digest) FROM runs WHERE run_id = run)
    ) AS pattern,
    coalesce(any_value((payload->'agent_pattern'->>'honoured') = 'true') FILTER (kind = 'run_started'), false) AS honoured,
    nullif(any_value(payload->'agent_pattern'->>'why') FILTER (kind = 'run_started'), '') AS why,
    list(block || ' ' || json_array_length(payload->'details'->'agent_calls') ORDER BY seq)
        FILTER (kind = 'block_finished' AND json_array_length(payload->'details'->'agent_calls') > 0) AS asked
FROM facts
WHERE run_id = run AND kind IN ('run_started', 'block_finished')
HAVING count(*) > 0;

COMMENT ON MACRO TABLE run_agents IS 'Agent pattern of one run: named, honoured or not, and who was asked';
