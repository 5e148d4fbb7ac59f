-- Which required evidence of a run is missing: it was not observed, or the look gave no answer.
-- Reads: run_evidence
-- Example: SELECT evidence_id, to_be_observed_by, notes FROM run_missing('run_01K')
CREATE MACRO run_missing(run) AS TABLE
SELECT record_id, evidence_id, evidence_kind, to_be_observed_by, status, notes
FROM run_evidence(run)
WHERE need = 'required' AND status IN ('not observed', 'unknown')
ORDER BY evidence_id;

COMMENT ON MACRO TABLE run_missing IS 'Required evidence that one run left unobserved';
