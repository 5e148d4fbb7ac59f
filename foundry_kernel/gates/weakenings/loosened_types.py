"""Type checking made less strict: mypy, pyright, TypeScript."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from foundry_kernel.gates.comparing.comparison import Comparison, Side, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Severity, Weakening, weakening
from foundry_kernel.gates.comparing.lexing import lexed
from foundry_kernel.gates.comparing.numbers_and_lists import grown, shrunk, switched_off, switched_on
from foundry_kernel.gates.comparing.settings import Settings, as_bool, as_items, changed_settings

_KIND = "types_loosened"
_IN_STRICT = (
    "disallow_any_generics",
    "disallow_subclassing_any",
    "disallow_untyped_calls",
    "disallow_untyped_defs",
    "disallow_incomplete_defs",
    "disallow_untyped_decorators",
    "check_untyped_defs",
    "no_implicit_reexport",
    "strict_equality",
    "strict_bytes",
    "extra_checks",
    "warn_redundant_casts",
    "warn_unused_ignores",
    "warn_return_any",
    "warn_unused_configs",
)
_OUTSIDE_STRICT = (
    "disallow_any_explicit",
    "disallow_any_expr",
    "disallow_any_decorated",
    "disallow_any_unimported",
    "warn_unreachable",
)
_ON_BY_DEFAULT = ("no_implicit_optional", "strict_optional", "warn_no_return")
_LENIENT = (
    "ignore_errors",
    "allow_untyped_globals",
    "allow_redefinition",
    "implicit_reexport",
    "implicit_optional",
)
_TS_STRICT = (
    "noImplicitAny",
    "strictNullChecks",
    "strictFunctionTypes",
    "strictBindCallApply",
    "strictPropertyInitialization",
    "noImplicitThis",
    "useUnknownInCatchVariables",
    "alwaysStrict",
)
_TS_MORE = (
    "noUnusedLocals",
    "noUnusedParameters",
    "noImplicitReturns",
    "noFallthroughCasesInSwitch",
    "noUncheckedIndexedAccess",
    "exactOptionalPropertyTypes",
    "noImplicitOverride",
    "noPropertyAccessFromIndexSignature",
)
_PYRIGHT_MODES = {"off": 0, "basic": 1, "standard": 2, "strict": 3}
_TS_FILE = re.compile(r"(^|/)[tj]sconfig[\w.-]*\.json$")


def _find(comparison: Comparison) -> Iterator[Weakening]:
    for old, new in changed_settings(comparison, "mypy"):
        yield from _mypy(old, new)
        yield from _mypy_overrides(old, new)
    for path in comparison.changed:
        if _TS_FILE.search(path):
            yield from _typescript(*_json_settings(comparison, path))
        elif path.endswith("pyrightconfig.json"):
            yield from _pyright(*_json_settings(comparison, path))


def _mypy(old: Settings, new: Settings) -> Iterator[Weakening]:
    yield from switched_off(_KIND, old, new, "strict")
    strict_before, strict_after = bool(as_bool(old.value("strict"))), bool(as_bool(new.value("strict")))
    if strict_before == strict_after:
        for key in _IN_STRICT:
            yield from switched_off(_KIND, old, new, key, standard=strict_after)
    for key in _OUTSIDE_STRICT:
        yield from switched_off(_KIND, old, new, key)
    for key in _ON_BY_DEFAULT:
        yield from switched_off(_KIND, old, new, key, standard=True)
    for key in _LENIENT:
        yield from switched_on(_KIND, old, new, key)
    yield from switched_on(_KIND, old, new, "ignore_missing_imports")
    yield from grown(_KIND, old, new, "disable_error_code")
    yield from grown(_KIND, old, new, "exclude")
    for key in ("enable_error_code", "files", "packages", "modules"):
        if key == "enable_error_code" or new.items(key):
            yield from shrunk(_KIND, old, new, key)


def _mypy_overrides(old: Settings, new: Settings) -> Iterator[Weakening]:
    before, after = _by_module(old), _by_module(new)
    for module, options in after.items():
        for key, value in options.items():
            loosens = _loosens(key, value)
            if not loosens or before.get(module, {}).get(key) == value:
                continue
            severity: Severity = (
                "suspicious" if key in ("ignore_missing_imports", "follow_imports") else "weakening"
            )
            yield weakening(
                _KIND,
                new.path,
                f"{module}: {key}",
                f"mypy is told {key} = {value} for {module}",
                line=new.line_of(f'"{module}"', module),
                before=before.get(module, {}).get(key, "unset"),
                after=value,
                severity=severity,
            )


def _loosens(key: str, value: Any) -> bool:
    if key in (*_IN_STRICT, *_OUTSIDE_STRICT, *_ON_BY_DEFAULT):
        return as_bool(value) is False
    if key in (*_LENIENT, "ignore_missing_imports"):
        return as_bool(value) is True
    if key == "follow_imports":
        return value in ("skip", "silent")
    return key == "disable_error_code" and bool(as_items(value))


def _by_module(settings: Settings) -> dict[str, dict[str, Any]]:
    overrides = settings.value("overrides")
    found: dict[str, dict[str, Any]] = {}
    for each in overrides if isinstance(overrides, list) else ():
        if isinstance(each, dict):
            modules = each.get("module", ())
            for module in (
                [modules] if isinstance(modules, str) else modules if isinstance(modules, list) else ()
            ):
                found.setdefault(str(module), {}).update({key: each[key] for key in each if key != "module"})
    return found


def _typescript(old: Settings, new: Settings) -> Iterator[Weakening]:
    options = "compilerOptions"
    yield from switched_off(_KIND, old, new, options, "strict")
    strict_before = bool(as_bool(old.value(options, "strict")))
    strict_after = bool(as_bool(new.value(options, "strict")))
    if strict_before == strict_after:
        for key in _TS_STRICT:
            yield from switched_off(_KIND, old, new, options, key, standard=strict_after)
    for key in _TS_MORE:
        yield from switched_off(_KIND, old, new, options, key)
    yield from switched_on(_KIND, old, new, options, "skipLibCheck", severity="suspicious")
    yield from grown(_KIND, old, new, "exclude", severity="suspicious")


def _pyright(old: Settings, new: Settings) -> Iterator[Weakening]:
    was, now = (str(each.value("typeCheckingMode") or "standard") for each in (old, new))
    if _PYRIGHT_MODES.get(now, 0) < _PYRIGHT_MODES.get(was, 0):
        yield weakening(
            _KIND,
            new.path,
            "typeCheckingMode",
            f"typeCheckingMode is {now} instead of {was}",
            line=new.line_of("typeCheckingMode"),
            before=was,
            after=now,
        )
    for key, value in new.table.items():
        if key.startswith("report") and value in ("none", False) and old.value(key) not in ("none", False):
            yield weakening(
                _KIND,
                new.path,
                key,
                f"{key} is off",
                line=new.line_of(key),
                before=old.value(key),
                after="none",
            )
    yield from grown(_KIND, old, new, "ignore")
    yield from grown(_KIND, old, new, "exclude", severity="suspicious")


def _json_settings(comparison: Comparison, path: str) -> tuple[Settings, Settings]:
    return _read(comparison.before, path), _read(comparison.after, path)


def _read(side: Side, path: str) -> Settings:
    """A JSON file with comments and trailing commas, as these tools allow; nothing when it cannot be read."""
    text = side.text_of(path) or ""
    plain = re.sub(r",(\s*[}\]])", r"\1", lexed(text, "javascript").without_comments)
    try:
        found = json.loads(plain)
    except (ValueError, RecursionError):
        found = {}
    return Settings(path, found if isinstance(found, dict) else {}, text)


WEAKENING = WeakeningDetector("loosened-types", _find)
