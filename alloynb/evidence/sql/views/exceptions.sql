-- Allowed deviations: which finding or path, who allowed it, why, until when; one row each, as it stands now.
-- Reads: facts
-- Example: SELECT record_id, coalesce(finding_id, path) AS what, principal, why, until FROM exceptions WHERE active
CREATE VIEW exceptions AS
SELECT
    exception_id, last.project_id AS project_id, last.record_id AS record_id, last.finding_id AS finding_id,
    last.path AS path, granted_by AS principal, granted_at, last.until AS until, last.why AS why, last.status AS status,
    last.status = 'granted' AND coalesce(last.until > now(), false) AS active
FROM (
    SELECT
        coalesce(payload->>'exception_id', fact_id) AS exception_id,
        any_value(principal) FILTER (status = 'granted') AS granted_by,
        min(coalesce(occurred_at, recorded_at)) FILTER (status = 'granted') AS granted_at,
        arg_max(
            struct_pack(
                project_id := project_id, record_id := record_id, finding_id := finding_id, path := path,
                status := status, until := TRY_CAST(payload->>'until' AS TIMESTAMPTZ),
                why := coalesce(payload->>'why', summary)
            ),
            recorded_at
        ) AS last
    FROM facts
    WHERE kind = 'exception'
    GROUP BY 1
);

COMMENT ON VIEW exceptions IS 'Allowed deviations, as they stand now';
COMMENT ON COLUMN exceptions.exception_id IS 'Id of the exception';
COMMENT ON COLUMN exceptions.principal IS 'Who allowed it';
COMMENT ON COLUMN exceptions.granted_at IS 'When';
COMMENT ON COLUMN exceptions.until IS 'From then on it is no exception';
COMMENT ON COLUMN exceptions.why IS 'Reason that was given last';
COMMENT ON COLUMN exceptions.status IS 'granted or withdrawn';
COMMENT ON COLUMN exceptions.active IS 'Granted, not withdrawn, not expired';
