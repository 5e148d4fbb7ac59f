-- Which runner, Foundry, kernel and packages executed a run: one row for each attempt that left a result.
-- Example: SELECT attempt, runner_id, foundry_version, kernel FROM run_runner('run_01K')
CREATE MACRO run_runner(run) AS TABLE
SELECT
    coalesce(attempt, 1) AS attempt, runner_id, payload->>'foundry_version' AS foundry_version, payload->>'kernel' AS kernel,
    payload->'package_versions' AS package_versions, status
FROM facts
WHERE kind = 'run_result' AND run_id = run
ORDER BY attempt;

COMMENT ON MACRO TABLE run_runner IS 'Runner, Foundry, kernel and packages that executed one run';
