"""Lint rules disabled: ruff, flake8, pylint, eslint, golangci-lint, clippy; hooks removed from pre-commit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, names, weakening
from foundry_kernel.gates.comparing.lexing import lexed
from foundry_kernel.gates.comparing.numbers_and_lists import (
    grown,
    is_prefix,
    listed,
    raised,
    shrunk,
    uncovered,
)
from foundry_kernel.gates.comparing.settings import Settings, as_items, changed_settings, line_of
from foundry_kernel.gates.comparing.softening import without_comments

_KIND = "lint_rule_disabled"
_RUFF_STANDARD = ("E4", "E7", "E9", "F")
_PYLINT_SECTIONS = {"disable", "enable"}
_ESLINT_FILE = re.compile(
    r"(^|/)(\.eslintrc(\.\w+)?|eslint\.config\.[cm]?[jt]s|biome\.jsonc?|\.oxlintrc\.json)$"
)
_ESLINT_RULE = re.compile(
    r"[\"']?(?P<rule>[@\w][\w@/-]*)[\"']?\s*:\s*\[?\s*[\"']?(?P<level>off|warn|error|[012])\b"
)
_ESLINT_LEVEL = {"off": 0, "0": 0, "warn": 1, "1": 1, "error": 2, "2": 2}
_RUST_LINT = re.compile(
    r"^[ \t]{0,40}[\"']?([\w:-]+)[\"']?\s*=\s*(?:\{[^}]{0,300}level\s*=\s*)?[\"'](allow|warn|deny|forbid)[\"']",
    re.MULTILINE,
)
_RUST_LEVEL = {"allow": 0, "warn": 1, "deny": 2, "forbid": 3}
_IGNORE_FILES = (".eslintignore", ".flake8ignore", ".stylelintignore", ".prettierignore")
_HOOK = re.compile(r"^[ \t]{0,40}-?[ \t]{0,40}id:\s*[\"']?([\w.-]+)", re.MULTILINE)
_GO_LIST = re.compile(r"^([ \t]*)(enable|disable):[ \t]*\n((?:\1[ \t]*-.+\n)+)", re.MULTILINE)


def _find(comparison: Comparison) -> Iterator[Weakening]:
    for old, new in changed_settings(comparison, "ruff"):
        yield from _ruff(old, new)
    for old, new in changed_settings(comparison, "flake8"):
        yield from _flake8(old, new)
    for old, new in changed_settings(comparison, "pylint"):
        yield from _pylint(old, new)
    for path in comparison.changed:
        before, after = comparison.before.text_of(path), comparison.after.text_of(path) or ""
        if before is None:
            continue
        name = path.rsplit("/", 1)[-1]
        if _ESLINT_FILE.search(path):
            yield from _levels(path, before, after, _eslint_levels(before), _eslint_levels(after))
        elif name == "Cargo.toml":
            yield from _levels(path, before, after, _rust_levels(before), _rust_levels(after))
        elif name in _IGNORE_FILES:
            yield from _gone_or_new(path, (), (), _entries(before), _entries(after))
        elif name.startswith(".golangci."):
            yield from _gone_or_new(
                path,
                _go(before, "enable"),
                _go(after, "enable"),
                _go(before, "disable"),
                _go(after, "disable"),
            )
        elif name == ".pre-commit-config.yaml":
            yield from _gone_or_new(path, _hooks(before), _hooks(after), (), ())


def _ruff(old: Settings, new: Settings) -> Iterator[Weakening]:
    was, now = _selected(old, "select") or _RUFF_STANDARD, _selected(new, "select") or _RUFF_STANDARD
    was, now = (*was, *_selected(old, "extend-select")), (*now, *_selected(new, "extend-select"))
    if less := uncovered(was, now, is_prefix):
        yield listed(_KIND, new, ("select",), f"ruff no longer looks for {names(less)}", now, less)
    was, now = ((*_selected(each, "ignore"), *_selected(each, "extend-ignore")) for each in (old, new))
    if more := uncovered(now, was, is_prefix):
        yield listed(_KIND, new, ("ignore",), f"ruff also passes over {names(more)}", more, was)
    was, now = (
        (*_per_file(each, "per-file-ignores"), *_per_file(each, "extend-per-file-ignores"))
        for each in (old, new)
    )
    if more := uncovered(now, was, _per_file_covers):
        yield listed(_KIND, new, ("per-file-ignores",), f"ruff also passes over {names(more)}", more, was)
    for keys in (("exclude",), ("extend-exclude",), ("lint", "exclude")):
        yield from grown(_KIND, old, new, *keys)
    if _both_say(old, new, "line-length"):
        yield from raised("threshold_lowered", old, new, "line-length")


def _selected(settings: Settings, key: str) -> tuple[str, ...]:
    """A list of ruff under its present or its older name."""
    return (*settings.items("lint", key), *settings.items(key))


def _per_file(settings: Settings, key: str) -> tuple[str, ...]:
    found: list[str] = []
    for table in (settings.value("lint", key), settings.value(key)):
        for pattern, codes in table.items() if isinstance(table, dict) else ():
            found.extend(f"{pattern}: {code}" for code in as_items(codes))
    return tuple(found)


def _per_file_covers(wide: str, narrow: str) -> bool:
    pattern, _, code = wide.rpartition(": ")
    other, _, other_code = narrow.rpartition(": ")
    return pattern == other and is_prefix(code, other_code)


def _both_say(old: Settings, new: Settings, key: str) -> bool:
    """Whether both say a number: a default that nobody wrote down is no promise."""
    return old.value(key) is not None and new.value(key) is not None


def _flake8(old: Settings, new: Settings) -> Iterator[Weakening]:
    for key in ("ignore", "extend_ignore"):
        yield from grown(_KIND, old, new, key, covers=is_prefix)
    for key in ("select", "extend_select", "enable_extensions"):
        if key != "select" or new.items(key):
            yield from shrunk(_KIND, old, new, key, covers=is_prefix)
    for key in ("per_file_ignores", "exclude", "extend_exclude"):
        yield from grown(_KIND, old, new, key)
    if _both_say(old, new, "max_line_length"):
        yield from raised("threshold_lowered", old, new, "max_line_length")


def _pylint(old: Settings, new: Settings) -> Iterator[Weakening]:
    was, now = _switches(old), _switches(new)
    if more := uncovered(now["disable"], was["disable"], lambda wide, _: wide == "all"):
        yield listed(_KIND, new, ("disable",), f"pylint also passes over {names(more)}", more, was["disable"])
    if less := uncovered(was["enable"], now["enable"]):
        yield listed(
            _KIND, new, ("enable",), f"pylint no longer looks for {names(less)}", now["enable"], less
        )


def _switches(settings: Settings) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {key: settings.items(key) for key in _PYLINT_SECTIONS}
    for table in settings.table.values():
        if isinstance(table, dict):
            for key in _PYLINT_SECTIONS:
                found[key] += as_items(table.get(key))
    return found


def _levels(
    path: str, before: str, after: str, was: dict[str, int], now: dict[str, int]
) -> Iterator[Weakening]:
    """Rules whose level went down. One that is no longer named may still be on in what is extended: a look, no more."""
    for rule, level in was.items():
        if rule in now and now[rule] < level:
            yield weakening(
                _KIND,
                path,
                rule,
                f"the rule {rule} is {'off' if now[rule] == 0 else 'a warning'} now",
                line=line_of(after, rule),
                before=level,
                after=now[rule],
            )
        elif rule not in now and level == 2:
            yield weakening(
                _KIND,
                path,
                rule,
                f"the rule {rule} is no longer named",
                before=level,
                severity="suspicious" if after else "weakening",
            )
    for rule, level in now.items():
        if level == 0 and rule not in was:
            yield weakening(
                _KIND, path, rule, f"the rule {rule} is off now", line=line_of(after, rule), after="off"
            )


def _eslint_levels(text: str) -> dict[str, int]:
    plain = without_comments(lexed(text, "javascript").without_comments)
    return {match["rule"]: _ESLINT_LEVEL[match["level"]] for match in _ESLINT_RULE.finditer(plain)}


def _rust_levels(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for section in re.split(r"^(?=\[)", text, flags=re.MULTILINE):
        if re.match(r"\[(?:workspace\.)?lints\b", section):
            found |= {match[1]: _RUST_LEVEL[match[2]] for match in _RUST_LINT.finditer(section)}
    return found


def _gone_or_new(
    path: str,
    on_before: tuple[str, ...],
    on_after: tuple[str, ...],
    off_before: tuple[str, ...],
    off_after: tuple[str, ...],
) -> Iterator[Weakening]:
    if less := uncovered(on_before, on_after):
        yield weakening(
            _KIND, path, "enabled", f"no longer checked: {names(less)}", before=less, after=on_after
        )
    if more := uncovered(off_after, off_before):
        yield weakening(
            _KIND, path, "disabled", f"passed over now: {names(more)}", before=off_before, after=more
        )


def _entries(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] not in "#!")


def _hooks(text: str) -> tuple[str, ...]:
    return tuple(_HOOK.findall(without_comments(text)))


def _go(text: str, key: str) -> tuple[str, ...]:
    found = [match[3] for match in _GO_LIST.finditer(without_comments(text) + "\n") if match[2] == key]
    return tuple(line.strip(" -\"'") for block in found for line in block.splitlines())


WEAKENING = WeakeningDetector("disabled-lint-rule", _find)
