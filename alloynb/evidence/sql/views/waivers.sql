-- Waivers of evidence: who waived what, why, until when; one row each, as it stands now.
-- Reads: facts
-- Example: SELECT evidence_id, principal, why, until FROM waivers WHERE active ORDER BY until
CREATE VIEW waivers AS
SELECT
    waiver_id, last.project_id AS project_id, last.record_id AS record_id, last.evidence_id AS evidence_id,
    granted_by AS principal, granted_at, last.until AS until, last.why AS why, last.status AS status,
    last.status = 'granted' AND coalesce(last.until > now(), false) AS active
FROM (
    SELECT
        coalesce(payload->>'waiver_id', fact_id) AS waiver_id,
        any_value(principal) FILTER (status = 'granted') AS granted_by,
        min(coalesce(occurred_at, recorded_at)) FILTER (status = 'granted') AS granted_at,
        arg_max(
            struct_pack(
                project_id := project_id, record_id := record_id, evidence_id := evidence_id, status := status,
                until := TRY_CAST(payload->>'until' AS TIMESTAMPTZ), why := coalesce(payload->>'why', summary)
            ),
            recorded_at
        ) AS last
    FROM facts
    WHERE kind = 'waiver'
    GROUP BY 1
);

COMMENT ON VIEW waivers IS 'Waivers of evidence, as they stand now';
COMMENT ON COLUMN waivers.waiver_id IS 'Id of the waiver';
COMMENT ON COLUMN waivers.principal IS 'Who waived';
COMMENT ON COLUMN waivers.granted_at IS 'When';
COMMENT ON COLUMN waivers.until IS 'From then on it is no waiver';
COMMENT ON COLUMN waivers.why IS 'Reason that was given last';
COMMENT ON COLUMN waivers.status IS 'granted or withdrawn';
COMMENT ON COLUMN waivers.active IS 'Granted, not withdrawn, not expired';
