-- What only a human can answer, as each run left it: broken records, missing reviews, safety stops, open questions.
-- Reads: facts
-- Example: SELECT run_id, question FROM follow_up_questions ORDER BY asked_at DESC, question LIMIT 20
CREATE VIEW follow_up_questions AS
SELECT project_id, run_id, attempt, summary AS question, revision, coalesce(occurred_at, recorded_at) AS asked_at
FROM facts
WHERE kind = 'follow_up_question';

COMMENT ON VIEW follow_up_questions IS 'What only a human can answer, as each run left it';
COMMENT ON COLUMN follow_up_questions.question IS 'The question in plain words';
COMMENT ON COLUMN follow_up_questions.asked_at IS 'When the run ended';
