-- Task blocks that were executed: start and end paired, one row for each block and triggering event of a run.
-- A block without an end is `unfinished`: it is running now, or its process died.
-- Reads: facts
-- Example: SELECT run_id, block, status, duration_ms FROM block_executions
--          WHERE block_kind = 'mutator' AND status <> 'simulated'
CREATE VIEW block_executions AS
SELECT
    run_id, project_id, block, block_kind, event_id AS trigger_event_id,
    CASE last.kind WHEN 'block_finished' THEN last.status ELSE 'unfinished' END AS status,
    started_at, finished_at, last.duration_ms AS duration_ms,
    coalesce(
        TRY_CAST(last.payload->'emitted_event_ids' AS VARCHAR[]),
        TRY_CAST(json_extract_string(last.payload, '$.emitted[*].id') AS VARCHAR[]),
        []
    ) AS emitted_event_ids,
    throttle, attempt, last.span_id AS span_id, last.summary AS summary, last.payload AS payload
FROM (
    SELECT
        run_id, block, event_id,
        any_value(project_id) AS project_id,
        any_value(block_kind) AS block_kind,
        any_value(throttle) AS throttle,
        max(attempt) AS attempt,
        min(coalesce(occurred_at, recorded_at)) FILTER (kind = 'block_started') AS started_at,
        max(coalesce(occurred_at, recorded_at)) FILTER (kind = 'block_finished') AS finished_at,
        arg_max(
            struct_pack(
                kind := kind, status := status, duration_ms := duration_ms, span_id := span_id, summary := summary,
                payload := payload
            ),
            row(coalesce(attempt, 1), seq)
        ) AS last
    FROM facts
    WHERE kind IN ('block_started', 'block_finished') AND block IS NOT NULL
    GROUP BY run_id, block, event_id
);

COMMENT ON VIEW block_executions IS 'Task blocks that were executed, start and end paired';
COMMENT ON COLUMN block_executions.trigger_event_id IS 'Event that set the block off';
COMMENT ON COLUMN block_executions.status IS 'completed, failed, simulated, skipped, interrupted, or unfinished';
COMMENT ON COLUMN block_executions.started_at IS 'First start';
COMMENT ON COLUMN block_executions.finished_at IS 'Last end';
COMMENT ON COLUMN block_executions.emitted_event_ids IS 'Events that it emitted';
