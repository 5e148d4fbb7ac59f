-- What changed between two runs: revision, brief, prompt pack, versions, gates, verdicts, evidence, findings and files that
-- differ; first of the earlier run, then of the later one.
-- Reads: run_origin
-- Example: SELECT what, name, before, after FROM changed_between_runs('run_01K', 'run_01M')
CREATE MACRO changed_between_runs(earlier, later) AS TABLE
WITH origins AS (
    SELECT * FROM run_origin(earlier) UNION ALL SELECT * FROM run_origin(later)
),
said AS (
    SELECT run_id, 'run' AS what, name, value AS status
    FROM (
        UNPIVOT (
            SELECT
                run_id, status, failure_class, throttle, entry_event, revision, revision_after, brief_digest,
                prompt_pack_digest, foundry_version, runner_id
            FROM origins
        )
        ON status, failure_class, throttle, entry_event, revision, revision_after, brief_digest, prompt_pack_digest,
           foundry_version, runner_id
        INTO NAME name VALUE value
    )
    UNION ALL
    SELECT run_id, 'file', unnest(changed_files), 'changed' FROM origins
    UNION ALL
    SELECT run_id, 'gate', phase || '/' || gate, arg_max(status, gate_attempt)
    FROM gate_results
    WHERE run_id IN (earlier, later)
    GROUP BY ALL
    UNION ALL
    SELECT run_id, 'record', record_id, arg_max(status, row(observed_at, recorded_at, seq))
    FROM intent_satisfaction_history
    WHERE run_id IN (earlier, later)
    GROUP BY ALL
    UNION ALL
    SELECT run_id, 'evidence', evidence_id, arg_max(status, observed_at)
    FROM evidence_observations
    WHERE run_id IN (earlier, later)
    GROUP BY ALL
    UNION ALL
    SELECT run_id, 'block', block, string_agg(DISTINCT status, ', ' ORDER BY status)
    FROM block_executions
    WHERE run_id IN (earlier, later)
    GROUP BY ALL
)
SELECT
    what, name,
    any_value(status) FILTER (run_id = earlier) AS before,
    any_value(status) FILTER (run_id = later) AS after
FROM said
GROUP BY what, name
HAVING before IS DISTINCT FROM after
ORDER BY list_position(['run', 'record', 'evidence', 'gate', 'block', 'file'], what), name;

COMMENT ON MACRO TABLE changed_between_runs IS 'What differs between two runs';
