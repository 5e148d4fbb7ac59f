-- The whole audit of a run in one answer: nineteen questions, each with its answer in words and where to look further.
-- Reads: run_approvals, run_intent, run_prompt_pack, run_runner, run_revision, run_gates, run_plan_gates, run_mutators, run_files, run_commits, run_satisfaction, run_threats, run_missing, run_leniencies, run_overrides, run_requests, run_retries, run_verdicts
-- Example: SELECT question, answer, look_in FROM run_audit('run_01K') ORDER BY number
CREATE MACRO run_audit(run) AS TABLE
WITH r AS (SELECT * FROM runs WHERE run_id = run),
answers AS (
    SELECT 1 AS number, 'Who approved this run?' AS question, 'run_approvals' AS look_in,
        (SELECT string_agg(DISTINCT allowed, '; ' ORDER BY allowed)
            FROM (SELECT approved_by || ' for ' || array_to_string(scopes, ', ') AS allowed FROM run_approvals(run))) AS answer
    UNION ALL SELECT 2, 'What intent snapshot shaped it?', 'run_intent',
        (SELECT any_value(brief_digest) FROM r) || coalesce((
            SELECT ': ' || string_agg(record_id || ' v' || coalesce(version::VARCHAR, '?'), ', ' ORDER BY record_id)
            FROM run_intent(run)), '')
    UNION ALL SELECT 3, 'Which prompt pack?', 'run_prompt_pack',
        (SELECT any_value(prompt_pack_id || ' ' || digest) FROM run_prompt_pack(run))
    UNION ALL SELECT 4, 'Which Foundry version?', 'run_runner',
        (SELECT string_agg(DISTINCT foundry_version, ', ' ORDER BY foundry_version) FROM run_runner(run))
    UNION ALL SELECT 5, 'Which runner?', 'run_runner',
        (SELECT string_agg(DISTINCT runner_id, ', ' ORDER BY runner_id) FROM run_runner(run))
    UNION ALL SELECT 6, 'Which revision was targeted?', 'run_revision',
        (SELECT any_value(coalesce(targeted, revision_before)) FROM run_revision(run))
    UNION ALL SELECT 7, 'Which gates were required?', 'run_gates',
        (SELECT string_agg(DISTINCT gate, ', ' ORDER BY gate) FROM run_gates(run) WHERE required)
    UNION ALL SELECT 8, 'Which gates passed or failed?', 'run_gates',
        (SELECT count(*) FILTER (status = 'passed') || ' of ' || count(*) || ' passed'
            || coalesce('; ' || string_agg(DISTINCT gate || ' ' || status, ', ' ORDER BY gate || ' ' || status) FILTER (status <> 'passed'), '')
            || coalesce('; asked for and never run: '
                || (SELECT string_agg(gate, ', ' ORDER BY gate) FROM run_plan_gates(run) WHERE ran_as IS NULL), '')
         FROM run_gates(run) HAVING count(*) > 0)
    UNION ALL SELECT 9, 'Which mutators ran, and which were simulated?', 'run_mutators',
        (SELECT coalesce(string_agg(DISTINCT block, ', ' ORDER BY block) FILTER (ran), 'none') || ' ran; '
            || coalesce(string_agg(DISTINCT block, ', ' ORDER BY block) FILTER (simulated), 'none') || ' simulated' FROM run_mutators(run))
    UNION ALL SELECT 10, 'Which files changed?', 'run_files', (SELECT string_agg(path, ', ') FROM run_files(run))
    UNION ALL SELECT 11, 'Which commits were made?', 'run_commits',
        (SELECT string_agg(commit || ' on ' || branch, ', ') FROM run_commits(run))
    UNION ALL SELECT 12, 'Which capabilities were satisfied?', 'run_satisfaction',
        (SELECT string_agg(record_id || ' ' || status, ', ' ORDER BY record_id) FROM run_satisfaction(run))
    UNION ALL SELECT 13, 'Which threats were observed?', 'run_threats',
        (SELECT string_agg(evidence_id || ': ' || seen_in, '; ') FROM run_threats(run))
    UNION ALL SELECT 14, 'Which evidence is missing?', 'run_missing',
        (SELECT string_agg(evidence_id, ', ') FROM run_missing(run))
    UNION ALL SELECT 15, 'Who waived what until when?', 'run_leniencies',
        (SELECT string_agg(principal || ': ' || sort || ' of ' || what || ' until ' || until::DATE, '; ') FROM run_leniencies(run))
    UNION ALL SELECT 16, 'What was overridden by a human?', 'run_overrides',
        (SELECT string_agg(principal || ': ' || what, '; ') FROM run_overrides(run))
    UNION ALL SELECT 17, 'Which requests were deduplicated?', 'run_requests',
        (SELECT any_value(CASE WHEN times_deduplicated > 0 THEN request_id || ', ' || times_deduplicated || ' times' END)
         FROM run_requests(run))
    UNION ALL SELECT 18, 'What retried, and of which kind?', 'run_retries',
        (SELECT string_agg(sort || ' ' || retries || ' (' || what || ')', '; ') FROM run_retries(run) WHERE retries > 0)
    UNION ALL SELECT 19, 'What did its findings look like: wrong code, or stale intent?', 'run_verdicts',
        (SELECT string_agg(coalesce(path, evidence_id) || ' ' || replace(leaning, '_', ' ')
            || coalesce(' (a human: ' || replace(decision, '_', ' ') || ')', ''), '; ' ORDER BY evidence_id, path)
         FROM run_verdicts(run))
)
SELECT number, question, coalesce(nullif(answer, ''), 'none') AS answer, look_in || '(''' || run || ''')' AS look_in
FROM answers
WHERE EXISTS (SELECT 1 FROM r)
ORDER BY number;

COMMENT ON MACRO TABLE run_audit IS 'Nineteen questions about one run, answered in words';
