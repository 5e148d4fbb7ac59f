-- Every fact of every journal, folded or still being written: one wide table with typed columns.
-- Each fact is seen once. All other views are made of this one; ask those first.
-- Example: SELECT kind, count(*) AS facts, max(recorded_at) AS latest FROM facts GROUP BY kind ORDER BY facts DESC
CREATE VIEW facts AS
SELECT * FROM store.facts
UNION ALL BY NAME
SELECT * EXCLUDE (row_kind) FROM store.recent WHERE row_kind = 'fact';

COMMENT ON VIEW facts IS 'Every fact, once: folded, sealed or still hot';
COMMENT ON COLUMN facts.journal IS 'Journal that holds the fact, relative to the .alloy folder';
COMMENT ON COLUMN facts.fact_id IS 'Unique for ever';
COMMENT ON COLUMN facts.kind IS 'What sort of fact: event, block_finished, gate_finished, run_result, observation, satisfaction, finding, …';
COMMENT ON COLUMN facts.seq IS 'Position in its journal, from 1';
COMMENT ON COLUMN facts.recorded_at IS 'When the line was written';
COMMENT ON COLUMN facts.occurred_at IS 'When it happened, if that is known apart from the writing';
COMMENT ON COLUMN facts.project_id IS 'Project that it is about';
COMMENT ON COLUMN facts.run_id IS 'Foundry run';
COMMENT ON COLUMN facts.request_id IS 'Execution request that asked for the run';
COMMENT ON COLUMN facts.brief_id IS 'Formation brief that shaped the run';
COMMENT ON COLUMN facts.brief_digest IS 'Digest of that brief: exactly which snapshot of the intent';
COMMENT ON COLUMN facts.attempt IS 'Attempt at the run: 1, and one more for each resumption';
COMMENT ON COLUMN facts.trace_id IS 'W3C trace id of the run';
COMMENT ON COLUMN facts.span_id IS 'W3C span id of the block execution or event';
COMMENT ON COLUMN facts.parent_span_id IS 'Span that this one belongs to';
COMMENT ON COLUMN facts.correlation_id IS 'Ties together request, run and result across systems';
COMMENT ON COLUMN facts.runner_id IS 'Runner that executed';
COMMENT ON COLUMN facts.event_id IS 'Event: its own id, or the one that triggered the block';
COMMENT ON COLUMN facts.event_type IS 'Type of the event, in snake_case';
COMMENT ON COLUMN facts.caused_by IS 'Id of the event that caused this one';
COMMENT ON COLUMN facts.throttle IS 'full, audit_only or dry_run';
COMMENT ON COLUMN facts.simulated IS 'Stands for what a mutator would have done';
COMMENT ON COLUMN facts.delivered IS 'False when the throttle held the event back';
COMMENT ON COLUMN facts.block IS 'Name of the task block';
COMMENT ON COLUMN facts.block_kind IS 'observer (reads only) or mutator (changes the world)';
COMMENT ON COLUMN facts.gate IS 'Name of the gate';
COMMENT ON COLUMN facts.phase IS 'preflight or verify';
COMMENT ON COLUMN facts.status IS 'Outcome, in the words of its kind';
COMMENT ON COLUMN facts.required IS 'A failure counts against the run, or the evidence must be there';
COMMENT ON COLUMN facts.mode IS 'Enforcement of a gate: advisory, required_for_dry_run, required_for_mutation';
COMMENT ON COLUMN facts.exit_code IS 'Exit code of the command';
COMMENT ON COLUMN facts.duration_ms IS 'Milliseconds that it took';
COMMENT ON COLUMN facts.record_id IS 'Intent record, <project>.intent.<slug>';
COMMENT ON COLUMN facts.evidence_id IS 'Evidence definition, <record id>#<evidence id>';
COMMENT ON COLUMN facts.finding_id IS 'Drift finding, or the question of a contradiction';
COMMENT ON COLUMN facts.path IS 'File, relative to the root of the repository';
COMMENT ON COLUMN facts.line IS 'Line in that file, from 1';
COMMENT ON COLUMN facts.revision IS 'Commit that it is about';
COMMENT ON COLUMN facts.severity IS 'How bad losing the capability is: low, medium, high';
COMMENT ON COLUMN facts.failure_class IS 'validation, dispatch, execution, safety or semantic';
COMMENT ON COLUMN facts.principal IS 'Person or program that did or decided it';
COMMENT ON COLUMN facts.summary IS 'One sentence for a reader';
COMMENT ON COLUMN facts.payload IS 'Everything else, as JSON';
