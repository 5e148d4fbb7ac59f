-- What each gate said in each phase and try of a run. A gate without an end is `unfinished`.
-- Reads: facts
-- Example: SELECT gate, status, duration_ms, details FROM gate_results WHERE required AND status <> 'passed'
CREATE VIEW gate_results AS
WITH gates AS (
    SELECT *, coalesce(TRY_CAST(payload->>'gate_attempt' AS INTEGER), 1) AS gate_attempt
    FROM facts
    WHERE kind IN ('gate_started', 'gate_finished') AND gate IS NOT NULL
),
paired AS (
    SELECT
        run_id, phase, gate, gate_attempt,
        min(coalesce(occurred_at, recorded_at)) FILTER (kind = 'gate_started') AS started_at,
        arg_max(
            struct_pack(
                kind := kind, status := status, duration_ms := duration_ms, exit_code := exit_code, payload := payload,
                required := required, mode := mode, evidence_id := evidence_id, recorded_at := recorded_at,
                project_id := project_id, revision := revision, throttle := throttle, attempt := attempt, summary := summary
            ),
            row(coalesce(attempt, 1), seq)
        ) AS last
    FROM gates
    GROUP BY run_id, phase, gate, gate_attempt
)
SELECT
    run_id, last.project_id AS project_id, phase, gate, gate_attempt,
    CASE last.kind WHEN 'gate_finished' THEN last.status ELSE 'unfinished' END AS status,
    coalesce(last.required, false) AS required,
    last.mode AS mode,
    coalesce(last.payload->>'source', 'repository') AS source,
    last.exit_code AS exit_code,
    last.duration_ms AS duration_ms,
    started_at,
    CASE last.kind WHEN 'gate_finished' THEN last.recorded_at END AS finished_at,
    last.evidence_id AS evidence_id,
    last.revision AS revision,
    last.throttle AS throttle,
    last.attempt AS attempt,
    coalesce(last.payload->>'details', last.summary) AS details,
    last.payload->>'output_file' AS output_file, last.payload->>'told_by' AS told_by,
    coalesce(TRY_CAST(last.payload->'report_files' AS VARCHAR[]), []) AS report_files
FROM paired;

COMMENT ON VIEW gate_results IS 'What each gate said in each phase and try of a run';
COMMENT ON COLUMN gate_results.gate_attempt IS 'Try of the gate within its phase, from 1';
COMMENT ON COLUMN gate_results.status IS 'passed, failed, timed_out, cannot_start, cancelled, skipped, or unfinished';
COMMENT ON COLUMN gate_results.source IS 'repository (its own gate file) or overlay (asked for by intent)';
COMMENT ON COLUMN gate_results.told_by IS 'Who said so, where our Foundry did not run the gate itself (foundryd); else NULL';
COMMENT ON COLUMN gate_results.started_at IS 'First start of this try';
COMMENT ON COLUMN gate_results.finished_at IS 'End of this try';
COMMENT ON COLUMN gate_results.details IS 'Head and tail of the output, secrets redacted';
COMMENT ON COLUMN gate_results.output_file IS 'Whole output, relative to the folder of the run';
COMMENT ON COLUMN gate_results.report_files IS 'SARIF or JUnit files that the gate left, relative to the folder of the run';
