-- Questions that only a human can decide, how they stand now, and the answers that were given.
-- Reads: facts
-- Example: SELECT asked_at, record_ids, question FROM contradictions WHERE status = 'open' ORDER BY asked_at
CREATE VIEW contradictions AS
SELECT
    question_id, asked.project_id AS project_id, asked.record_ids AS record_ids, asked.reason AS reason,
    CASE
        WHEN asked.status = 'settled' THEN 'settled'
        WHEN answered.answer <> 'withdrawn' AND coalesce(answered.until > now(), true) THEN 'answered'
        ELSE 'open'
    END AS status,
    asked.question AS question, asked.evidence AS evidence, asked_at,
    answered.answer AS answer, answered.principal AS answered_by, answered.at AS answered_at, answered.until AS until,
    answered.why AS why
FROM (
    SELECT
        finding_id AS question_id,
        min(coalesce(occurred_at, recorded_at)) FILTER (kind = 'contradiction') AS asked_at,
        arg_max(
            struct_pack(
                project_id := project_id, status := status,
                record_ids := coalesce(TRY_CAST(payload->'record_ids' AS VARCHAR[]), [record_id]),
                reason := payload->>'reason', question := coalesce(payload->>'question', summary),
                evidence := coalesce(TRY_CAST(payload->'evidence' AS VARCHAR[]), [])
            ),
            row(recorded_at, seq)
        ) FILTER (kind = 'contradiction') AS asked,
        arg_max(
            struct_pack(
                answer := status, principal := principal, at := coalesce(occurred_at, recorded_at),
                until := TRY_CAST(payload->>'until' AS TIMESTAMPTZ), why := coalesce(payload->>'why', summary)
            ),
            row(coalesce(occurred_at, recorded_at), recorded_at, seq)
        ) FILTER (kind = 'contradiction_answer') AS answered
    FROM facts
    WHERE kind IN ('contradiction', 'contradiction_answer') AND finding_id IS NOT NULL
    GROUP BY finding_id
)
WHERE asked IS NOT NULL;

COMMENT ON VIEW contradictions IS 'Questions that only a human can decide, with their answers';
COMMENT ON COLUMN contradictions.question_id IS 'Id of the question';
COMMENT ON COLUMN contradictions.record_ids IS 'Records that it is about';
COMMENT ON COLUMN contradictions.reason IS 'Detector that raised it';
COMMENT ON COLUMN contradictions.status IS 'open, answered (for now), or settled: not asked any more at the last look';
COMMENT ON COLUMN contradictions.question IS 'The question in plain words';
COMMENT ON COLUMN contradictions.evidence IS 'What led to it, one sentence each';
COMMENT ON COLUMN contradictions.asked_at IS 'When it was first raised';
COMMENT ON COLUMN contradictions.answer IS 'Latest answer: preserve, simplify or withdrawn; NULL when there was none';
COMMENT ON COLUMN contradictions.answered_by IS 'Who answered';
COMMENT ON COLUMN contradictions.answered_at IS 'When';
COMMENT ON COLUMN contradictions.until IS 'From then on the answer does not count; NULL for good';
COMMENT ON COLUMN contradictions.why IS 'Reason that was given';
