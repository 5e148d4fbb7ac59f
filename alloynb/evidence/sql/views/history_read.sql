-- How far the history of the code is recorded: up to which commit, whether from the beginning, and when it was read.
-- Reads: facts
-- Example: SELECT project_id, tip, whole, read_at FROM history_read ORDER BY read_at DESC LIMIT 1
CREATE VIEW history_read AS
SELECT
    project_id, revision AS tip, status = 'complete' AS whole, TRY_CAST(payload->>'commits' AS BIGINT) AS commits,
    TRY_CAST(payload->>'paths' AS BIGINT) AS paths, coalesce(occurred_at, recorded_at) AS read_at
FROM facts
WHERE kind = 'history_read';

COMMENT ON VIEW history_read IS 'How far the history of the code is recorded';
COMMENT ON COLUMN history_read.tip IS 'Commit up to which it is recorded';
COMMENT ON COLUMN history_read.whole IS 'False where the repository held only the end of its history';
COMMENT ON COLUMN history_read.commits IS 'Commits that were new then';
COMMENT ON COLUMN history_read.paths IS 'Changed paths that they name';
COMMENT ON COLUMN history_read.read_at IS 'When it was read';
