-- Artifacts that crossed the seam, each with its digest and its whole content.
-- Reads: facts
-- Example: SELECT family, artifact_id, digest, content->'mission'->>'objective' AS objective FROM artifacts
--          WHERE family = 'alloy.formation_brief'
CREATE VIEW artifacts AS
SELECT
    payload->>'schema' AS schema,
    regexp_replace(payload->>'schema', '\.v[0-9.]+$', '') AS family,
    payload->>'id' AS artifact_id,
    payload->>'digest' AS digest,
    TRY_CAST(payload->>'created_at' AS TIMESTAMPTZ) AS created_at,
    payload->>'created_by' AS created_by,
    payload->>'compiler_version' AS compiler_version,
    project_id, run_id, request_id, brief_id,
    payload->'content' AS content,
    recorded_at
FROM facts
WHERE kind = 'artifact';

COMMENT ON VIEW artifacts IS 'Artifacts that crossed the seam, each with its whole content';
COMMENT ON COLUMN artifacts.schema IS 'Schema with its version';
COMMENT ON COLUMN artifacts.family IS 'Schema without its version';
COMMENT ON COLUMN artifacts.artifact_id IS 'Id of the artifact';
COMMENT ON COLUMN artifacts.digest IS 'SHA-256 over schema and content: the name by which others refer to it';
COMMENT ON COLUMN artifacts.created_at IS 'When it was made';
COMMENT ON COLUMN artifacts.created_by IS 'Who made it';
COMMENT ON COLUMN artifacts.compiler_version IS 'Program that made it';
COMMENT ON COLUMN artifacts.content IS 'Content, as JSON';
