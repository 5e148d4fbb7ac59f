"""The lives of requests as files below the mailbox: one file a step, created once (spec 5.3).

    lives/<request id>/0001.json     the first step; each number is created once, so two writers never both take one
    beats/<lease id>                 when the holder of a lease was heard last; replaced
    beats/<lease id>.resent          how many messages it had to send again; replaced, there only if any
    ended/<request id>               empty; a note that spares the reading of lives that are over

Whoever wants to add a step reads the life, decides, and creates the next number. If somebody else was first, nothing
was written, and they read again. A crash between any two files leaves a life that the next reader understands.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from runtime_artifacts.errors import InvalidContent, Place, UnknownRequest
from runtime_artifacts.execution_request import EXECUTION_REQUEST
from runtime_artifacts.identity import is_id
from runtime_artifacts.request_life import LeaseTaken, LifeStep, RequestLife
from runtime_artifacts.timestamp import format_timestamp, parse_timestamp
from runtime_artifacts.untrusted_file import read_untrusted
from runtime_artifacts.write_once import create_once, replace_whole

_LONGEST_STEP_BYTES = 64 * 1024
_MOST_TRIES = 1000


class RequestLives:
    """The lives of the requests of one mailbox."""

    def __init__(self, folder: Path) -> None:
        """Use the mailbox in `folder`, which need not exist yet."""
        self.folder = folder

    def life(self, request_id: str) -> RequestLife:
        """What became of a request; one that nobody touched is waiting.

        Raises:
            UnknownRequest: this is not the id of a request.
            IllegalStep, InvalidContent, MalformedDocument: a step was changed.
        """
        life = RequestLife(request_id)
        for number, file in self._steps(request_id):
            if number != len(life.steps) + 1:
                raise InvalidContent(f"step {number} where {len(life.steps) + 1} is next", place=Place(file))
            life = life.after(_read_step(file))
        return life

    def add(self, request_id: str, decide: Callable[[RequestLife], LifeStep | None]) -> RequestLife:
        """Add the step that `decide` takes on seeing the life as it stands; None adds nothing.

        Args:
            decide: called again when somebody else took a step meanwhile; may raise to refuse.

        Raises:
            IllegalStep: the step does not follow; nothing was written.
            OSError: it cannot be written; nothing was.
        """
        for _ in range(_MOST_TRIES):
            life = self.life(request_id)
            step = decide(life)
            if step is None:
                return life
            grown = life.after(step)
            file = self._folder_of(request_id) / f"{len(grown.steps):04d}.json"
            if create_once(file, (step.model_dump_json(exclude_none=True) + "\n").encode()):
                if grown.end is not None:
                    self._note_end(request_id)
                return grown
        raise InvalidContent(f"request {request_id}: {_MOST_TRIES} others were first")

    def has_ended(self, request_id: str) -> bool:
        """Say whether a request has ended; quick where that was noted."""
        if (self.folder / "ended" / request_id).exists():
            return True
        if not self._folder_of(request_id).is_dir():
            return False
        ended = self.life(request_id).end is not None
        if ended:  # whoever ended it died before the note
            self._note_end(request_id)
        return ended

    def touched(self) -> Iterator[str]:
        """Ids of every request to which something happened, oldest first."""
        if (self.folder / "lives").is_dir():
            for entry in sorted(os.scandir(self.folder / "lives"), key=lambda each: each.name):
                if is_id(entry.name, EXECUTION_REQUEST.id_prefix):
                    yield entry.name

    def beat(self, lease: LeaseTaken, at: datetime) -> None:
        """Note that the holder of a lease was heard.

        Raises:
            OSError: it cannot be noted.
        """
        replace_whole(self._beat_file(lease), format_timestamp(at).encode())

    def holds_until(self, lease: LeaseTaken) -> datetime:
        """When a lease runs out unless its holder is heard before."""
        heard = parse_timestamp(lease.accepted_at)
        with contextlib.suppress(OSError, ValueError):  # none yet; a damaged one counts as none
            heard = max(heard, parse_timestamp(self._beat_file(lease).read_text("utf-8").strip()))
        return heard + timedelta(seconds=lease.lease_s)

    def last_heard(self, lease: LeaseTaken) -> datetime:
        """When the holder of a lease was heard last."""
        return self.holds_until(lease) - timedelta(seconds=lease.lease_s)

    def note_resent(self, lease: LeaseTaken, count: int) -> None:
        """Note how many messages of a lease were sent again so far; a smaller number than before changes nothing.

        Raises:
            OSError: it cannot be noted.
        """
        if count > self.resent(lease):
            replace_whole(self._resent_file(lease), str(count).encode())

    def resent(self, lease: LeaseTaken) -> int:
        """How many messages of a lease were sent again, as far as its holder said."""
        try:
            return max(0, int(self._resent_file(lease).read_text("utf-8")))
        except (OSError, ValueError):  # none was; a damaged note counts as none
            return 0

    def _note_end(self, request_id: str) -> None:
        create_once(self.folder / "ended" / request_id, b"")

    def _beat_file(self, lease: LeaseTaken) -> Path:
        if not is_id(lease.lease_id, "lease"):
            raise InvalidContent(f"{lease.lease_id[:80]!r} is not the id of a lease")
        return self.folder / "beats" / lease.lease_id

    def _resent_file(self, lease: LeaseTaken) -> Path:
        return self._beat_file(lease).with_suffix(".resent")

    def _folder_of(self, request_id: str) -> Path:
        if not is_id(request_id, EXECUTION_REQUEST.id_prefix):
            raise UnknownRequest(f"{request_id[:80]!r} is not the id of a request")
        return self.folder / "lives" / request_id

    def _steps(self, request_id: str) -> list[tuple[int, Path]]:
        found = self._folder_of(request_id).glob("[0-9][0-9][0-9][0-9].json")
        return sorted((int(file.stem), file) for file in found)


def _read_step(file: Path) -> LifeStep:
    try:
        return LifeStep.model_validate_json(read_untrusted(file, _LONGEST_STEP_BYTES))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        pointer = "".join(f"/{part}" for part in first["loc"])
        raise InvalidContent(
            f"not a step of a request: {first['msg']}", place=Place(file, pointer)
        ) from error
