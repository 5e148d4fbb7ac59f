-- When a human read a record, an expectation or a strategy, and called it still true.
-- Of what has review triggers; `alloynb intent show` tells it of every record.
-- Reads: facts
-- Example: SELECT confirmed_id, max(confirmed_at) AS latest FROM confirmations GROUP BY confirmed_id ORDER BY latest
CREATE VIEW confirmations AS
SELECT
    record_id AS confirmed_id, project_id, principal, coalesce(occurred_at, recorded_at) AS confirmed_at,
    coalesce(payload->>'why', summary) AS why
FROM facts
WHERE kind = 'confirmation';

COMMENT ON VIEW confirmations IS 'When a human read something and called it still true';
COMMENT ON COLUMN confirmations.confirmed_id IS 'Record, expectation or strategy';
COMMENT ON COLUMN confirmations.principal IS 'Who read it';
COMMENT ON COLUMN confirmations.confirmed_at IS 'When';
COMMENT ON COLUMN confirmations.why IS 'What was said';
