-- Every answer that a human gave to a question about intent: preserve or simplify, why, until when, whether it counts now.
-- Reads: facts
-- Example: SELECT question_id, answer, principal, why, until FROM contradiction_answers WHERE active ORDER BY until
CREATE VIEW contradiction_answers AS
SELECT
    answer_id, question_id, project_id, answer, principal, answered_at, until, why, withdrawn_at,
    withdrawn_at IS NULL AND coalesce(until > now(), true) AS active
FROM (
    SELECT
        coalesce(payload->>'answer_id', fact_id) AS answer_id,
        any_value(finding_id) AS question_id,
        any_value(project_id) AS project_id,
        any_value(status) FILTER (status <> 'withdrawn') AS answer,
        any_value(principal) FILTER (status <> 'withdrawn') AS principal,
        min(coalesce(occurred_at, recorded_at)) FILTER (status <> 'withdrawn') AS answered_at,
        any_value(TRY_CAST(payload->>'until' AS TIMESTAMPTZ)) AS until,
        arg_max(coalesce(payload->>'why', summary), recorded_at) AS why,
        min(coalesce(occurred_at, recorded_at)) FILTER (status = 'withdrawn') AS withdrawn_at
    FROM facts
    WHERE kind = 'contradiction_answer'
    GROUP BY 1
);

COMMENT ON VIEW contradiction_answers IS 'Answers to questions about intent, and whether they count now';
COMMENT ON COLUMN contradiction_answers.answer_id IS 'Id of the committed file, or of the fact where the answer is a resolution or a step';
COMMENT ON COLUMN contradiction_answers.question_id IS 'Question that it answers';
COMMENT ON COLUMN contradiction_answers.answer IS 'preserve or simplify';
COMMENT ON COLUMN contradiction_answers.principal IS 'Who answered';
COMMENT ON COLUMN contradiction_answers.answered_at IS 'When';
COMMENT ON COLUMN contradiction_answers.until IS 'From then on it does not count; NULL for good';
COMMENT ON COLUMN contradiction_answers.why IS 'Reason that was given last';
COMMENT ON COLUMN contradiction_answers.withdrawn_at IS 'When it was taken back, if it was';
COMMENT ON COLUMN contradiction_answers.active IS 'Not withdrawn, not over';
