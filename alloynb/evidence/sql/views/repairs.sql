-- Every repair that was proposed for a finding, and what became of it: one row for each run of its brief.
-- Reads: facts, runs
-- Example: SELECT proposed_at, finding_id, outcome, run_id, commit, branch FROM repairs ORDER BY proposed_at DESC
CREATE VIEW repairs AS
SELECT
    asked.finding_id AS finding_id, asked.project_id AS project_id, asked.record_id AS record_id,
    asked.brief_id AS brief_id, asked.principal AS proposed_by, asked.proposed_at AS proposed_at,
    r.run_id AS run_id, r.throttle AS throttle, r.status AS run_status,
    CASE
        WHEN r.run_id IS NULL THEN 'not_run'
        WHEN r.status = 'running' THEN 'running'
        WHEN closed.run_id IS NOT NULL THEN 'mended'
        WHEN coalesce(json_array_length(r.commits), 0) > 0 THEN 'missed'
        WHEN r.throttle = 'full' THEN 'undelivered'
        ELSE 'looked'
    END AS outcome,
    json_extract_string(r.commits, '$[#-1].commit') AS commit, json_extract_string(r.commits, '$[#-1].branch') AS branch, r.finished_at AS ended_at
FROM (
    SELECT
        finding_id, brief_id, any_value(project_id) AS project_id, any_value(record_id) AS record_id,
        arg_min(principal, row(recorded_at, seq)) AS principal, min(coalesce(occurred_at, recorded_at)) AS proposed_at
    FROM facts
    WHERE kind = 'finding_decision' AND finding_id IS NOT NULL AND brief_id IS NOT NULL
    GROUP BY finding_id, brief_id
) AS asked
LEFT JOIN runs AS r ON r.brief_id = asked.brief_id
LEFT JOIN (
    SELECT DISTINCT finding_id, run_id FROM facts WHERE kind = 'finding' AND status = 'resolved' AND run_id IS NOT NULL
) AS closed ON closed.finding_id = asked.finding_id AND closed.run_id = r.run_id;

COMMENT ON VIEW repairs IS 'Repairs that were proposed for findings, and what became of them';
COMMENT ON COLUMN repairs.brief_id IS 'Repair brief';
COMMENT ON COLUMN repairs.proposed_by IS 'Who called the finding drift';
COMMENT ON COLUMN repairs.proposed_at IS 'When';
COMMENT ON COLUMN repairs.run_id IS 'Run of that brief; NULL when nobody ran it';
COMMENT ON COLUMN repairs.run_status IS 'How the run ended';
COMMENT ON COLUMN repairs.outcome IS 'not_run, running, looked (nothing was to be delivered), undelivered (its own check still found it), mended, missed (delivered, and the finding stands)';
COMMENT ON COLUMN repairs.commit IS 'Last commit that the run delivered';
COMMENT ON COLUMN repairs.branch IS 'Where it lies';
COMMENT ON COLUMN repairs.ended_at IS 'When the run ended';
