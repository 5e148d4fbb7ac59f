-- Journals that are folded into this file, with what they held.
-- Example: SELECT journal, facts, refused, torn_bytes, folded_at FROM journals ORDER BY folded_at DESC LIMIT 20
CREATE VIEW journals AS SELECT * FROM store.journals;

COMMENT ON VIEW journals IS 'Journals that are folded into this file';
COMMENT ON COLUMN journals.bytes IS 'Size when it was sealed; a finished journal never grows';
COMMENT ON COLUMN journals.lines IS 'Complete lines';
COMMENT ON COLUMN journals.facts IS 'Lines that are facts';
COMMENT ON COLUMN journals.refused IS 'Lines in quarantine';
COMMENT ON COLUMN journals.torn_bytes IS 'Length of the last line, cut when its writer died; left out';
COMMENT ON COLUMN journals.doubled IS 'Facts left out because their id was known';
COMMENT ON COLUMN journals.sealed_at IS 'When it was turned into Parquet';
COMMENT ON COLUMN journals.folded_at IS 'When it became native rows';
