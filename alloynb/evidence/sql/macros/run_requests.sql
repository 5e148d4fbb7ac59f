-- Which request a run came from, and how often the same was asked again and answered with it.
-- Example: SELECT request_id, principal, requested_at, times_deduplicated, asked_again FROM run_requests('run_01K')
CREATE MACRO run_requests(run) AS TABLE
SELECT asked.request_id, asked.principal, asked.requested_at, asked.idempotency_key, asked.times_deduplicated,
       again.asked_again, asked.override
FROM (SELECT * FROM requests WHERE request_id = (SELECT any_value(request_id) FROM runs WHERE run_id = run)) AS asked
LEFT JOIN (
    SELECT request_id, list(principal || ' at ' || asked_at::VARCHAR ORDER BY asked_at) AS asked_again
    FROM deduplicated_requests GROUP BY request_id
) AS again USING (request_id);

COMMENT ON MACRO TABLE run_requests IS 'Request of one run, and who asked for the same again';
