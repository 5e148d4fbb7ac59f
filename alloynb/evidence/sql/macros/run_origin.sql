-- One row that says which snapshot of intent, pack, overlay and plan shaped a run, on which revision, by whom and what.
-- Example: FROM run_origin('run_01K')
CREATE MACRO run_origin(run) AS TABLE
SELECT
    r.run_id, r.status, r.failure_class, r.throttle, r.entry_event, r.revision, r.revision_after, r.changed_files, r.commits,
    r.brief_id, r.brief_digest,
    asked.content->'prompt_pack'->>'id' AS prompt_pack_id, asked.content->'prompt_pack'->>'digest' AS prompt_pack_digest,
    asked.content->'gate_overlay'->>'id' AS gate_overlay_id,
    asked.content->'evidence_plan'->>'id' AS evidence_plan_id,
    asked.content->>'requested_by' AS requested_by,
    asked.content->'override' AS override,
    r.foundry_version, r.runner_id, r.transport_retries, r.runner_retries, r.foundry_retries, r.request_id
FROM (SELECT * FROM runs WHERE run_id = run) AS r
LEFT JOIN (SELECT * FROM artifacts WHERE family = 'alloy.foundry_execution_request') AS asked
    ON asked.artifact_id = r.request_id;

COMMENT ON MACRO TABLE run_origin IS 'What shaped one run, in one row';
