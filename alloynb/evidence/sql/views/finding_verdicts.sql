-- What findings looked like, verdict by verdict: which way, why, by which weights, and what a human said of the same.
-- Reads: facts
-- Example: SELECT judged_at, finding_id, leaning, strength, because, decision, agreement FROM finding_verdicts ORDER BY judged_at DESC
CREATE VIEW finding_verdicts AS
SELECT
    said.finding_id AS finding_id, said.project_id AS project_id, said.record_id AS record_id,
    said.evidence_id AS evidence_id, said.path AS path, said.line AS line, said.severity AS severity,
    coalesce(TRY_CAST(json_extract_string(said.payload, '$.lost_names[*]') AS VARCHAR[]), []) AS lost_names,
    said.status AS leaning,
    TRY_CAST(said.payload->>'strength' AS DOUBLE) AS strength,
    said.summary AS told,
    said.payload->'clues'->0->>'told' AS because,
    TRY_CAST(said.payload->'scores'->>'code_left_intent' AS DOUBLE) AS code_left_intent,
    TRY_CAST(said.payload->'scores'->>'refactor_keeps_intent' AS DOUBLE) AS refactor_keeps_intent,
    TRY_CAST(said.payload->'scores'->>'intent_is_stale' AS DOUBLE) AS intent_is_stale,
    said.payload->'clues' AS clues,
    said.payload->'weighing' AS weighing,
    said.revision AS revision, said.run_id AS run_id,
    coalesce(said.occurred_at, said.recorded_at) AS judged_at,
    decided.decision AS decision, decided.principal AS decided_by, decided.at AS decided_at,
    CASE
        WHEN decided.decision IS NULL THEN 'unanswered'
        WHEN said.status = 'undecided' THEN 'undecided'
        WHEN decided.decision = 'exception' THEN 'allowed'
        WHEN (decided.decision = 'drift') = (said.status = 'code_left_intent') THEN 'agrees'
        ELSE 'disagrees'
    END AS agreement,
    said.recorded_at AS recorded_at, said.seq AS seq
FROM facts AS said
LEFT JOIN (
    SELECT
        finding_id,
        arg_max(
            struct_pack(decision := status, principal := principal, at := coalesce(occurred_at, recorded_at)),
            row(recorded_at, seq)
        ) AS decided
    FROM facts
    WHERE kind = 'finding_decision' AND finding_id IS NOT NULL
    GROUP BY finding_id
) AS answered USING (finding_id)
WHERE said.kind = 'finding_verdict';

COMMENT ON VIEW finding_verdicts IS 'What findings looked like, verdict by verdict';
COMMENT ON COLUMN finding_verdicts.finding_id IS 'Finding; NULL for a rule that lost a name';
COMMENT ON COLUMN finding_verdicts.lost_names IS 'Names of the rule that mean nothing any more';
COMMENT ON COLUMN finding_verdicts.leaning IS 'code_left_intent, refactor_keeps_intent, intent_is_stale or undecided';
COMMENT ON COLUMN finding_verdicts.strength IS '0 to 1: what speaks for it, less what speaks against it';
COMMENT ON COLUMN finding_verdicts.told IS 'The suggestion in words';
COMMENT ON COLUMN finding_verdicts.because IS 'The strongest clue in words';
COMMENT ON COLUMN finding_verdicts.code_left_intent IS 'What the clues for wrong code came to together';
COMMENT ON COLUMN finding_verdicts.refactor_keeps_intent IS 'What the clues for a refactor came to together';
COMMENT ON COLUMN finding_verdicts.intent_is_stale IS 'What the clues for stale intent came to together';
COMMENT ON COLUMN finding_verdicts.clues IS 'Every clue as JSON: clue, leans, weight, told, place; see verdict_clues';
COMMENT ON COLUMN finding_verdicts.weighing IS 'How they were weighed: prior, least_lead, version of Alloy';
COMMENT ON COLUMN finding_verdicts.run_id IS 'Run whose reading led to it; NULL when somebody only looked';
COMMENT ON COLUMN finding_verdicts.judged_at IS 'When';
COMMENT ON COLUMN finding_verdicts.decision IS 'What a human said last of the finding: drift, exception, obsolete_intent';
COMMENT ON COLUMN finding_verdicts.decided_by IS 'Who said so';
COMMENT ON COLUMN finding_verdicts.decided_at IS 'When; may be before the verdict';
COMMENT ON COLUMN finding_verdicts.agreement IS 'agrees, disagrees, allowed (an exception takes no side), undecided, unanswered';
