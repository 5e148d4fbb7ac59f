-- What is not folded yet: sealed Parquet, and journals that are still being written or wait to be sealed.
-- One statement sees each fact once: a journal counts as sealed when its Parquet is in the same scan.
-- The published file is bound to its place: paths are absolute, and written anew when the store has moved.
CREATE OR REPLACE VIEW store.recent AS
WITH sealed AS MATERIALIZED (
    SELECT journal, row_kind, @COLUMNS@
    FROM read_parquet(@SEALED@, union_by_name = true)
    ANTI JOIN store.journals USING (journal)
),
hot AS (
    SELECT substr(filename, @ROOT_LENGTH@ + 2) AS journal, @COLUMNS@
    FROM read_json(
        [@OPEN@, @RUNS@],
        columns = @JSON_COLUMNS@,
        format = 'newline_delimited',
        ignore_errors = true,
        maximum_object_size = @LONGEST@,
        filename = true
    )
    WHERE fact_id IS NOT NULL AND kind IS NOT NULL AND seq IS NOT NULL AND recorded_at IS NOT NULL
      -- What is folded need not be opened: the anti join below would drop it anyway.
      AND (
          filename >= @FIRST_HOT_RUN@
          OR NOT starts_with(filename, @RUN_PREFIX@)
          OR NOT suffix(filename, '/0001.jsonl')
          OR length(filename) <> @RUN_LENGTH@
      )
      AND (
          filename >= @FIRST_HOT_SESSION@
          OR NOT starts_with(filename, @SESSION_PREFIX@)
          OR length(filename) <> @SESSION_LENGTH@
      )
      AND NOT contains(
          @FOLDED_JOURNALS@, concat(@BETWEEN_NAMES@, substr(filename, @ROOT_LENGTH@ + 2), @BETWEEN_NAMES@)
      )
)
SELECT journal, row_kind, @COLUMNS@ FROM sealed WHERE row_kind <> 'journal'
UNION ALL
SELECT journal, 'fact' AS row_kind, @COLUMNS@
FROM hot
ANTI JOIN (SELECT DISTINCT journal FROM sealed) AS already_sealed USING (journal)
ANTI JOIN store.journals USING (journal);
