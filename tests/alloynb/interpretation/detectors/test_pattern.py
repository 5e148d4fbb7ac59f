"""A structural pattern that must, or must not, occur: found by structure, in the place that the capture says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from alloynb.archaeology.code_patterns import GRAMMARS, find_pattern
from alloynb.intent.evidence_definition import CodePattern
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.drift import DriftReport, assess_drift

MakeRecord = Callable[..., IntentRecord]
Plant = Callable[[dict[str, str]], Path]
Check = Callable[..., DriftReport]

EVAL = '(call function: (identifier) @name (#eq? @name "eval")) @place'
SHOP = {
    "shop/a.py": '"""Never eval(x)."""\n# eval(1)\nEVAL = "eval(2)"\n\n\ndef pay(x):\n    return eval(x)\n',
    "shop/b.py": "value = 1\n",
    "docs/c.py": "eval(3)\n",
}
QUERIES = {
    "python": ("x.py", "eval(a)\n", EVAL),
    "javascript": (
        "x.js",
        "eval(a);\n",
        '(call_expression function: (identifier) @n (#eq? @n "eval")) @place',
    ),
    "typescript": ("x.ts", "let a: any = 1;\n", "(predefined_type) @place"),
    "tsx": ("x.tsx", "const a = <b>c</b>;\n", "(jsx_element) @place"),
    "go": (
        "x.go",
        "package a\nfunc f() { panic(1) }\n",
        '(call_expression (identifier) @n (#eq? @n "panic")) @place',
    ),
    "rust": ("x.rs", "fn f() { unsafe { g() } }\n", "(unsafe_block) @place"),
    "java": ("X.java", "class X { void f() { System.exit(1); } }\n", "(method_invocation) @place"),
}


@pytest.fixture
def check(make_record: MakeRecord, plant: Plant, at: datetime) -> Check:
    def run(files: dict[str, str], **pattern: Any) -> DriftReport:
        said = {"language": "python", "must": "not_occur", "query": EVAL, "paths": ["shop/**"]} | pattern
        evidence = [{"id": "p", "kind": "pattern", "description": "No eval.", "pattern": said}]
        return assess_drift([make_record(evidence=evidence)], plant(files), "r1", at)

    return run


def why_not(report: DriftReport) -> str:
    (missed,) = report.could_not_check
    return "; ".join(missed.reasons)


def test_a_forbidden_pattern_is_found_by_structure_and_not_in_words_about_it(check: Check) -> None:
    report = check(SHOP)

    (found,) = report.findings
    assert (found.path, found.lines) == ("shop/a.py", (7,))
    assert found.message == "shop/a.py, in pay, holds `eval(x)`; No eval."
    assert report.checked == ("shop.intent.offline#p",)


def test_a_finding_keeps_its_name_when_lines_move_above_it(check: Check) -> None:
    (before,) = check(SHOP).findings
    (after,) = check(SHOP | {"shop/a.py": "\n\n\n" + SHOP["shop/a.py"]}).findings
    assert after.finding_id == before.finding_id
    assert after.lines == (10,)


def test_the_capture_named_place_decides_where_it_is(check: Check) -> None:
    query = "(function_definition body: (block (return_statement (call function: (identifier) @f))) @place)"
    (found,) = check(SHOP, query=query).findings
    assert found.lines == (7,)
    (outermost,) = check(SHOP, query=query.replace("@place)", ") @whole")).findings
    assert outermost.lines == (6,)


def test_what_must_occur_is_missed_file_by_file_or_once(check: Check) -> None:
    wanted: dict[str, Any] = {"must": "occur", "query": "(function_definition) @place"}
    (missing,) = check(SHOP, **wanted).findings
    assert (missing.path, missing.lines) == ("shop/b.py", ())
    assert check(SHOP, spread="somewhere", **wanted).findings == ()
    (nowhere,) = check(SHOP, spread="somewhere", **wanted | {"query": "(class_definition) @c"}).findings
    assert nowhere.path == ".alloy/intent/offline.yaml"
    assert "nothing in shop/** holds" in nowhere.message


def test_paths_are_gitignore_style(check: Check) -> None:
    paths = ["**/*.py", "!docs/**"]
    assert [each.path for each in check(SHOP, paths=paths).findings] == ["shop/a.py"]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ({"query": "(no_such_node) @x"}, "not one of the python grammar: Invalid node type"),
        ({"query": "((((("}, "not one of the python grammar"),
        ({"query": "(call)"}, "captures nothing"),
        ({"language": "cobol"}, "no grammar for 'cobol'; write one of: go, java"),
        ({"paths": ["shopp/**"]}, "the paths name no file: shopp/**"),
        (
            {"language": "go", "query": "(call_expression) @x"},
            "none of the 2 files that the paths name is go",
        ),
    ],
)
def test_a_rule_that_cannot_be_broken_is_unknown_and_says_why(
    check: Check, pattern: dict[str, Any], why: str
) -> None:
    report = check(SHOP, **pattern)
    assert why in why_not(report)
    assert report.findings == report.checked == ()


def test_a_file_that_the_grammar_does_not_understand_is_never_taken_for_clean(check: Check) -> None:
    report = check(SHOP | {"shop/b.py": "value = (1\n\ndef broken(:\n    eval(x)\n"})
    assert "shop/b.py: line " in why_not(report)
    assert [each.path for each in report.findings] >= ["shop/a.py"], "what was seen is told all the same"


def test_a_link_is_not_followed_and_that_is_said(check: Check, plant: Plant, tmp_path: Path) -> None:
    secret = tmp_path / "outside.py"
    secret.write_text("eval(1)\n")
    tree = plant(SHOP)
    (tree / "shop" / "link.py").symlink_to(secret)
    assert "shop/link.py is not read: a link" in why_not(check(SHOP))


def test_a_hostile_file_costs_seconds_and_becomes_a_doubt() -> None:
    texts = [("deep.py", "(" * 120_000), ("fine.py", "eval(1)\n")]
    deep, fine = find_pattern("python", EVAL, texts, file_limit_s=1)
    assert deep.doubt == "looking took longer than 1 s"
    assert (fine.places[0].line, fine.doubt) == (1, "")


def test_a_reader_that_is_ended_leaves_the_rest_in_doubt() -> None:
    texts = [("fine.py", "eval(1)\n"), *[(f"deep{number}.py", "(" * 150_000) for number in range(40)]]
    seen = find_pattern("python", EVAL, texts, time_limit_s=1.5, file_limit_s=1)
    assert len(seen) == 41
    assert seen[-1].doubt == "the time for all files was over"


@pytest.mark.parametrize("language", sorted(GRAMMARS))
def test_every_language_is_read_by_its_grammar(language: str) -> None:
    path, text, query = QUERIES[language]
    (seen,) = find_pattern(language, query, [(path, text)])
    assert (len(seen.places), seen.doubt) == (1, "")


def test_a_spread_for_what_must_not_occur_is_refused() -> None:
    with pytest.raises(ValueError, match="occurs nowhere"):
        CodePattern(language="python", must="not_occur", query="x", paths=("**",), spread="somewhere")
