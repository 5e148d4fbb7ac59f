-- Which commits a run made, on which branch, and whether they were pushed.
-- Example: SELECT commit, branch, subject, pushed FROM run_commits('run_01K')
CREATE MACRO run_commits(run) AS TABLE
SELECT
    made->>'commit' AS commit, made->>'branch' AS branch, made->>'subject' AS subject,
    coalesce(TRY_CAST(made->>'pushed' AS BOOLEAN), false) AS pushed, made->>'push_outcome' AS push_outcome
FROM (SELECT unnest(json_extract(commits, '$[*]')) AS made FROM runs WHERE run_id = run);

COMMENT ON MACRO TABLE run_commits IS 'Commits that one run made';
