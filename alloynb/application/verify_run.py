"""Verify the whole chain of one run, offline: from the records to what was observed (spec 3.7, exact snapshot rule).

What it can show: that a run executed this brief against this revision, that nothing was exchanged or edited afterwards,
and that what needed an approval had one. What it cannot: whoever may write to the whole workspace could write a new
run, journal and all; only approvals are signed.
"""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.chain_approvals import approvals_link
from alloynb.application.chain_journal import journal_links
from alloynb.application.chain_link import LINKS, ChainLink
from alloynb.application.chain_parts import ChainParts, find_parts
from alloynb.application.workspace import Workspace
from alloynb.intent.record import IntentRecord
from runtime_artifacts.formation_brief import IntentSnapshot


@dataclass(frozen=True)
class VerifiedRun:
    """Every link of the chain, in order.

    Attributes:
        changed_since: what became of the records since they were compiled; no fault.
    """

    run_id: str
    request_id: str
    links: tuple[ChainLink, ...]
    changed_since: tuple[str, ...]

    @property
    def broken(self) -> tuple[ChainLink, ...]:
        """Links that contradict what they should say."""
        return tuple(link for link in self.links if link.status == "broken")

    @property
    def missing(self) -> tuple[ChainLink, ...]:
        """Links that are not there."""
        return tuple(link for link in self.links if link.status == "missing")

    @property
    def exit_code(self) -> int:
        """0 when every link holds, 3 when one is broken, 1 when one is missing."""
        return 3 if self.broken else 1 if self.missing else 0


def verify_run(workspace: Workspace, run: str) -> VerifiedRun:
    """Verify a run; nothing is written and nothing is asked of the network.

    Args:
        run: id of a run, or the beginning of one.

    Raises:
        AlloyError: there is no such run, more than one fits, or it was not started by a request.
    """
    parts = find_parts(workspace, run)
    records, changed = _records(parts)
    links = {**parts.links, "records": records, "approvals": approvals_link(parts)}
    links |= journal_links(parts)
    return VerifiedRun(parts.run_id, parts.request_id, tuple(links[name] for name in LINKS), changed)


def _records(parts: ChainParts) -> tuple[ChainLink, tuple[str, ...]]:
    """The snapshots in the brief, against the records as they stand.

    A record that was edited since is no fault: the snapshot holds what it was. A record that still has the digest of
    the snapshot must also say what the snapshot says.
    """
    doubts = parts.doubts("records")
    if parts.brief is None:
        doubts.note("not looked at: there is no brief to hold them against")
        return doubts.link("none"), ()
    scan = parts.workspace.intent.scan()
    standing = {stored.model.id: stored for stored in scan.stored}
    snapshots = parts.brief.content.relevant_intent.records
    changed = []
    for snapshot in snapshots:
        stored = standing.get(snapshot.record_id)
        if stored is None:
            changed.append(f"{snapshot.record_id} is gone, or cannot be read.")
            continue
        record = stored.model
        if record.content_digest() != snapshot.digest:
            changed.append(
                f"{snapshot.record_id} was edited: version {record.version}, it was {snapshot.version}."
            )
        elif not _says(snapshot, record):
            doubts.breaks(
                f"the snapshot of {snapshot.record_id} has the digest of the record, and other words",
                stored.file,
            )
        elif snapshot.role == "constraint" and not record.guides_runs:
            changed.append(f"{snapshot.record_id} is {record.status} by now.")
    protected = {each.record_id for each in parts.brief.content.protected_capabilities}
    if strangers := sorted(protected - {each.record_id for each in snapshots}):
        doubts.breaks(f"the brief protects {', '.join(strangers)} without a snapshot of the record")
    same = len(snapshots) - len(changed)
    for each in changed:
        doubts.note(f"since then: {each}")
    return doubts.link(f"{same} of {len(snapshots)} stand as they were compiled"), tuple(changed)


def _says(snapshot: IntentSnapshot, record: IntentRecord) -> bool:
    texts = ("capability", "threat", "expectation", "strategy", "tradeoff")
    return snapshot.severity == record.severity and all(
        getattr(snapshot, name) == (getattr(record, name) or "") for name in texts
    )
