-- Every clue of every verdict, with its weight, and whether the human's answer was on the side that it leaned to.
-- Reads: finding_verdicts
-- Example: SELECT clue, leans, count(*) AS seen, avg(was_right::INTEGER) AS right_share FROM verdict_clues GROUP BY ALL ORDER BY ALL
CREATE VIEW verdict_clues AS
SELECT
    finding_id, project_id, record_id, evidence_id, run_id, revision, judged_at,
    each->>'clue' AS clue, each->>'leans' AS leans, TRY_CAST(each->>'weight' AS DOUBLE) AS weight, each->>'told' AS told,
    each->>'place' AS place, leaning, decision, agreement,
    CASE
        WHEN decision IN ('drift', 'obsolete_intent') THEN (decision = 'drift') = ((each->>'leans') = 'code_left_intent')
    END AS was_right
FROM (SELECT *, unnest(json_extract(clues, '$[*]')) AS each FROM finding_verdicts);

COMMENT ON VIEW verdict_clues IS 'Every clue of every verdict';
COMMENT ON COLUMN verdict_clues.clue IS 'Plugin that saw it';
COMMENT ON COLUMN verdict_clues.leans IS 'Side that it speaks for';
COMMENT ON COLUMN verdict_clues.weight IS '0 to 1: how much it says by itself';
COMMENT ON COLUMN verdict_clues.told IS 'What was seen';
COMMENT ON COLUMN verdict_clues.place IS 'Where it can be looked up: path:line, a commit, a record';
COMMENT ON COLUMN verdict_clues.leaning IS 'What the whole verdict was';
COMMENT ON COLUMN verdict_clues.judged_at IS 'When the verdict was given';
COMMENT ON COLUMN verdict_clues.agreement IS 'Of the whole verdict: agrees, disagrees, allowed, undecided, unanswered';
COMMENT ON COLUMN verdict_clues.decision IS 'What a human said last of the finding';
COMMENT ON COLUMN verdict_clues.was_right IS 'Whether the human took its side; NULL without an answer, and for an exception';
