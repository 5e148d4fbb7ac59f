"""Recurring requests: a request that exists is asked for again at cron times, on what is committed then (spec 7.2).

    [[recurring]]
    name = "nightly"
    cron = "0 3 * * *"                 # in UTC
    request = "runreq_01J…"            # its brief, payload and throttle; the revision is HEAD of then

Where nothing was committed since, the key is the same, and nothing runs again. A request at throttle `full` recurs only
within its approvals, which name a brief and end. Several serving processes may keep the same schedule: in a mailbox the
key decides, in a queue each moment is claimed (`queue_schedule`), also where their clones are not at the same commit.
"""

from __future__ import annotations

import asyncio
import re
import threading
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from foundry_kernel import __version__
from foundry_kernel.errors import CannotDispatch, FoundryError
from foundry_kernel.gateways.git import CommandGit
from foundry_kernel.runner.cron import CronTime, parse_cron
from foundry_kernel.runner.prepare import locate_request
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.envelope import Artifact, seal
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.identity import new_id
from runtime_artifacts.safe_path import resolve_inside

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LONGEST_SLEEP_S = 30.0
_AGAIN = timedelta(seconds=15)


class BadSchedule(FoundryError):
    """The file is not a schedule."""

    failure_class = "validation"


@dataclass(frozen=True)
class Recurring:
    """One request that recurs.

    Attributes:
        said: the whole entry, the same in every process that reads the same file.
    """

    name: str
    cron: CronTime
    request: str
    said: str = ""


def read_schedule(file: Path) -> tuple[Recurring, ...]:
    """Read a schedule, strictly.

    Raises:
        BadSchedule, BadCronTime: with the entry that is wrong.
    """
    try:
        said = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadSchedule(f"{file}: {error}") from error
    entries = said.pop("recurring", None)
    if said or not isinstance(entries, list) or not entries:
        raise BadSchedule(f"{file}: a schedule is a list of [[recurring]]")
    found: list[Recurring] = []
    for entry in entries:
        texts = {name: value for name, value in entry.items() if isinstance(value, str)}
        if set(entry) != {"name", "cron", "request"} or len(texts) != len(entry):
            raise BadSchedule(f"{file}: an entry has exactly the texts name, cron and request")
        if not _NAME.fullmatch(texts["name"]) or texts["name"] in {each.name for each in found}:
            raise BadSchedule(f"{file}: {texts['name'][:80]!r} cannot be a name, or is one already")
        whole = " ".join((texts["name"], texts["request"], *texts["cron"].split()))
        found.append(Recurring(texts["name"], parse_cron(texts["cron"]), texts["request"], whole))
    return tuple(found)


class Asking(Protocol):
    """Where what recurs is asked for."""

    def ask(self, entry: Recurring, due: datetime) -> str:
        """Ask for an entry at its moment; answers with words for people.

        Raises:
            CannotDispatch: nobody answers there; the same moment is asked for again.
            FoundryError, ArtifactError, OSError: it cannot be asked for, and its moment has passed.
        """
        ...

    def finish(self) -> Iterable[str]:
        """Ask for what somebody else began to ask for and did not; what was done, in words for people.

        Raises:
            CannotDispatch: nobody answers there.
        """
        ...


@dataclass(frozen=True)
class AskMailbox:
    """Asks in the mailbox of the workspace: who posts a key second is answered with the first."""

    workspace: RunnerWorkspace
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def ask(self, entry: Recurring, due: datetime) -> str:
        """Post the request anew; see `Asking`."""
        posted = self.workspace.mailbox.post(ask_again(entry, self.workspace, self.clock()))
        told = "was asked before; nothing runs again" if posted.deduplicated else "asked"
        return f"{posted.request.id} {told}"

    def finish(self) -> Iterable[str]:
        """Nothing: a post is whole or none."""
        return ()


def keep_schedule(
    entries: Sequence[Recurring],
    asking: Asking,
    stop: threading.Event,
    tell: Callable[[str], None],
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Ask for what recurs, each time its moment comes, until a stop is asked for; what goes wrong is told.

    Moments that passed while nobody served are not made up for. One at which nobody answered is asked for again, until
    the next one comes.
    """
    due = {each.name: each.cron.next_after(clock()) for each in entries}
    again: dict[str, tuple[datetime, datetime]] = {}
    while not stop.is_set():
        for each in entries:
            now = clock()
            if now >= due[each.name]:
                moment, due[each.name] = due[each.name], each.cron.next_after(now)
            elif each.name in again and now >= again[each.name][1]:
                moment = again[each.name][0]
            else:
                continue
            said, answered = _asked(asking, each, moment)
            again.pop(each.name, None)
            if not answered:
                again[each.name] = (moment, now + _AGAIN)
            tell(f"schedule {each.name}: {said}")
        for said in _finished(asking):
            tell(f"schedule: {said}")
        nearest = min((*due.values(), *(at for _, at in again.values()))) - clock()
        stop.wait(max(0.05, min(_LONGEST_SLEEP_S, nearest.total_seconds())))


def ask_again(entry: Recurring, workspace: RunnerWorkspace, now: datetime) -> Artifact[ExecutionRequest]:
    """Make the request anew, on the revision that is HEAD now.

    Raises:
        FoundryError, ArtifactError: there is no such request, or no commit.
    """
    earlier, _ = locate_request(entry.request, str(workspace.root), workspace.root)
    content = earlier.content
    path = content.repo.path
    repository = workspace.root if path == "." else resolve_inside(workspace.root, path)
    head = asyncio.run(CommandGit().revision(repository))
    placed = content.model_copy(
        update={
            "repo": content.repo.model_copy(update={"revision": head}),
            "override": None,
            "correlation_id": new_id("corr"),
        }
    )
    renewed = placed.model_copy(update={"idempotency_key": placed.derived_key()})
    return seal(
        EXECUTION_REQUEST,
        renewed,
        id=new_id(EXECUTION_REQUEST.id_prefix),
        created_at=now,
        created_by=f"schedule {entry.name}",
        compiler_version=f"foundry-kernel {__version__}",
    )


def _asked(asking: Asking, entry: Recurring, due: datetime) -> tuple[str, bool]:
    """What came of asking, in words, and whether anybody answered."""
    try:
        return asking.ask(entry, due), True
    except CannotDispatch as error:
        return f"not asked yet: {error}", False
    except (FoundryError, ArtifactError, OSError) as error:
        return f"not asked: {error}", True


def _finished(asking: Asking) -> list[str]:
    try:
        return list(asking.finish())
    except (FoundryError, ArtifactError, OSError):  # the next look tries again
        return []
