-- Which files a run changed.
-- Example: SELECT path FROM run_files('run_01K')
CREATE MACRO run_files(run) AS TABLE
SELECT path, revision_after FROM (
    SELECT unnest(changed_files) AS path, revision_after FROM runs WHERE run_id = run
)
ORDER BY path;

COMMENT ON MACRO TABLE run_files IS 'Files that one run changed';
