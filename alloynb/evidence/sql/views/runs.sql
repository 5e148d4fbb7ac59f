-- One row a run, as its latest attempt left it. A run without an end is `running`, or its processes died.
-- Reads: facts
-- Example: SELECT run_id, status, failure_class, revision, duration_ms FROM runs ORDER BY started_at DESC LIMIT 20
CREATE VIEW runs AS
WITH steps AS (
    SELECT
        *,
        coalesce(attempt, 1) AS nth,
        CASE kind WHEN 'run_result' THEN 3 WHEN 'run_finished' THEN 2 WHEN 'cancel_requested' THEN 1 ELSE 0 END AS rank
    FROM facts
    WHERE kind IN ('run_started', 'run_resumed', 'cancel_requested', 'run_finished', 'run_result') AND run_id IS NOT NULL
),
folded AS (
    SELECT
        run_id,
        any_value(project_id) AS project_id,
        any_value(request_id) AS request_id,
        any_value(brief_id) AS brief_id,
        any_value(brief_digest) AS brief_digest,
        any_value(throttle) AS throttle,
        any_value(coalesce(payload->>'entry_event', event_type)) FILTER (kind <> 'cancel_requested') AS entry_event,
        any_value(revision) AS revision,
        any_value(trace_id) AS trace_id,
        any_value(correlation_id) AS correlation_id,
        arg_max(runner_id, nth) AS runner_id,
        max(nth) AS attempts,
        min(coalesce(occurred_at, recorded_at)) FILTER (kind = 'run_started') AS began_at,
        min(TRY_CAST(payload->>'started_at' AS TIMESTAMPTZ)) FILTER (kind = 'run_result') AS said_to_begin_at,
        bool_or(kind = 'cancel_requested') AS cancel_requested,
        arg_max(
            struct_pack(
                kind := kind,
                status := CASE WHEN kind IN ('run_started', 'run_resumed') THEN 'running' ELSE status END,
                failure_class := failure_class,
                ended_at := CASE WHEN rank >= 2 THEN coalesce(occurred_at, recorded_at) END,
                summary := summary
            ),
            row(nth, rank, recorded_at)
        ) FILTER (kind <> 'cancel_requested') AS last,
        arg_max(payload, row(nth, recorded_at)) FILTER (kind = 'run_result') AS result
    FROM steps
    GROUP BY run_id
)
SELECT
    run_id, project_id, last.status AS status, last.failure_class AS failure_class, throttle, entry_event, revision,
    result->>'revision_after' AS revision_after,
    coalesce(began_at, said_to_begin_at) AS started_at,
    last.ended_at AS finished_at,
    (epoch_us(last.ended_at) - epoch_us(coalesce(began_at, said_to_begin_at))) / 1000.0 AS duration_ms,
    attempts,
    coalesce(cancel_requested, false) AS cancel_requested,
    coalesce(TRY_CAST(result->'retries'->>'transport' AS INTEGER), 0) AS transport_retries,
    coalesce(TRY_CAST(result->'retries'->>'runner' AS INTEGER), attempts - 1) AS runner_retries,
    coalesce(TRY_CAST(result->'retries'->>'foundry' AS INTEGER), 0) AS foundry_retries,
    request_id, brief_id, brief_digest, runner_id, trace_id, correlation_id,
    result->>'foundry_version' AS foundry_version,
    result->>'branch' AS branch,
    coalesce(TRY_CAST(result->'changed_files' AS VARCHAR[]), []) AS changed_files,
    coalesce(TRY_CAST(result->'uncommitted' AS VARCHAR[]), []) AS uncommitted,
    result->'commits' AS commits,
    result->'errors' AS errors,
    last.summary AS summary
FROM folded;

COMMENT ON VIEW runs IS 'One row a run, as its latest attempt left it';
COMMENT ON COLUMN runs.status IS 'running, completed, completed_with_findings, failed, stopped, cancelled';
COMMENT ON COLUMN runs.entry_event IS 'Event that began the run';
COMMENT ON COLUMN runs.revision IS 'Commit that the run was of';
COMMENT ON COLUMN runs.revision_after IS 'Commit that it left behind';
COMMENT ON COLUMN runs.started_at IS 'Start of the first attempt';
COMMENT ON COLUMN runs.finished_at IS 'End of the latest attempt';
COMMENT ON COLUMN runs.duration_ms IS 'Milliseconds from the first start to the latest end, waiting between attempts included';
COMMENT ON COLUMN runs.attempts IS 'Number of attempts';
COMMENT ON COLUMN runs.cancel_requested IS 'Somebody asked for an early end';
COMMENT ON COLUMN runs.transport_retries IS 'No answer came back, the same request was sent again';
COMMENT ON COLUMN runs.runner_retries IS 'A runner died and the run was taken up again';
COMMENT ON COLUMN runs.foundry_retries IS 'A gate failed and the work was tried again';
COMMENT ON COLUMN runs.foundry_version IS 'Version of Foundry that ran';
COMMENT ON COLUMN runs.changed_files IS 'Files that the run changed';
COMMENT ON COLUMN runs.uncommitted IS 'Paths with uncommitted changes that were left out of the run';
COMMENT ON COLUMN runs.commits IS 'Commits that the run made, as JSON';
COMMENT ON COLUMN runs.errors IS 'What went wrong and what to do next, as JSON';
COMMENT ON COLUMN runs.branch IS 'Branch that the run worked on';
