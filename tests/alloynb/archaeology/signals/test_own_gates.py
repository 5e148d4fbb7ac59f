from __future__ import annotations

import json

from alloynb.archaeology.signals.own_gates import SIGNAL

GATE = {"name": "types", "command": "python -m mypy", "required": True}


def test_a_gate_becomes_gate_evidence(look) -> None:
    (lead,) = look(SIGNAL, {".hone-gates.json": json.dumps({"gates": [GATE]})})

    assert lead.subject.names == ("types",)
    assert lead.subject.draft.evidence[0]["gate"]["command"] == ["python", "-m", "mypy"]


def test_workflows_and_hooks_are_read(look) -> None:
    files = {
        ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - run: pytest -q\n",
        ".pre-commit-config.yaml": "repos:\n  - repo: x\n    hooks:\n      - id: ruff\n",
    }

    assert {lead.subject.names for lead in look(SIGNAL, files)} == {("tests",), ("style",)}


def test_a_command_that_needs_a_shell_is_asked_about_instead(look) -> None:
    gate = {**GATE, "command": "mypy . && rm -rf /"}
    (lead,) = look(SIGNAL, {".hone-gates.json": json.dumps({"gates": [gate]})})

    assert lead.subject.draft.evidence[0]["kind"] == "human_review"


def test_a_project_without_checks_says_nothing(look) -> None:
    assert not look(SIGNAL, {"a.py": ""})


def test_a_check_that_is_not_required_is_counter_evidence(look, certain, counter) -> None:
    (firm,) = look(SIGNAL, {".hone-gates.json": json.dumps({"gates": [GATE]})})
    loose = {**GATE, "name": "mypy-strict", "command": "mypy --strict", "required": False}
    (lead,) = look(SIGNAL, {".hone-gates.json": json.dumps({"gates": [GATE, loose]})})

    assert counter(lead) == ["checked, but not required"]
    assert certain(lead) < certain(firm)
