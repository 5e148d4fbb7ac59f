-- What a human overrode for a run: the same request run again, a digest approved against a rule, a finding decided.
-- Example: SELECT overridden_at, principal, what, why FROM run_overrides('run_01K')
CREATE MACRO run_overrides(run) AS TABLE
SELECT overridden_at, principal, what, why
FROM overrides
WHERE run_id = run
   OR request_id = (SELECT any_value(request_id) FROM runs WHERE run_id = run)
   OR subject_digest = (SELECT any_value(brief_digest) FROM runs WHERE run_id = run)
ORDER BY overridden_at;

COMMENT ON MACRO TABLE run_overrides IS 'What a human overrode for one run';
