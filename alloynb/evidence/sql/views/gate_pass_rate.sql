-- How often each gate passes, by project and week (weeks begin on Monday, in UTC).
-- Reads: gate_results
-- Example: SELECT week, gate, pass_rate FROM gate_pass_rate WHERE project_id = 'shop' ORDER BY week, gate
CREATE VIEW gate_pass_rate AS
SELECT
    project_id,
    gate,
    date_trunc('week', finished_at AT TIME ZONE 'UTC')::DATE AS week,
    count(*) AS results,
    count(*) FILTER (status = 'passed') AS passed,
    count(*) FILTER (status = 'passed') / count(*) AS pass_rate,
    avg(duration_ms) AS mean_duration_ms
FROM gate_results
WHERE status IN ('passed', 'failed', 'timed_out', 'cannot_start')
GROUP BY ALL;

COMMENT ON VIEW gate_pass_rate IS 'How often each gate passes, by project and week';
COMMENT ON COLUMN gate_pass_rate.week IS 'Monday of the week, in UTC';
COMMENT ON COLUMN gate_pass_rate.results IS 'Results of all runs, phases and tries';
COMMENT ON COLUMN gate_pass_rate.passed IS 'Of those, passed';
COMMENT ON COLUMN gate_pass_rate.pass_rate IS 'Passed by results, from 0 to 1';
COMMENT ON COLUMN gate_pass_rate.mean_duration_ms IS 'Mean of the milliseconds that it took';
