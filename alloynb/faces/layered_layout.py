"""Where the nodes of a directed graph lie: in layers, from what leans to what is leant on. Deterministic and pure.

The same nodes and links give the same picture on every machine, in whatever order they are given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SWEEPS = 6
_Below = Mapping[str, Sequence[str]]
Link = tuple[str, str]


@dataclass(frozen=True)
class Layered:
    """Nodes in layers, with places kept free for links that pass through.

    Attributes:
        layers: names of nodes and of free places, in order.
        ways: for every link, from its end in the earlier layer on, the free places that it passes through.
    """

    layers: tuple[tuple[str, ...], ...]
    ways: Mapping[Link, tuple[str, ...]]

    def is_free(self, name: str) -> bool:
        """Whether a place is no node."""
        return _FREE in name


_FREE = "\x00"


def lay_out(nodes: Iterable[str], links: Iterable[Link], others: Iterable[Link] = ()) -> Layered:
    """Put nodes into layers so that links point onwards, cross each other rarely, and pass no node.

    A link that would close a circle is turned around for the layout. Links to unknown nodes, and from a node to itself,
    are passed over. Nodes without links come into the first layer.

    Args:
        others: links that have a way too, but do not decide which node comes first.
    """
    known = sorted(set(nodes))
    among = set(known)

    def sound(given: Iterable[Link]) -> list[Link]:
        return sorted({link for link in given if link[0] != link[1] and set(link) <= among})

    deciding, passing = sound(links), sound(others)
    wanted: dict[str, list[str]] = defaultdict(list)
    for source, target in deciding:
        wanted[source].append(target)
    rank = _ranks(known, _without_circles(known, wanted))
    layers: list[list[str]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for node in known:
        layers[rank[node]].append(node)
    below: dict[str, list[str]] = defaultdict(list)
    ways: dict[Link, tuple[str, ...]] = {}
    for link in sorted({*deciding, *passing}):
        first, last = sorted(link, key=lambda node: (rank[node], node))
        free = [f"{link[0]}{_FREE}{link[1]}{_FREE}{number}" for number in range(rank[first] + 1, rank[last])]
        for number, name in enumerate(free, start=rank[first] + 1):
            layers[number].append(name)
        chain = [first, *free, last]
        for one, other in pairwise(chain):
            if rank[first] < rank[last] and other not in below[one]:
                below[one].append(other)
        ways[link] = tuple(free)
    return Layered(tuple(map(tuple, _ordered(layers, below))), ways)


def _without_circles(nodes: Sequence[str], wanted: _Below) -> dict[str, list[str]]:
    """Turn around every link that leads back to where a walk came from."""
    forward: dict[str, set[str]] = {node: set() for node in nodes}
    done: dict[str, bool] = {}  # False while the walk is below the node
    for root in nodes:
        if root in done:
            continue
        done[root] = False
        walk = [(root, iter(wanted.get(root, ())))]
        while walk:
            node, targets = walk[-1]
            target = next(targets, None)
            if target is None:
                done[node] = True
                walk.pop()
            elif done.get(target) is False:
                forward[target].add(node)
            else:
                forward[node].add(target)
                if target not in done:
                    done[target] = False
                    walk.append((target, iter(wanted.get(target, ()))))
    return {node: sorted(targets) for node, targets in forward.items()}


def _ranks(nodes: Sequence[str], below: _Below) -> dict[str, int]:
    """Number of the layer of each node: the longest way there."""
    waiting_for = dict.fromkeys(nodes, 0)
    for targets in below.values():
        for target in targets:
            waiting_for[target] += 1
    rank = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waiting_for[node]]
    while ready:
        node = ready.pop()
        for target in below[node]:
            rank[target] = max(rank[target], rank[node] + 1)
            waiting_for[target] -= 1
            if not waiting_for[target]:
                ready.append(target)
    return rank


def _ordered(layers: list[list[str]], below: _Below) -> list[list[str]]:
    """Sort each layer by the middle of its neighbours, forth and back; of all orders the one with fewest crossings."""
    above: dict[str, list[str]] = defaultdict(list)
    for node, targets in below.items():
        for target in targets:
            above[target].append(node)
    best, fewest = layers, _crossings(layers, below)
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        towards = above if forth else below
        order = [list(layer) for layer in best]
        for number in range(len(order)) if forth else reversed(range(len(order))):
            at = {node: place for layer in order for place, node in enumerate(layer)}
            order[number].sort(key=lambda node: (_middle(node, towards, at), node))
        crossings = _crossings(order, below)
        if crossings < fewest:
            best, fewest = order, crossings
    return best


def _middle(node: str, towards: _Below, at: Mapping[str, int]) -> float:
    neighbours = [at[each] for each in towards.get(node, ())]
    return sum(neighbours) / len(neighbours) if neighbours else float(at[node])


def _crossings(layers: Sequence[Sequence[str]], below: _Below) -> int:
    """Number of pairs of links between neighbouring layers that cross."""
    at = {node: (number, place) for number, layer in enumerate(layers) for place, node in enumerate(layer)}
    crossed = 0
    for number, layer in enumerate(layers):
        ends = [
            (at[node][1], at[target][1])
            for node in layer
            for target in below.get(node, ())
            if at[target][0] == number + 1
        ]
        ends.sort()
        crossed += sum(
            first[1] > second[1] and first[0] < second[0]
            for place, first in enumerate(ends)
            for second in ends[place + 1 :]
        )
    return crossed
