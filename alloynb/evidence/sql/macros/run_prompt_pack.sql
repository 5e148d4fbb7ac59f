-- Which prompt pack a run was told with: id, digest, and the phases that it speaks to.
-- Example: SELECT prompt_pack_id, digest, phases FROM run_prompt_pack('run_01K')
CREATE MACRO run_prompt_pack(run) AS TABLE
SELECT
    asked.content->'prompt_pack'->>'id' AS prompt_pack_id, asked.content->'prompt_pack'->>'digest' AS digest,
    coalesce(TRY_CAST(json_extract_string(pack.content, '$.prompts[*].phase') AS VARCHAR[]), []) AS phases,
    pack.created_by AS created_by, pack.content AS content
FROM (
    SELECT content FROM artifacts
    WHERE family = 'alloy.foundry_execution_request'
      AND artifact_id = (SELECT any_value(request_id) FROM runs WHERE run_id = run)
) AS asked
LEFT JOIN (SELECT * FROM artifacts WHERE family = 'alloy.prompt_pack') AS pack
    ON pack.digest = (asked.content->'prompt_pack'->>'digest');

COMMENT ON MACRO TABLE run_prompt_pack IS 'Prompt pack that one run was told with';
