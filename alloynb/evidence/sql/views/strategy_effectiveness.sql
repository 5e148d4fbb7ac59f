-- Did each preferred strategy work in each run, and what did its evidence cost: the latest reading of each run.
-- Reads: facts
-- Example: SELECT strategy, effect, count(*) AS runs, avg(evidence_took_ms) AS mean_ms FROM strategy_effectiveness
--          GROUP BY ALL ORDER BY strategy, effect
CREATE VIEW strategy_effectiveness AS
SELECT
    project_id, run_id, record_id, last.strategy AS strategy, last.effect AS effect,
    coalesce(TRY_CAST(last.payload->'because' AS VARCHAR[]), []) AS because, last.took_ms AS evidence_took_ms,
    coalesce(TRY_CAST(last.payload->'links' AS VARCHAR[]), []) AS links, last.revision AS revision, last.at AS observed_at
FROM (
    SELECT
        project_id, run_id, record_id,
        arg_max(
            struct_pack(
                strategy := summary, effect := status, payload := payload, took_ms := duration_ms, revision := revision,
                at := coalesce(occurred_at, recorded_at)
            ),
            row(coalesce(attempt, 1), recorded_at, seq)
        ) AS last
    FROM facts
    WHERE kind = 'strategy_effect' AND record_id IS NOT NULL
    GROUP BY project_id, run_id, record_id
);

COMMENT ON VIEW strategy_effectiveness IS 'Did each strategy work in each run, and what did it cost';
COMMENT ON COLUMN strategy_effectiveness.strategy IS 'Strategy, as the brief has it';
COMMENT ON COLUMN strategy_effectiveness.effect IS 'worked, worked_but_expensive, did_not_hold or not_shown';
COMMENT ON COLUMN strategy_effectiveness.because IS 'What broke it, or what makes it expensive';
COMMENT ON COLUMN strategy_effectiveness.evidence_took_ms IS 'Milliseconds of the gates that belong to its record';
COMMENT ON COLUMN strategy_effectiveness.links IS 'Where it can be looked up: trace://…, repo://…';
COMMENT ON COLUMN strategy_effectiveness.observed_at IS 'When the run ended';
