"""The view over what is not folded yet, bound to one place and one state of the store.

It must look at every journal that may hold something new, and should open none that cannot: the anti join against the
list of folded journals is what makes it right, the conditions on file names only make it fast.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.evidence.columns import column_list, json_columns, quoted
from alloynb.evidence.layout import EMPTY_PARQUET, StoreLayout, literal_path
from alloynb.evidence.sql_files import SqlSources
from runtime_artifacts.identity import ULID_PATTERN
from runtime_artifacts.journal import MAX_LINE_BYTES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CLOCKS_DIFFER_BY = timedelta(hours=1)
"""A journal that begins after a fold has an id that is at most so much older than the newest one that was folded."""

MOST_NAMED = 4096
"""So many of the largest folded journals are named in the view, not to be opened; every query reads the names."""

BETWEEN_NAMES = "//"
"""Stands in no key, so that a name is found among all of them by its whole length or not at all."""

TAIL_NAME_LENGTH = 32
"""Of the name of the folder in which a query keeps what it copied of growing journals."""

_FIRST_ATTEMPT = re.compile(rf"runs/run_({ULID_PATTERN})/journal/0001\.jsonl")
_SESSION = re.compile(rf"evidence/open/({ULID_PATTERN})\.jsonl")
_ULID_LENGTH = 26
_ULID_TIME_LENGTH = 10


def create_recent_view(
    connection: DuckDBPyConnection,
    sources: SqlSources,
    layout: StoreLayout,
    sealed_folder: Path,
    folded: Mapping[str, int],
) -> None:
    """Write the view for this place and this state.

    Args:
        sealed_folder: where it looks for what will be sealed from now on.
        folded: key and size of every journal that is in the native tables.
    """
    first_run, first_session = (first_hot(named, layout, folded) for named in (_FIRST_ATTEMPT, _SESSION))
    text = sources.recent
    for name, value in {
        "@COLUMNS@": column_list(),
        "@JSON_COLUMNS@": json_columns(),
        "@SEALED@": quoted(f"{literal_path(sealed_folder)}/*.parquet"),
        "@OPEN@": quoted(f"{literal_path(layout.open)}/*.jsonl"),
        "@RUNS@": quoted(f"{literal_path(layout.runs)}/*/journal/*.jsonl"),
        "@ROOT_LENGTH@": str(len(str(layout.root))),
        "@LONGEST@": str(4 * MAX_LINE_BYTES),
        "@RUN_PREFIX@": quoted(f"{layout.runs}/run_"),
        "@FIRST_HOT_RUN@": quoted(f"{layout.runs}/run_{first_run}"),
        "@RUN_LENGTH@": str(len(f"{layout.runs}/run_/journal/0001.jsonl") + _ULID_LENGTH),
        "@SESSION_PREFIX@": quoted(f"{layout.open}/"),
        "@FIRST_HOT_SESSION@": quoted(f"{layout.open}/{first_session}"),
        "@SESSION_LENGTH@": str(len(f"{layout.open}/.jsonl") + _ULID_LENGTH),
        "@BETWEEN_NAMES@": quoted(BETWEEN_NAMES),
        "@FIRST_RUN_ID@": quoted(first_run),
        "@FIRST_SESSION_ID@": quoted(first_session),
        "@TAILS@": quoted(f"{layout.tails}/"),
        "@TAILS_LENGTH@": str(len(f"{layout.tails}/") + TAIL_NAME_LENGTH + 1),
        "@NO_PARTS@": quoted(literal_path(sealed_folder / EMPTY_PARQUET)),
        "@FOLDED_JOURNALS@": quoted(names_of_folded(folded, first_run, first_session)),
    }.items():
        text = text.replace(name, value)
    connection.execute(text)


def names_of_folded(folded: Mapping[str, int], first_run: str, first_session: str) -> str:
    """Keys of folded journals that are not passed over for their time already, with what stands between names around.

    As one text: DuckDB copies the condition for every file that it looks at, and a list of thousands costs more than
    opening the files.
    """

    def is_early(key: str) -> bool:
        begun, first = _FIRST_ATTEMPT.fullmatch(key), first_run
        if begun is None:
            begun, first = _SESSION.fullmatch(key), first_session
        return begun is not None and begun[1] < first

    near = sorted((key for key in folded if not is_early(key)), key=lambda key: -folded[key])[:MOST_NAMED]
    return BETWEEN_NAMES.join(["", *near, ""])


def first_hot(named: re.Pattern[str], layout: StoreLayout, folded: Mapping[str, int]) -> str:
    """Beginning of a ULID before which every journal of this sort is folded, and no new one is expected.

    Args:
        named: matches the keys of the sort, which begin with the time; the ULID is its group.
    """
    from ulid import ULID

    begun = [found[1] for key in folded if (found := named.fullmatch(key))]
    if not begun:
        return ""
    newest = ULID.from_str(max(begun)).milliseconds
    earliest = max(0, newest - CLOCKS_DIFFER_BY // timedelta(milliseconds=1))
    expected = str(ULID.from_timestamp(earliest))[:_ULID_TIME_LENGTH]
    keys = map(layout.key_of, layout.journals())
    waiting = (found[1] for key in keys if key not in folded and (found := named.fullmatch(key)))
    return min((expected, *waiting))
