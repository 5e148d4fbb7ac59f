-- What is not folded yet: sealed Parquet, and journals that are still being written or wait to be sealed.
-- One statement sees each fact once: a journal counts as sealed when its Parquet is in the same scan.
-- A query of ours may say by variables which growing journals to pass over, where the rows of their beginnings are
-- kept, and which files hold the rest; for any other tool these journals are read whole.
-- The published file is bound to its place: paths are absolute, and written anew when the store has moved.
CREATE OR REPLACE VIEW store.recent AS
FROM (
    WITH sealed AS MATERIALIZED (
        SELECT journal, row_kind, @COLUMNS@
        FROM read_parquet(@SEALED@, union_by_name = true)
        ANTI JOIN store.journals USING (journal)
    ),
    hot AS (
        SELECT
            CASE
                WHEN starts_with(filename, @TAILS@) THEN substr(filename, @TAILS_LENGTH@ + 1)
                ELSE substr(filename, @ROOT_LENGTH@ + 2)
            END AS journal,
            @COLUMNS@
        FROM read_json(
            list_concat([@OPEN@, @RUNS@], coalesce(getvariable('alloy_tails'), []::VARCHAR[])),
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
          AND NOT contains(
              coalesce(getvariable('alloy_growing'), ''),
              concat(@BETWEEN_NAMES@, substr(filename, @ROOT_LENGTH@ + 2), @BETWEEN_NAMES@)
          )
    )
    SELECT journal, row_kind, @COLUMNS@ FROM sealed WHERE row_kind <> 'journal'
    UNION ALL
    SELECT journal, 'fact' AS row_kind, @COLUMNS@
    FROM hot
    ANTI JOIN (SELECT DISTINCT journal FROM sealed) AS already_sealed USING (journal)
    ANTI JOIN store.journals USING (journal)
)
UNION ALL
-- Of these no journal is folded or sealed: whoever sets the variables sees to it. Outside of the common table
-- expression, so that only the columns that are asked for are read.
SELECT journal, 'fact' AS row_kind, @COLUMNS@
FROM read_parquet(coalesce(getvariable('alloy_parts'), [@NO_PARTS@]));

-- Beginnings of the ids of runs and of sessions before which every journal is folded.
CREATE OR REPLACE VIEW store.hot_since AS SELECT @FIRST_RUN_ID@ AS run_id, @FIRST_SESSION_ID@ AS session_id;
