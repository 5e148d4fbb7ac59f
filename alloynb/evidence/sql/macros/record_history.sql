-- The life of one intent record, oldest first: steps, verdicts, findings, decisions, waivers, exceptions.
-- Example: FROM record_history('shop.intent.ports')
CREATE MACRO record_history(record) AS TABLE
SELECT
    coalesce(occurred_at, recorded_at) AS occurred_at, kind, status, coalesce(summary, payload->>'why') AS what,
    principal, evidence_id, finding_id, run_id, revision
FROM facts
WHERE record_id = record
  AND kind IN (
      'transition', 'satisfaction', 'finding', 'finding_verdict', 'finding_decision', 'contradiction', 'contradiction_answer', 'waiver', 'exception'
  )
ORDER BY 1, recorded_at, seq;

COMMENT ON MACRO TABLE record_history IS 'The life of one intent record';
