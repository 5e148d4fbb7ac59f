from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alloynb.compiler.selection import EVERYWHERE, IN_SCOPE, NAMED, Selection, select_records


def _ids(selected):
    return [each.id.rpartition(".")[2] for each in selected.constraints]


@pytest.fixture(scope="module")
def graph(record):
    return [
        record("core", scope={"paths": ["shop/core/**"], "modules": ["shop.core"]}),
        record("tests", scope={"paths": ["test_*.py"]}),
        record("everything"),
        record("faces", scope={"paths": ["shop/faces/*.py"]}),
        record("guess", status="hypothesized", scope={"paths": ["shop/core/**"]}),
        record("gone", status="deprecated"),
    ]


def test_without_a_scope_everything_that_guides_is_selected(graph):
    selected = select_records(graph, Selection())
    assert _ids(selected) == ["core", "everything", "faces", "tests"]
    assert selected.questions == ()
    assert set(selected.scope_match.values()) == {EVERYWHERE}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("shop/core/a.py",), ["core", "everything"]),
        (("shop/core/deep/test_a.py",), ["core", "everything", "tests"]),
        (("shop/",), ["core", "everything", "faces", "tests"]),
        (("shop/core/",), ["core", "everything", "tests"]),
        (("shop/faces/x/y.py",), ["everything"]),
        (("docs/",), ["everything", "tests"]),
        (("shop/core/a.py", "shop/faces/b.py"), ["core", "everything", "faces"]),
    ],
)
def test_paths_select_the_records_that_govern_them_and_those_without_a_place(graph, paths, expected):
    assert _ids(select_records(graph, Selection(paths=paths))) == expected


@pytest.mark.parametrize(
    ("module", "governed"),
    [
        ("shop.core", True),
        ("shop.core.prices", True),
        ("shop", True),
        ("shop.corex", False),
        ("other", False),
    ],
)
def test_a_module_is_governed_by_records_of_itself_its_parents_and_its_children(graph, module, governed):
    assert ("core" in _ids(select_records(graph, Selection(modules=(module,))))) == governed


def test_named_records_come_alone_and_count_as_closest(graph):
    selected = select_records(graph, Selection(record_ids=("shop.intent.faces",)))
    assert selected.scope_match == {"shop.intent.faces": NAMED}


def test_named_records_come_beside_those_of_a_path(graph):
    selected = select_records(graph, Selection(record_ids=("shop.intent.faces",), paths=("shop/core/a.py",)))
    assert selected.scope_match == {
        "shop.intent.core": IN_SCOPE,
        "shop.intent.everything": EVERYWHERE,
        "shop.intent.faces": NAMED,
    }


def test_hypotheses_are_asked_only_when_someone_wants_to_ask(graph):
    selected = select_records(graph, Selection(paths=("shop/core/a.py",), ask_hypotheses=True))
    assert [each.id for each in selected.questions] == ["shop.intent.guess"]
    assert "guess" not in _ids(selected)


def test_a_negated_glob_takes_files_out_again(record):
    scoped = record("a", scope={"paths": ["shop/**", "!shop/generated/**"]})
    assert select_records([scoped], Selection(paths=("shop/a.py",))).constraints
    assert not select_records([scoped], Selection(paths=("shop/generated/a.py",))).constraints


_STEP = st.sampled_from(["a", "b", "checkout", "*", "**", "a*", "[ab]", "?", "*.py", "x.py", "a "])


@settings(max_examples=300, deadline=None)
@given(
    steps=st.lists(_STEP, min_size=1, max_size=4),
    anchored=st.booleans(),
    folder=st.booleans(),
    path=st.lists(st.sampled_from(["a", "b", "checkout", "x.py", "ab", "a "]), min_size=1, max_size=4),
)
def test_looking_at_the_first_steps_never_hides_a_record_that_a_glob_means(steps, anchored, folder, path):
    from pathspec import GitIgnoreSpec

    from alloynb.compiler.selection import _may_mean

    glob = f"{'/' if anchored else ''}{'/'.join(steps)}{'/' if folder else ''}"
    place = "/".join(path)
    if GitIgnoreSpec.from_lines([glob]).match_file(place):
        assert _may_mean(place, glob)
