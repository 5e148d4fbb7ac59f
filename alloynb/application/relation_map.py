"""How records stand to each other, as a map: all of it, or what lies around one of them (spec 2.1, 7.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from alloynb.application.read_intent import scan_intent
from alloynb.application.workspace import Workspace
from alloynb.intent.record import IntentRecord
from alloynb.intent.relationship_graph import links_of

NodeKind = Literal["record", "expectation", "strategy"]
LEANS_ON = "leans_on"
"""From a record to a shared expectation or strategy that it refers to."""


@dataclass(frozen=True)
class MapNode:
    """A record, or a shared expectation or strategy.

    Attributes:
        status, severity: of a record; empty for the others.
    """

    id: str
    kind: NodeKind
    title: str
    status: str = ""
    severity: str = ""


@dataclass(frozen=True)
class MapLink:
    """One directed link.

    Attributes:
        kind: a type of relationship, or `leans_on`.
        settled: of a conflict: a human said how it is resolved.
    """

    source: str
    kind: str
    target: str
    notes: str = ""
    settled: bool = False

    @property
    def is_open_conflict(self) -> bool:
        """Whether nobody said yet which of the two gives way."""
        return self.kind == "conflicts_with" and not self.settled


@dataclass(frozen=True)
class RelationMap:
    """Nodes and links, each in an order that does not depend on where files lie.

    Attributes:
        faults: what does not fit together, in words: dangling references, circles, ids that are taken twice.
    """

    nodes: tuple[MapNode, ...]
    links: tuple[MapLink, ...]
    faults: tuple[str, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, MapNode]:
        """Nodes by their ids."""
        return {each.id: each for each in self.nodes}

    @cached_property
    def links_at(self) -> dict[str, tuple[MapLink, ...]]:
        """Links that begin or end at a node, by its id."""
        found: dict[str, list[MapLink]] = {}
        for link in self.links:
            for end in {link.source, link.target}:
                found.setdefault(end, []).append(link)
        return {node: tuple(links) for node, links in found.items()}

    def linked(self) -> RelationMap:
        """The map without records that stand alone."""
        return self.only(self.links_at)

    def around(self, focus: str, *, steps: int = 1, most: int = 40) -> RelationMap:
        """The map of what can be reached from a node in so many steps, whichever way the links point.

        Args:
            most: nodes at most; what is nearer is taken first, then by id.
        """
        near, waiting = {focus}, deque([(focus, 0)])
        while waiting and len(near) < most:
            node, far = waiting.popleft()
            if far == steps:
                continue
            ends = {end for link in self.links_at.get(node, ()) for end in (link.source, link.target)}
            for end in sorted(ends - near):
                if len(near) < most:
                    near.add(end)
                    waiting.append((end, far + 1))
        return self.only(near)

    def only(self, ids: Iterable[str]) -> RelationMap:
        """The map of these nodes, with the links between them."""
        kept = set(ids)
        return RelationMap(
            tuple(each for each in self.nodes if each.id in kept),
            tuple(each for each in self.links if {each.source, each.target} <= kept),
            self.faults,
        )


def relation_map(workspace: Workspace) -> RelationMap:
    """Draw the map of all records that can be read; what is wrong with the others is told beside it."""
    from alloynb.intent.store import ExpectationStore, StrategyStore

    scan, faults = scan_intent(workspace)
    expectations, strategies = ExpectationStore(workspace.alloy_dir), StrategyStore(workspace.alloy_dir)
    shared = [
        *(MapNode(each.id, "expectation", each.statement) for each in expectations.scan().models),
        *(MapNode(each.id, "strategy", each.name) for each in strategies.scan().models),
    ]  # fmt: skip
    told = tuple(str(each) for each in (*scan.faults, *faults))
    found = map_of(scan.models, shared)
    return RelationMap(found.nodes, found.links, told)


def map_of(records: Iterable[IntentRecord], shared: Iterable[MapNode] = ()) -> RelationMap:
    """Draw the map of records, and of what they share; links to what is not there are left out. Pure."""
    records = sorted(records, key=lambda each: each.id)
    nodes = {each.id: MapNode(each.id, "record", each.title, each.status, each.severity) for each in records}
    nodes |= {each.id: each for each in sorted(shared, key=lambda each: each.id) if each.id not in nodes}
    links: dict[tuple[str, str, str], MapLink] = {}
    for record in records:
        said = {(str(each.type), each.target): each for each in record.relationships}
        for kind, target, _ in links_of(record):
            told = said.get((kind, target))
            link = MapLink(
                record.id,
                kind,
                target,
                (told.notes or "") if told else "",
                settled=bool(told and told.resolution),
            )
            links.setdefault((link.source, kind, target), link)
        for target in filter(None, (record.expectation_ref, record.strategy_ref)):
            links.setdefault((record.id, LEANS_ON, target), MapLink(record.id, LEANS_ON, target))
    kept = [each for each in links.values() if each.target in nodes]
    used = {each.target for each in kept}
    drawn = [each for each in nodes.values() if each.kind == "record" or each.id in used]
    return RelationMap(
        tuple(drawn), tuple(sorted(kept, key=lambda each: (each.source, each.kind, each.target)))
    )
