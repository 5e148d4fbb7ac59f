-- Drift findings as they stand now: place, status, since when, how long until resolved, what it looks like, what a human said.
-- Reads: facts
-- Example: SELECT severity, path, line, summary FROM findings WHERE status IN ('new', 'known', 'regressed') ORDER BY ALL
CREATE VIEW findings AS
SELECT
    finding_id, last.project_id AS project_id, last.record_id AS record_id, last.evidence_id AS evidence_id,
    last.status AS status, last.severity AS severity, last.path AS path, last.line AS line, last.summary AS summary,
    last.revision AS revision,
    coalesce(last.payload->'first_seen'->>'revision', first_revision) AS first_seen_revision,
    coalesce(TRY_CAST(last.payload->'first_seen'->>'at' AS TIMESTAMPTZ), first_at) AS first_seen_at,
    coalesce(last.payload->'last_seen'->>'revision', last.revision) AS last_seen_revision,
    coalesce(TRY_CAST(last.payload->'last_seen'->>'at' AS TIMESTAMPTZ), last.at) AS last_seen_at,
    CASE last.status WHEN 'resolved' THEN resolved_at END AS resolved_at,
    CASE last.status WHEN 'resolved' THEN resolved_at - first_at END AS time_to_resolve,
    last.payload->>'detector' AS detector,
    last.payload->>'introduced_by' AS introduced_by,
    nullif(last.payload->'introduced'->>'commit', '') AS introduced_commit,
    TRY_CAST(last.payload->'introduced'->>'at' AS TIMESTAMPTZ) AS introduced_at,
    decided.decision AS decision, decided.principal AS decided_by, decided.at AS decided_at,
    judged.leaning AS looks_like, judged.strength AS looks_like_strength, judged.because AS looks_like_because,
    last.run_id AS run_id, last.payload AS payload
FROM (
    SELECT
        finding_id,
        min(coalesce(occurred_at, recorded_at)) FILTER (kind = 'finding') AS first_at,
        arg_min(revision, row(recorded_at, seq)) FILTER (kind = 'finding') AS first_revision,
        max(coalesce(occurred_at, recorded_at)) FILTER (kind = 'finding' AND status = 'resolved') AS resolved_at,
        arg_max(
            struct_pack(
                project_id := project_id, record_id := record_id, evidence_id := evidence_id, status := status,
                severity := severity, path := path, line := line, summary := summary, revision := revision,
                run_id := run_id, payload := payload, at := coalesce(occurred_at, recorded_at)
            ),
            row(recorded_at, seq)
        ) FILTER (kind = 'finding') AS last,
        arg_max(
            struct_pack(decision := status, principal := principal, at := coalesce(occurred_at, recorded_at)),
            row(recorded_at, seq)
        ) FILTER (kind = 'finding_decision') AS decided,
        arg_max(
            struct_pack(
                leaning := status, strength := TRY_CAST(payload->>'strength' AS DOUBLE),
                because := payload->'clues'->0->>'told'
            ),
            row(recorded_at, seq)
        ) FILTER (kind = 'finding_verdict') AS judged
    FROM facts
    WHERE kind IN ('finding', 'finding_decision', 'finding_verdict') AND finding_id IS NOT NULL
    GROUP BY finding_id
)
WHERE last IS NOT NULL;

COMMENT ON VIEW findings IS 'Drift findings as they stand now';
COMMENT ON COLUMN findings.status IS 'new, known, exception, resolved, regressed';
COMMENT ON COLUMN findings.revision IS 'Commit that the status speaks of';
COMMENT ON COLUMN findings.first_seen_revision IS 'Commit at which it was first seen';
COMMENT ON COLUMN findings.first_seen_at IS 'When it was first seen';
COMMENT ON COLUMN findings.last_seen_revision IS 'Commit at which it was last seen';
COMMENT ON COLUMN findings.last_seen_at IS 'When it was last seen';
COMMENT ON COLUMN findings.resolved_at IS 'When it was found to be gone';
COMMENT ON COLUMN findings.time_to_resolve IS 'From found to gone, as an interval';
COMMENT ON COLUMN findings.detector IS 'Detector that saw it';
COMMENT ON COLUMN findings.introduced_by IS 'Who introduced it, when git can tell';
COMMENT ON COLUMN findings.introduced_commit IS 'Commit that introduced it; NULL while it is not committed';
COMMENT ON COLUMN findings.introduced_at IS 'When that commit was written';
COMMENT ON COLUMN findings.decision IS 'What a human said last: drift, exception, obsolete_intent';
COMMENT ON COLUMN findings.decided_by IS 'Who said so';
COMMENT ON COLUMN findings.decided_at IS 'When';
COMMENT ON COLUMN findings.looks_like IS 'Last verdict: code_left_intent, refactor_keeps_intent, intent_is_stale, undecided; NULL when nobody asked';
COMMENT ON COLUMN findings.looks_like_strength IS 'How strong that verdict was, 0 to 1';
COMMENT ON COLUMN findings.looks_like_because IS 'Its strongest clue in words; see finding_verdicts and verdict_clues';
