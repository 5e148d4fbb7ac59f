-- What runs suggest that records could learn, and what humans made of it. Nothing of it happens by itself.
-- Reads: facts
-- Example: SELECT proposal_id, record_id, proposal, because FROM proposals WHERE status = 'open' ORDER BY raised_at
CREATE VIEW proposals AS
SELECT
    proposal_id, raised.project_id AS project_id, raised.record_id AS record_id, raised.kind AS proposal_kind,
    raised.subject AS subject, raised.proposal AS proposal, raised.because AS because, raised.to_status AS to_status,
    raised.links AS links, raised.run_id AS run_id, raised.at AS raised_at,
    coalesce(answered.answer, 'open') AS status, answered.principal AS answered_by, answered.at AS answered_at,
    answered.why AS why, answered.became AS became
FROM (
    SELECT
        finding_id AS proposal_id,
        arg_min(
            struct_pack(
                project_id := project_id, record_id := record_id, kind := payload->>'proposal_kind',
                subject := payload->>'subject', proposal := summary, because := payload->>'because',
                to_status := payload->>'to_status', links := coalesce(TRY_CAST(payload->'links' AS VARCHAR[]), []),
                run_id := run_id, at := coalesce(occurred_at, recorded_at)
            ),
            row(recorded_at, seq)
        ) FILTER (kind = 'proposal') AS raised,
        arg_max(
            struct_pack(
                answer := status, principal := principal, at := coalesce(occurred_at, recorded_at),
                why := coalesce(payload->>'why', summary), became := payload->>'became'
            ),
            row(recorded_at, seq)
        ) FILTER (kind = 'proposal_answer') AS answered
    FROM facts
    WHERE kind IN ('proposal', 'proposal_answer') AND finding_id IS NOT NULL
    GROUP BY finding_id
)
WHERE raised IS NOT NULL;

COMMENT ON VIEW proposals IS 'What runs suggest that records could learn, with the answers of humans';
COMMENT ON COLUMN proposals.proposal_id IS 'Id of the proposal, the same whatever run suggests it';
COMMENT ON COLUMN proposals.proposal_kind IS 'new_record, deprecation, transition or better_evidence';
COMMENT ON COLUMN proposals.subject IS 'Evidence, gate or status that it is about';
COMMENT ON COLUMN proposals.proposal IS 'What could be done';
COMMENT ON COLUMN proposals.because IS 'What in the run suggests it';
COMMENT ON COLUMN proposals.to_status IS 'Step of the lifecycle that taking it up opens';
COMMENT ON COLUMN proposals.links IS 'Where it can be looked up: trace://…, repo://…';
COMMENT ON COLUMN proposals.run_id IS 'Run that suggested it first';
COMMENT ON COLUMN proposals.raised_at IS 'When that run ended';
COMMENT ON COLUMN proposals.status IS 'open, taken_up or dismissed';
COMMENT ON COLUMN proposals.answered_by IS 'Who answered';
COMMENT ON COLUMN proposals.answered_at IS 'When';
COMMENT ON COLUMN proposals.why IS 'Reason that was given';
COMMENT ON COLUMN proposals.became IS 'Record that was drafted, or status that the record was taken to';
