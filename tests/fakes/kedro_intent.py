"""What kedro 1.7.0 enforces in its own settings, as evidence of a record."""

from __future__ import annotations

from typing import Any

PASSED = ["kedro -> kedro.ipython"]
KEDRO_RULES: dict[str, dict[str, Any]] = {
    "layers": {
        "type": "layers",
        "packages": ["kedro"],
        "indirect": True,
        "layers": [
            "kedro.framework.cli",
            "kedro.framework.session",
            "kedro.framework.context",
            "kedro.framework.project",
            "kedro.runner",
            "kedro.io",
            "kedro.pipeline",
            "kedro.config",
        ],
        "ignore_imports": [
            "kedro.runner.task -> kedro.framework.project",
            "kedro.framework.hooks.specs -> kedro.framework.context",
            *PASSED,
        ],
    },
    "pipeline-and-io": {
        "type": "independence",
        "packages": ["kedro"],
        "indirect": True,
        "modules": ["kedro.pipeline", "kedro.io"],
        "ignore_imports": PASSED,
    },
    "config-alone": {
        "type": "forbidden",
        "packages": ["kedro"],
        "indirect": True,
        "sources": ["kedro.config"],
        "targets": ["kedro.runner", "kedro.io", "kedro.pipeline"],
    },
    "no-config": {
        "type": "forbidden",
        "packages": ["kedro"],
        "indirect": True,
        "sources": ["kedro.runner", "kedro.io", "kedro.pipeline"],
        "targets": ["kedro.config"],
        "ignore_imports": [
            "kedro.framework.context.context -> kedro.config",
            "kedro.framework.session.session -> kedro.config",
        ],
    },
}


def kedro_evidence() -> list[dict[str, Any]]:
    """One definition for each contract."""
    return [
        {"id": name, "kind": "import_boundary", "description": f"{name} holds", "rule": rule}
        for name, rule in KEDRO_RULES.items()
    ]
