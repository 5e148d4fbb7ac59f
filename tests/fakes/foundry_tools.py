"""Command lines that are put on the path and answer in the words of the real ones.

Advisory services are not asked in tests. `PIP_AUDIT_CANNOT` and `NPM_CANNOT` are what pip-audit and npm printed where
their service could not be reached, and `pip_report` is cut from what pip printed; the findings are written by hand, in
the documented forms of pip-audit, npm's report version 2 and cargo-audit.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

PIP_AUDIT: dict[str, Any] = {
    "dependencies": [
        {
            "name": "jinja2",
            "version": "2.11.2",
            "vulns": [
                {
                    "id": "PYSEC-2021-66",
                    "fix_versions": ["2.11.3"],
                    "aliases": ["CVE-2020-28493", "GHSA-g3rq-g295-4j3m"],
                    "description": "A regular expression takes very long on some input.",
                }
            ],
        },
        {"name": "markupsafe", "version": "1.1.1", "vulns": []},
    ],
    "fixes": [],
}
PIP_AUDIT_CLEAN: dict[str, Any] = {
    "dependencies": [{"name": "jinja2", "version": "2.11.3", "vulns": []}],
    "fixes": [],
}
PIP_AUDIT_CANNOT: dict[str, Any] = {
    "dependencies": [
        {
            "name": "jinja2",
            "skip_reason": "Dependency not found on PyPI and could not be audited: jinja2 (2.11.2)",
        }
    ],
    "fixes": [],
}
NPM_AUDIT: dict[str, Any] = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "minimist": {
            "name": "minimist",
            "severity": "critical",
            "isDirect": False,
            "via": [
                {
                    "source": 1097677,
                    "name": "minimist",
                    "dependency": "minimist",
                    "title": "Prototype Pollution in minimist",
                    "url": "advisories/GHSA-xvch-5gv4-984h",
                    "severity": "critical",
                    "range": "<0.2.4",
                }
            ],
            "effects": ["mkdirp"],
            "range": "<0.2.4",
            "nodes": ["node_modules/minimist"],
            "fixAvailable": {"name": "minimist", "version": "1.2.8", "isSemVerMajor": False},
        },
        "mkdirp": {
            "name": "mkdirp",
            "severity": "critical",
            "isDirect": True,
            "via": ["minimist"],
            "effects": [],
            "range": "0.4.1 - 0.5.1",
            "nodes": ["node_modules/mkdirp"],
            "fixAvailable": True,
        },
    },
    "metadata": {"vulnerabilities": {"critical": 2, "total": 2}},
}
NPM_CANNOT: dict[str, Any] = {
    "message": "405 Method Not Allowed - POST security/advisories/bulk",
    "method": "POST",
    "statusCode": 405,
    "error": {"summary": "", "detail": ""},
}
CARGO_AUDIT: dict[str, Any] = {
    "database": {"advisory-count": 700},
    "lockfile": {"dependency-count": 3},
    "settings": {},
    "vulnerabilities": {
        "found": True,
        "count": 1,
        "list": [
            {
                "advisory": {
                    "id": "RUSTSEC-2020-0071",
                    "package": "time",
                    "title": "Potential segfault in the time crate",
                    "aliases": ["CVE-2020-26235"],
                    "cvss": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H",
                },
                "versions": {"patched": [">=0.2.23"], "unaffected": ["=0.2.0"]},
                "package": {"name": "time", "version": "0.1.42"},
            }
        ],
    },
    "warnings": {"unmaintained": [{"kind": "unmaintained", "package": {"name": "old", "version": "1.0.0"}}]},
}


def pip_report(**versions: str) -> dict[str, Any]:
    """What `pip install --dry-run --report -` prints, as far as it matters."""
    return {
        "version": "1",
        "pip_version": "26.3",
        "install": [
            {
                "is_direct": False,
                "is_yanked": False,
                "requested": True,
                "metadata": {"metadata_version": "2.4", "name": name, "version": version},
            }
            for name, version in versions.items()
        ],
        "environment": {"python_version": "3.11"},
    }


def put_tool(folder: Path, name: str, *, says: Any = "", code: int = 0, script: str = "") -> Path:
    """Put an executable into `folder` that prints what it was given and ends with a code.

    Args:
        says: text, or something that becomes JSON.
        script: shell lines that run first; its arguments are kept in `<name>.asked` beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = says if isinstance(says, str) else json.dumps(says)
    said = folder / f"{name}.said"
    said.write_text(text)
    tool = folder / name
    tool.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{folder}/{name}.asked"\n{script}\ncat "{said}"\nexit {code}\n'
    )
    tool.chmod(0o755)
    return tool


def asked_of(folder: Path, name: str) -> list[str]:
    """Argument lists that a tool was called with."""
    file = folder / f"{name}.asked"
    return file.read_text().splitlines() if file.exists() else []


def path_with(folder: Path) -> str:
    """A search path on which `folder` comes first."""
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
