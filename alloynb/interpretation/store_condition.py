"""An SQL condition asked of the evidence store, and what its rows mean (spec 2.3, 6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alloynb.errors import AlloyError
from alloynb.interpretation.detection import Detection, Look

_LONGEST_ROW = 200


def look_by_condition(look: Look, sql: str, parameters: Mapping[str, Any]) -> Detection:
    """Hold an SQL condition against the store: it holds when the first column of every row is true.

    No row at all, or a first column that is NULL, proves nothing and is said to.

    Args:
        parameters: values by name; those that the statement does not name are left out.
    """
    if look.witnesses.ask is None:
        return Detection(elsewhere="the evidence store is asked", complete=False)
    given = {name: value for name, value in parameters.items() if f"${name}" in sql}
    try:
        rows = look.witnesses.ask(sql, given)
    except AlloyError as error:
        return Detection(could_not_check=(f"the condition could not be asked: {error}",))
    if not rows:
        return Detection(could_not_check=("the condition gave no row, which proves nothing",))
    broken = [row for row in rows if row[0] is False]
    if broken:
        more = f" and {len(broken) - 1} more rows" if len(broken) > 1 else ""
        told = f"{look.definition.description}: the condition is false{_told(broken[0])}{more}"
        return Detection((look.deviation(("condition",), told),))
    strange = [row for row in rows if row[0] is not True]
    if strange:
        what = "NULL" if strange[0][0] is None else f"{strange[0][0]!r}, which is neither true nor false"
        return Detection(could_not_check=(f"the first column of the condition is {what}",))
    return Detection()


def _told(row: tuple[Any, ...]) -> str:
    if len(row) < 2:
        return ""
    text = ", ".join(str(value) for value in row[1:])
    return f" ({text[:_LONGEST_ROW]})"
