-- What blocks cost and how long they take, by project and block: time, calls of agents, dollars and tokens where known.
-- Reads: block_executions
-- Example: SELECT block, executions, total_ms, agent_calls, usd, tokens_in, tokens_out FROM block_costs ORDER BY usd DESC
CREATE VIEW block_costs AS
SELECT
    project_id, block, block_kind,
    count(*) AS executions,
    sum(duration_ms) AS total_ms,
    median(duration_ms) AS median_ms,
    sum(len(calls))::BIGINT AS agent_calls,
    sum(list_sum(list_transform(calls, lambda call: call.usd))) AS usd,
    sum(list_sum(list_transform(calls, lambda call: call.tokens_in)))::BIGINT AS tokens_in,
    sum(list_sum(list_transform(calls, lambda call: call.tokens_out)))::BIGINT AS tokens_out
FROM (
    SELECT
        project_id, block, block_kind, duration_ms,
        coalesce(
            TRY_CAST(
                payload->'details'->'agent_calls' AS STRUCT(usd DOUBLE, tokens_in BIGINT, tokens_out BIGINT)[]
            ),
            []
        ) AS calls
    FROM block_executions
)
GROUP BY project_id, block, block_kind;

COMMENT ON VIEW block_costs IS 'What blocks cost and how long they take';
COMMENT ON COLUMN block_costs.executions IS 'Times it was executed or simulated';
COMMENT ON COLUMN block_costs.total_ms IS 'Milliseconds, all together';
COMMENT ON COLUMN block_costs.median_ms IS 'Median of the milliseconds';
COMMENT ON COLUMN block_costs.agent_calls IS 'Calls of agents';
COMMENT ON COLUMN block_costs.usd IS 'Dollars that agents said they cost; NULL where none said';
COMMENT ON COLUMN block_costs.tokens_in IS 'Tokens that agents read, where they said so';
COMMENT ON COLUMN block_costs.tokens_out IS 'Tokens that agents wrote, where they said so';
