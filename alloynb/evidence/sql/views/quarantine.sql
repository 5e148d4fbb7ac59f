-- Lines of finished journals that are no facts, and files that could not be taken in: where, why, and how they begin.
-- The journal or file itself is kept where it is.
-- Reads: facts
-- Example: SELECT journal, line_number, reason, raw FROM quarantine ORDER BY journal, line_number
CREATE VIEW quarantine AS
SELECT journal, line_number, reason, raw, sealed_at FROM store.refused
UNION ALL
SELECT journal, seq, summary, coalesce(payload->>'raw', ''), recorded_at FROM store.recent WHERE row_kind = 'refused'
UNION ALL
SELECT path, coalesce(line, 0), summary, '', recorded_at FROM facts WHERE kind = 'unfit';

COMMENT ON VIEW quarantine IS 'Lines of finished journals that are no facts';
COMMENT ON COLUMN quarantine.line_number IS 'Line in the journal, from 1';
COMMENT ON COLUMN quarantine.reason IS 'Why it is no fact';
COMMENT ON COLUMN quarantine.raw IS 'The first 1 KiB of the line';
COMMENT ON COLUMN quarantine.sealed_at IS 'When the journal was sealed';
