from __future__ import annotations

from itertools import product
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from alloynb.archaeology.import_graph import ImportGraph, ImportSite
from alloynb.intent.boundary_rule import ImportBoundaryRule
from alloynb.interpretation.boundary import BoundaryVerdict, evaluate_boundary

RULES: TypeAdapter[ImportBoundaryRule] = TypeAdapter(ImportBoundaryRule)


def graph_of(
    *imports: str, modules: tuple[str, ...] = (), packages: tuple[str, ...] = ("a", "b")
) -> ImportGraph:
    """`"a.x -> b"` or `"a.x -> b @7"`; everything outside `packages` is external."""
    sites = []
    for number, text in enumerate(imports, start=1):
        pair, _, line = text.partition(" @")
        importer, imported = pair.split(" -> ")
        path = importer.replace(".", "/") + ".py"
        sites.append(ImportSite(importer, imported, path, int(line or number), f"import {imported}"))
    names = {*modules, *(name for site in sites for name in (site.importer, site.imported))}
    internal = {name for name in names if name.split(".")[0] in packages}
    return ImportGraph(
        packages=packages,
        modules=tuple(sorted(internal)),
        external=tuple(sorted(names - internal)),
        imports=tuple(sorted(sites)),
        paths=MappingProxyType({}),
    )


def judge(graph: ImportGraph, **rule: Any) -> BoundaryVerdict:
    return evaluate_boundary(RULES.validate_python({"packages": graph.packages, **rule}), graph)


def broken(verdict: BoundaryVerdict) -> list[tuple[str, str]]:
    return [(each.importer, each.imported) for each in verdict.violations]


def test_a_forbidden_import_is_reported_with_every_line() -> None:
    graph = graph_of("a.x -> b.y @9", "a.x -> b.y @3", "b -> a.x")

    (found,) = judge(graph, type="forbidden", sources=["a"], targets=["b"]).violations

    assert (found.importer, found.imported, found.path, found.lines) == ("a.x", "b.y", "a/x.py", (3, 9))
    assert found.message == "a.x imports b.y; a must not import b"


def test_a_chain_breaks_the_rule_only_when_indirect_imports_count() -> None:
    graph = graph_of("a.x -> c.m @4", "c.m -> c.n @5", "c.n -> b @6", packages=("a", "b", "c"))
    rule = {"type": "forbidden", "sources": ["a"], "targets": ["b"]}

    assert judge(graph, **rule).violations == ()
    (found,) = judge(graph, **rule, indirect=True).violations

    assert found.chain == ("a.x", "c.m", "c.n", "b")
    assert found.lines == (4,)
    assert [[site.line for site in step] for step in found.later_sites] == [[5], [6]]
    assert found.message == "a.x reaches b (a.x → c.m → c.n → b); a must not import b"


def test_a_part_may_be_private_to_itself_within_its_package() -> None:
    graph = graph_of("a.x -> a.hidden.k", "a.hidden.k -> a.hidden.l", "a.hidden.k -> a.x")

    assert broken(judge(graph, type="forbidden", sources=["a"], targets=["a.hidden"])) == [
        ("a.x", "a.hidden.k")
    ]
    assert broken(judge(graph, type="forbidden", sources=["a.hidden"], targets=["a"])) == [
        ("a.hidden.k", "a.x")
    ]


def test_external_packages_can_be_forbidden() -> None:
    graph = graph_of("a.x -> click", "b -> click")

    assert broken(judge(graph, type="forbidden", sources=["a"], targets=["click"])) == [("a.x", "click")]


def test_a_lower_layer_never_imports_a_higher_one() -> None:
    graph = graph_of("a.low.x -> a.top", "a.top -> a.low.x", "a.mid -> a.low.x", "a.low.x -> a.else_")

    verdict = judge(graph, type="layers", layers=["a.top", "a.mid", "a.low"])

    assert broken(verdict) == [("a.low.x", "a.top")]
    assert "layer a.top lies above layer a.low" in verdict.violations[0].message


def test_siblings_in_a_layer_do_not_import_each_other() -> None:
    graph = graph_of("a.left -> a.right", "a.left.x -> a.left.y", "a.top -> a.right")

    verdict = judge(graph, type="layers", layers=["a.top", "a.left | a.right"])

    assert broken(verdict) == [("a.left", "a.right")]


def test_a_layer_inside_another_takes_its_modules_out() -> None:
    graph = graph_of("a.core -> a.cli", "a.cli -> a.core")

    assert broken(judge(graph, type="layers", layers=["a.cli", "a"])) == [("a.core", "a.cli")]


def test_a_layer_chain_goes_only_through_modules_outside_the_layers() -> None:
    graph = graph_of("a.low -> a.free", "a.free -> a.top", "a.low2 -> a.mid", "a.mid -> a.top")

    verdict = judge(graph, type="layers", layers=["a.top", "a.mid", "a.low | a.low2"], indirect=True)

    assert broken(verdict) == [("a.low", "a.top"), ("a.low2", "a.mid"), ("a.mid", "a.top")]


def test_independent_modules_do_not_import_each_other_but_themselves() -> None:
    graph = graph_of("a.p.one -> a.p.two", "a.p.one.x -> a.p.one.y", "a.p -> a.p.one", "a.p.two -> a.p")

    assert broken(judge(graph, type="independence", modules=["a.p.*"])) == [("a.p.one", "a.p.two")]
    assert broken(judge(graph, type="independence", modules=["a.p.one", "a.p.two"])) == [
        ("a.p.one", "a.p.two")
    ]


def test_allowed_only_closes_the_universe_and_nothing_else() -> None:
    graph = graph_of("a.x -> a.y", "a.x -> b.open", "a.x -> b.shut", "a.x -> click", "a.x -> json")
    rule = {"type": "allowed_only", "sources": ["a"], "targets": ["b.open"]}

    assert broken(judge(graph, **rule)) == [("a.x", "b.shut")]
    assert broken(judge(graph, **rule, universe=["b", "click"])) == [("a.x", "b.shut"), ("a.x", "click")]
    assert broken(judge(graph, **rule, universe=["*"])) == [
        ("a.x", "b.shut"),
        ("a.x", "click"),
        ("a.x", "json"),
    ]


def test_ignored_imports_are_exact_and_stale_ones_are_named() -> None:
    graph = graph_of("a.x -> b", "a.x.deep -> b")

    verdict = judge(
        graph, type="forbidden", sources=["a"], targets=["b"], ignore_imports=["a.x -> b", "a.gone -> b"]
    )

    assert broken(verdict) == [("a.x.deep", "b")]
    assert [(each.name, each.role) for each in verdict.unmatched] == [("a.gone -> b", "ignored import")]
    everything = judge(graph, type="forbidden", sources=["a"], targets=["b"], ignore_imports=["a.** -> b"])
    assert everything.violations == ()


@pytest.mark.parametrize(
    ("rule", "unmatched", "vacuous"),
    [
        ({"type": "forbidden", "sources": ["a.typo"], "targets": ["b"]}, [("a.typo", False)], True),
        ({"type": "forbidden", "sources": ["a"], "targets": ["b.typo"]}, [("b.typo", False)], True),
        ({"type": "forbidden", "sources": ["a"], "targets": ["b", "b.typo"]}, [("b.typo", False)], False),
        ({"type": "forbidden", "sources": ["a"], "targets": ["click"]}, [("click", True)], False),
        ({"type": "forbidden", "sources": ["a"], "targets": ["os.path"]}, [("os.path", False)], True),
        ({"type": "forbidden", "sources": ["json"], "targets": ["a"]}, [("json", False)], True),
        ({"type": "forbidden", "sources": ["a"], "targets": ["a"]}, [], True),
        ({"type": "layers", "layers": ["a", "b.typo"]}, [("b.typo", False)], True),
        ({"type": "layers", "layers": ["a", "b", "b.typo"]}, [("b.typo", False)], False),
        ({"type": "independence", "modules": ["a", "b.typo"]}, [("b.typo", False)], True),
        ({"type": "independence", "modules": ["a", "a.x"]}, [], True),
        ({"type": "allowed_only", "sources": ["z"], "targets": []}, [("z", False)], True),
        (
            {"type": "allowed_only", "sources": ["a"], "targets": ["b"], "universe": ["rich"]},
            [("rich", True)],
            False,
        ),
        (
            {"type": "allowed_only", "sources": ["a"], "targets": [], "universe": ["b.no"]},
            [("b.no", False)],
            True,
        ),
    ],
)
def test_a_rule_that_cannot_be_broken_says_so(
    rule: dict[str, Any], unmatched: list[tuple[str, bool]], vacuous: bool
) -> None:
    verdict = judge(graph_of("a.x -> json", "b.y -> json"), **rule)

    assert [(each.name, each.expected) for each in verdict.unmatched] == unmatched
    assert bool(verdict.vacuous) == vacuous


MODULES = ("a", "a.x", "a.x.m", "a.y", "b", "b.x", "b.y", "c", "ext")
INTERNAL = tuple(name for name in MODULES if name != "ext")
EDGES = st.sets(st.tuples(st.sampled_from(INTERNAL), st.sampled_from(MODULES)), max_size=14)
NAMES = st.lists(
    st.sampled_from((*MODULES, "a.*", "*.x", "**.m", "a.**")), min_size=1, max_size=3, unique=True
)


def within(expression: str, module: str) -> int:
    """Naive: the length of the shortest ancestor that has the shape of the expression."""
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        if shaped(expression.split("."), parts[:length]):
            return length
    return 0


def shaped(pattern: list[str], parts: list[str]) -> bool:
    if not pattern or not parts:
        return not pattern and not parts
    first = pattern[0]
    if first == "**":
        return any(shaped(pattern[1:], parts[taken:]) for taken in range(1, len(parts) + 1))
    return first in ("*", parts[0]) and shaped(pattern[1:], parts[1:])


def reachable(start: str, edges: set[tuple[str, str]], through: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for importer, imported in edges:
            if importer == here and imported not in found and importer != imported:
                found.add(imported)
                if imported in through:
                    waiting.append(imported)
    return found - {start}


def graph_with(edges: set[tuple[str, str]]) -> ImportGraph:
    imports = [f"{importer} -> {imported}" for importer, imported in sorted(edges)]
    return graph_of(*imports, modules=MODULES, packages=("a", "b", "c"))


@given(edges=EDGES, sources=NAMES, targets=NAMES, indirect=st.booleans())
def test_forbidden_agrees_with_a_naive_reading(
    edges: set[tuple[str, str]], sources: list[str], targets: list[str], indirect: bool
) -> None:
    depth = {
        name: (max(within(each, name) for each in sources), max(within(each, name) for each in targets))
        for name in MODULES
    }
    ends = {name for name, (source, target) in depth.items() if target and target >= source}
    starts = {name for name, (source, _) in depth.items() if source and name not in ends} - {"ext"}
    through = set(INTERNAL) - starts - ends if indirect else set()
    expected = sorted((s, e) for s in starts for e in reachable(s, edges, through) & ends)

    verdict = judge(graph_with(edges), type="forbidden", sources=sources, targets=targets, indirect=indirect)

    assert broken(verdict) == expected
    if indirect:  # the rule as a whole is broken exactly when any path at all exists
        everywhere = set(INTERNAL)
        assert bool(expected) == any(reachable(start, edges, everywhere) & ends for start in starts)
    for found in verdict.violations:
        assert all((one, two) in edges for one, two in zip(found.chain, found.chain[1:], strict=False))


@given(edges=EDGES, layers=st.permutations(["a.x", "a.y", "b", "c"]), indirect=st.booleans())
def test_layers_agree_with_a_naive_reading(
    edges: set[tuple[str, str]], layers: list[str], indirect: bool
) -> None:
    home = {name: at for name in INTERNAL for at, layer in enumerate(layers) if within(layer, name)}
    through = set(INTERNAL) - set(home) if indirect else set()
    expected = sorted(
        (low, high)
        for low in home
        for high in reachable(low, edges, through) & set(home)
        if home[high] < home[low]
    )

    assert broken(judge(graph_with(edges), type="layers", layers=layers, indirect=indirect)) == expected


@given(edges=EDGES, modules=NAMES.filter(lambda names: len(names) > 1 or "*" in names[0]))
def test_independence_agrees_with_a_naive_reading(edges: set[tuple[str, str]], modules: list[str]) -> None:
    units = {name for name in MODULES for each in modules if shaped(each.split("."), name.split("."))}
    expected = sorted(
        {
            (importer, imported)
            for (importer, imported), one, two in product(edges, units, units)
            if within(one, importer) and within(two, imported)
            if not within(one, two) and not within(two, one)
        }
    )

    assert broken(judge(graph_with(edges), type="independence", modules=modules)) == expected


@given(edges=EDGES, sources=NAMES, targets=NAMES, universe=NAMES)
def test_allowed_only_agrees_with_a_naive_reading(
    edges: set[tuple[str, str]], sources: list[str], targets: list[str], universe: list[str]
) -> None:
    def among(names: list[str], module: str) -> bool:
        return any(within(each, module) for each in names)

    expected = sorted(
        (importer, imported)
        for importer, imported in edges
        if among(sources, importer) and among(universe, imported)
        if not among(targets, imported) and not among(sources, imported)
    )

    verdict = judge(
        graph_with(edges), type="allowed_only", sources=sources, targets=targets, universe=universe
    )

    assert broken(verdict) == expected
