-- Steps of intent records and briefs through their lifecycle: who, when, from, to, why, by what right.
-- Reads: facts
-- Example: SELECT occurred_at, principal, from_status, to_status, why FROM lifecycle
--          WHERE record_id = 'shop.intent.ports' ORDER BY occurred_at
CREATE VIEW lifecycle AS
SELECT
    coalesce(occurred_at, recorded_at) AS occurred_at, project_id, record_id, brief_id,
    payload->>'from' AS from_status, status AS to_status, principal,
    coalesce(payload->>'why', summary) AS why, payload->>'authority' AS authority, payload->>'link' AS link, fact_id
FROM facts
WHERE kind = 'transition';

COMMENT ON VIEW lifecycle IS 'Steps of intent records and briefs through their lifecycle';
COMMENT ON COLUMN lifecycle.from_status IS 'Status before; NULL for the first step';
COMMENT ON COLUMN lifecycle.to_status IS 'Status after';
COMMENT ON COLUMN lifecycle.why IS 'Reason that was given';
COMMENT ON COLUMN lifecycle.authority IS 'Right by which it was done';
COMMENT ON COLUMN lifecycle.link IS 'Brief that activated the record, or record that supersedes it';
