-- Who changed which path when: one row for each path of each commit, as far as the history was recorded.
-- Commits that were rewritten later stay: facts are never taken back.
-- Reads: facts
-- Example: SELECT path, count(*) AS changes, count(DISTINCT author) AS hands, max(changed_at) AS latest FROM path_changes
--          GROUP BY path ORDER BY changes DESC, path LIMIT 20
CREATE VIEW path_changes AS
SELECT
    project_id, changed.path AS path, changed.change AS change, principal AS author, payload->>'email' AS author_email,
    coalesce(occurred_at, recorded_at) AS changed_at, TRY_CAST(payload->>'authored_at' AS TIMESTAMPTZ) AS authored_at,
    revision AS commit, summary AS subject
FROM (
    SELECT *, unnest(TRY_CAST(payload->'changes' AS STRUCT(path VARCHAR, change VARCHAR)[])) AS changed
    FROM facts
    WHERE kind = 'commit' AND revision IS NOT NULL
);

COMMENT ON VIEW path_changes IS 'Who changed which path when, one row for each path of each commit';
COMMENT ON COLUMN path_changes.path IS 'File, relative to the root of the workspace';
COMMENT ON COLUMN path_changes.change IS 'added, modified or deleted; a renamed file is both deleted and added';
COMMENT ON COLUMN path_changes.author IS 'Name of the author, as the commit has it';
COMMENT ON COLUMN path_changes.author_email IS 'Address of the author, as the commit has it';
COMMENT ON COLUMN path_changes.changed_at IS 'When it was committed';
COMMENT ON COLUMN path_changes.authored_at IS 'When its author made it; earlier than changed_at after a rebase';
COMMENT ON COLUMN path_changes.commit IS 'The commit';
COMMENT ON COLUMN path_changes.subject IS 'First line of its message';
