"""Evidence: settings of ruff and mypy that forbid something on purpose."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from alloynb.archaeology.boundary_drafts import library_subject
from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.manifests import mapping_at
from alloynb.archaeology.observation import DECLARED, Family, Lead, Observation
from alloynb.archaeology.practice_drafts import gated, practice_subject


class StrictSettings:
    """Reads bans (`flake8-tidy-imports.banned-api`) and strict typing with its loopholes."""

    name = "strict_settings"
    family: Family = "evidence"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead per banned library and one for strict types; uses of what is banned are counter-evidence."""
        for path, text in codebase.repository.named("pyproject.toml", "ruff.toml", "mypy.ini"):
            settings = _settings(path, text)
            yield from self._bans(codebase, path, text, settings)
            if _is_strict(settings, path, text):
                yield self._strict(path, text, settings)

    def _bans(self, codebase: Codebase, path: str, text: str, settings: Mapping[str, Any]) -> Iterable[Lead]:
        banned = mapping_at(settings, "tool", "ruff", "lint", "flake8-tidy-imports", "banned-api")
        found = codebase.python
        for name in sorted(banned) if found else ():
            library = name.split(".")[0]
            if found is None or library in found.sizes or "." in name:
                continue
            observed = [
                Observation(
                    self.name,
                    f"{name} is banned",
                    0.7,
                    True,
                    path,
                    _line_of(text, name),
                    text=str(banned[name]),
                )
            ]
            observed += [
                Observation(
                    self.name,
                    f"{name} is imported all the same",
                    0.3,
                    False,
                    site.path,
                    site.line,
                    text=site.text,
                )
                for site in found.users.get(library, ())[:3]
            ]
            subject = library_subject(
                found, library, list(found.packages), (), "banned by a setting", standing=DECLARED
            )
            yield Lead(subject, tuple(observed))

    def _strict(self, path: str, text: str, settings: Mapping[str, Any]) -> Lead:
        observed = [
            Observation(
                self.name,
                "types are checked strictly",
                0.6,
                True,
                path,
                _line_of(text, "strict"),
                text="strict",
            )
        ]
        overrides = mapping_at(settings, "tool", "mypy").get("overrides", [])
        loose = [
            each
            for each in overrides
            if isinstance(each, Mapping)
            and (each.get("ignore_errors") is True or each.get("disallow_untyped_defs") is False)
        ]
        observed += [
            Observation(
                self.name,
                "some modules are excused",
                0.2,
                False,
                path,
                _line_of(text, str(each.get("module", ""))[:40]),
                text=str(each.get("module")),
            )
            for each in loose[:3]
        ]
        texts = {
            "title": "Types are checked strictly",
            "capability": "Code can be rearranged, and a caller that was forgotten is found without running it.",
            "threat": "One untyped function, and everything that it gives back is unchecked from there on.",
            "expectation": "The code is rearranged often, by people who do not know every caller.",
            "strategy": "Every function is annotated and the checker runs in strict mode; excuses name a module.",
            "tradeoff": "Some code that is correct has to be written so that the checker understands it.",
        }
        questions = ("Which modules are excused, and until when?",)
        subject = practice_subject(
            "strict_types",
            ("mypy",),
            texts,
            evidence=(gated("types", ("python", "-m", "mypy"), "mypy passes."),),
            questions=questions,
            standing=DECLARED,
        )
        return Lead(subject, tuple(observed))


def _settings(path: str, text: str) -> Mapping[str, Any]:
    try:
        value = tomllib.loads(text) if path.endswith(".toml") else {}
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    return {"tool": {"ruff": value}} if path.endswith("ruff.toml") else value


def _is_strict(settings: Mapping[str, Any], path: str, text: str) -> bool:
    if path.endswith("mypy.ini"):
        return re.search(r"^\s*strict\s*=\s*true", text, re.I | re.M) is not None
    mypy = mapping_at(settings, "tool", "mypy")
    return mypy.get("strict") is True or mypy.get("disallow_untyped_defs") is True


def _line_of(text: str, wanted: str) -> int:
    return next(
        (number for number, line in enumerate(text.splitlines(), start=1) if wanted and wanted in line), 1
    )


SIGNAL = StrictSettings()
