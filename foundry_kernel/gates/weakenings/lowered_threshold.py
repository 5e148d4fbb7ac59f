"""Thresholds lowered: coverage, complexity, scores, and the strictness with which tests are run."""

from __future__ import annotations

from collections.abc import Iterator

from foundry_kernel.gates.comparing.comparison import Comparison, WeakeningDetector
from foundry_kernel.gates.comparing.finding import Weakening, names, weakening
from foundry_kernel.gates.comparing.numbers_and_lists import (
    grown,
    listed,
    lowered,
    raised,
    shrunk,
    switched_off,
    uncovered,
)
from foundry_kernel.gates.comparing.settings import Settings, as_words, changed_settings
from foundry_kernel.gates.comparing.softening import softened

_LOWERED = "threshold_lowered"
_STRICT_OPTIONS = ("--strict", "--strict-markers", "--strict-config", "-Werror", "--cov", "--doctest-modules")


def _find(comparison: Comparison) -> Iterator[Weakening]:
    for old, new in changed_settings(comparison, "coverage"):
        yield from _coverage(old, new)
    for old, new in changed_settings(comparison, "pytest"):
        yield from _test_run(old, new)
    for old, new in changed_settings(comparison, "flake8"):
        yield from raised(_LOWERED, old, new, "max_complexity")
    for old, new in changed_settings(comparison, "ruff"):
        yield from raised(_LOWERED, old, new, "lint", "mccabe", "max-complexity")
        yield from raised(_LOWERED, old, new, "mccabe", "max-complexity")
        yield from _all_raised(old, new, "lint", "pylint")
        yield from _all_raised(old, new, "pylint")
    for old, new in changed_settings(comparison, "pylint"):
        yield from _pylint(old, new)


def _coverage(old: Settings, new: Settings) -> Iterator[Weakening]:
    yield from lowered(_LOWERED, old, new, "report", "fail_under")
    yield from switched_off(_LOWERED, old, new, "run", "branch")
    for keys in (
        ("run", "omit"),
        ("report", "omit"),
        ("report", "exclude_lines"),
        ("report", "exclude_also"),
    ):
        yield from grown("coverage_narrowed", old, new, *keys)
    for keys in (("run", "source"), ("run", "include"), ("report", "include"), ("run", "source_pkgs")):
        if new.items(*keys):  # none at all means everything
            yield from shrunk("coverage_narrowed", old, new, *keys)


def _test_run(old: Settings, new: Settings) -> Iterator[Weakening]:
    yield from switched_off("test_run_loosened", old, new, "xfail_strict")
    for key in ("strict", "strict_markers", "strict_config"):
        yield from switched_off("test_run_loosened", old, new, key)
    was, now = as_words(old.value("addopts")), as_words(new.value("addopts"))
    for each in softened(" ".join(was), " ".join(now)):
        if "-fail-under" in each.said:
            yield weakening(
                _LOWERED,
                new.path or old.path,
                "addopts",
                each.said,
                line=new.line_of("-fail-under", "addopts"),
                before=each.before,
                after=each.after,
            )
    gone = uncovered(
        [word for word in was if word.startswith(_STRICT_OPTIONS) and "fail-under" not in word], now
    )
    gone = tuple(word for word in gone if not new.value(word.lstrip("-").replace("-", "_")))
    if gone:
        yield listed(
            "test_run_loosened", new, ("addopts",), f"addopts no longer says {names(gone)}", now, gone
        )
    yield from _warnings(new, _lines(old.value("filterwarnings")), _lines(new.value("filterwarnings")))


def _warnings(new: Settings, was: tuple[str, ...], now: tuple[str, ...]) -> Iterator[Weakening]:
    keys = ("filterwarnings",)
    if "error" not in was:
        return
    if "error" not in now:
        yield listed("test_run_loosened", new, keys, "warnings are no longer errors", now, was)
    elif more := uncovered([line for line in now if line.startswith(("ignore", "default"))], was):
        everything = {"ignore", "default"} & set(more)
        message = f"filterwarnings also passes over {names(more)}"
        yield listed(
            "test_run_loosened", new, keys, message, more, was, "weakening" if everything else "suspicious"
        )


def _pylint(old: Settings, new: Settings) -> Iterator[Weakening]:
    old, new = flat(old), flat(new)
    yield from lowered(_LOWERED, old, new, "fail-under")
    for key in sorted({*old.table, *new.table}):
        if str(key).startswith(("max-", "max_")):
            yield from raised(_LOWERED, old, new, str(key))


def _all_raised(old: Settings, new: Settings, *keys: str) -> Iterator[Weakening]:
    table = old.value(*keys)
    for key in table if isinstance(table, dict) else ():
        yield from raised(_LOWERED, old, new, *keys, key)


def flat(settings: Settings) -> Settings:
    """Settings of pylint with the tables of TOML flattened, as INI files have them."""
    found: dict[str, object] = {}
    for key, value in settings.table.items():
        if isinstance(value, dict):
            found |= value
        else:
            found[key] = value
    return Settings(settings.path, found, settings.text)


def _lines(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.splitlines()
    return tuple(str(each).strip() for each in value) if isinstance(value, list) else ()


WEAKENING = WeakeningDetector("lowered-threshold", _find)
