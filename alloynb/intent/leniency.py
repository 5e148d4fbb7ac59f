"""Waivers and exceptions as they stand in the repository: one YAML file each, committed like records (spec 2.3).

`.alloy/waivers/waiver_….yaml` and `.alloy/exceptions/exception_….yaml` are what counts: colleagues, reviews and other
checkouts see them. One that was withdrawn stays, and says who withdrew it and why.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from alloynb.errors import AlloyError
from alloynb.intent.evidence_definition import EvidenceException, Waiver
from alloynb.intent.strict_model import EvidenceId, NamedModel, PathGlob, StrictModel, Text, Timestamp
from alloynb.intent.yaml_folder import YamlFolder

LONGEST = timedelta(days=366)
"""What shall be allowed for longer is no exception: then the record says too much."""

State = Literal["valid", "expired", "withdrawn", "not yet valid"]

_ULID = "[0-9A-HJKMNP-TV-Z]{26}"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAYS = re.compile(r"([1-9]\d{0,3})d")


class NotAnEnd(AlloyError):
    """The end of a waiver or exception cannot be read, is past, or too far away."""


class NoReason(AlloyError):
    """Nobody allows anything without saying why."""


class Withdrawal(StrictModel):
    """Somebody took a waiver or an exception back before its end."""

    by: Text
    at: Timestamp
    why: Text


class Granted(NamedModel):
    """What every file shares that says something for a while.

    Attributes:
        until: first moment at which it holds no more; at most `LONGEST` after `granted_at`.
    """

    who: Text
    why: Text
    granted_at: Timestamp
    until: Timestamp
    withdrawn: Withdrawal | None = None

    @model_validator(mode="after")
    def _ends_in_time(self) -> Self:
        if self.until <= self.granted_at:
            raise ValueError("`until` is not after `granted_at`: it would never hold")
        if self.until - self.granted_at > LONGEST:
            raise ValueError(f"`until` is more than {LONGEST.days} days after `granted_at`")
        return self

    def state(self, at: datetime) -> State:
        """Say whether it counts at an aware moment."""
        if self.withdrawn is not None:
            return "withdrawn"
        if at >= self.until:
            return "expired"
        return "valid" if at >= self.granted_at else "not yet valid"

    def told(self) -> str:
        """Who allowed it, until when and why, in one line."""
        return f"{self.who} until {self.until.astimezone(UTC):%Y-%m-%d}: {self.why}"


class GrantedWaiver(Granted):
    """A waiver, as its file says it."""

    id: str = Field(pattern=rf"^waiver_{_ULID}$")
    evidence_id: EvidenceId

    @property
    def waiver(self) -> Waiver:
        """The waiver that satisfaction is judged with; of one that was withdrawn, nothing counts."""
        return Waiver(
            waiver_id=self.id,
            evidence_id=self.evidence_id,
            who=self.who,
            why=self.why,
            granted_at=self.granted_at,
            until=self.until,
        )


class GrantedException(Granted):
    """An allowed deviation, as its file says it.

    Attributes:
        finding_id: the finding that is allowed, or None.
        path: gitignore-style glob in which findings of the evidence are allowed, or None.
    """

    id: str = Field(pattern=rf"^exception_{_ULID}$")
    evidence_id: EvidenceId
    finding_id: Text | None = None
    path: PathGlob | None = None

    @model_validator(mode="after")
    def _names_what_it_allows(self) -> Self:
        if self.finding_id is None and self.path is None:
            raise ValueError("an exception names a finding or a path")
        return self

    @property
    def exception(self) -> EvidenceException:
        """The exception that findings are held against."""
        return EvidenceException(
            exception_id=self.id,
            evidence_id=self.evidence_id,
            finding_id=self.finding_id,
            path=self.path,
            who=self.who,
            why=self.why,
            granted_at=self.granted_at,
            until=self.until,
        )


class WaiverStore(YamlFolder[GrantedWaiver]):
    """The waivers of a repository: `.alloy/waivers/<id>.yaml`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "waivers", GrantedWaiver)


class ExceptionStore(YamlFolder[GrantedException]):
    """The exceptions of a repository: `.alloy/exceptions/<id>.yaml`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "exceptions", GrantedException)


def reason_of(why: str) -> str:
    """Make sure that a reason is given.

    Raises:
        NoReason: it is blank.
    """
    if not why.strip():
        raise NoReason("no reason is given", next_step="say why with --why; it is told in every report")
    return why.strip()


def end_of(text: str, now: datetime) -> datetime:
    """Read when a waiver or exception ends: the beginning of a day in UTC (`2027-01-31`), or days from now (`90d`).

    Raises:
        NotAnEnd: it is neither, is not in the future, or more than `LONGEST` away.
    """
    try:
        if days := _DAYS.fullmatch(text):
            end = now + timedelta(days=int(days[1]))
        elif _DAY.fullmatch(text):
            end = datetime.fromisoformat(text).replace(tzinfo=UTC)
        else:
            raise ValueError(text)
    except (ValueError, OverflowError) as error:
        step = "write a day such as 2027-01-31, or days from now such as 90d"
        raise NotAnEnd(f"{text!r} is not an end", next_step=step) from error
    if end <= now:
        raise NotAnEnd(f"{text} is not in the future", next_step="name a later day")
    if end - now > LONGEST:
        raise NotAnEnd(
            f"{text} is more than {LONGEST.days} days away",
            next_step="name an earlier day; what shall always be allowed belongs into the record",
        )
    return end
