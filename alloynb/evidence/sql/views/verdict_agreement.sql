-- How often humans agreed: the last verdict on each finding against the last answer, by project.
-- Reads: finding_verdicts
-- Example: SELECT leaning, decision, agreement, findings FROM verdict_agreement ORDER BY findings DESC
CREATE VIEW verdict_agreement AS
SELECT
    project_id, last.leaning AS leaning, last.decision AS decision, last.agreement AS agreement,
    count(*) AS findings, median(last.strength) AS median_strength
FROM (
    SELECT project_id, finding_id, arg_max(each, row(judged_at, recorded_at, seq)) AS last
    FROM finding_verdicts AS each
    WHERE finding_id IS NOT NULL
    GROUP BY project_id, finding_id
)
GROUP BY ALL;

COMMENT ON VIEW verdict_agreement IS 'How often humans agreed with what findings looked like';
COMMENT ON COLUMN verdict_agreement.leaning IS 'What the findings looked like last';
COMMENT ON COLUMN verdict_agreement.decision IS 'What humans said last; NULL when nobody did';
COMMENT ON COLUMN verdict_agreement.agreement IS 'agrees, disagrees, allowed, undecided, unanswered';
COMMENT ON COLUMN verdict_agreement.findings IS 'Number of findings';
COMMENT ON COLUMN verdict_agreement.median_strength IS 'Median strength of those verdicts';
