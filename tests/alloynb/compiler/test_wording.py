from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from alloynb.compiler.wording import moves_against, observation_words, sentence
from alloynb.intent.evidence_definition import EvidenceDefinition


def _boundary(**rule):
    return {"kind": "import_boundary", "rule": {"packages": ["shop"]} | rule}


@pytest.mark.parametrize(
    ("definition", "moves"),
    [
        (_boundary(type="forbidden", sources=["a"], targets=["b"]), ["import `b` from `a`"]),
        (
            _boundary(type="forbidden", sources=["a", "b"], targets=["c", "d", "e"], indirect=True),
            ["import `c`, `d` or `e` from `a` or `b`, directly or through other modules"],
        ),
        (
            _boundary(type="layers", layers=["a", "b | c", "d"]),
            ["import a higher layer from a lower one (top first: `a` > `b | c` > `d`)"],
        ),
        (
            _boundary(type="independence", modules=["a", "b"]),
            ["let any two of `a` and `b` import each other"],
        ),
        (
            _boundary(type="allowed_only", sources=["a"], targets=["b"], universe=["shop", "click"]),
            ["import anything other than `b`, of `shop` and `click`, from `a`"],
        ),
        (
            _boundary(type="allowed_only", sources=["a"], targets=[]),
            ["import anything beyond itself, from `a`"],
        ),
        (
            {"kind": "dependency", "dependency": {"forbidden": ["x"], "where": ["pyproject.toml"]}},
            ["declare `x` as a dependency in `pyproject.toml`"],
        ),
        (
            {"kind": "dependency", "dependency": {"allowed": ["a", "b"]}},
            ["declare a dependency other than `a` and `b`"],
        ),
        ({"kind": "dependency", "dependency": {"allowed": []}}, ["declare a dependency at all"]),
        (
            {
                "kind": "pattern",
                "pattern": {"language": "python", "must": "occur", "query": "q", "paths": ["*"]},
            },
            ["take out python code in `*` against this: d"],
        ),
        ({"kind": "trace", "condition": "x"}, []),
        ({"kind": "metric", "condition": {"sql": "SELECT true"}}, []),
    ],
)
def test_each_definition_names_the_moves_that_break_it(definition, moves):
    whole = TypeAdapter(EvidenceDefinition).validate_python({"id": "e", "description": "d"} | definition)
    assert list(moves_against(whole)) == moves
    assert observation_words(whole)


@pytest.mark.parametrize(("text", "ended"), [("a", "a."), ("a.", "a."), ("a?", "a?"), (" a\n b ", "a b.")])
def test_a_sentence_ends_once(text, ended):
    assert sentence(text) == ended
