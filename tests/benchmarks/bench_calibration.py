"""How far confidence can be trusted: hypotheses against the rules that public projects enforce, these rules hidden.

Source distributions are downloaded into `$ALLOY_BENCH_CACHE` (default: a folder of the system's temporary folder) and
only read. Run with `python -m tests.benchmarks.bench_calibration`, or through pytest with the marker `bench`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from alloynb.archaeology.boundary_pairs import pairs_of
from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.confidence import BANDS, band_of
from alloynb.archaeology.contracts import Contract, read_contracts, without_contracts
from alloynb.archaeology.excavate import excavate
from alloynb.archaeology.module_map import ModuleMap, unit_of
from alloynb.archaeology.nearness import boundary_of
from alloynb.archaeology.observation import Hypothesis
from alloynb.archaeology.python_modules import read_python
from alloynb.archaeology.repository import read_repository
from alloynb.archaeology.signal import Signal, collect_signals

PROJECTS = ("kedro==1.7.0", "geoparquet-io==1.7.0", "import-linter==2.16", "mcp-coder==0.1.20")
MOSTLY = 0.5
RECALLED = 0.8

ModulePairs = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Rule:
    """One enforced rule: what it forbids, and what the same contract expressly allows, as pairs of modules."""

    name: str
    forbidden: ModulePairs
    allowed: ModulePairs


@dataclass(frozen=True)
class Judged:
    """One boundary hypothesis, judged by the rules: confirmed, contradicted, or nobody has said anything about it."""

    hypothesis: Hypothesis
    verdict: str
    forbidden: ModulePairs


@dataclass(frozen=True)
class Calibration:
    """One project's hypotheses and rules."""

    project: str
    judged: tuple[Judged, ...]
    rules: tuple[Rule, ...]

    def recalled(self, least: float) -> int:
        """How many rules the hypotheses of at least this confidence cover, together, to at least 80 %."""
        proposed = frozenset(
            pair for each in self.judged if each.hypothesis.confidence >= least for pair in each.forbidden
        )
        return sum(
            1 for rule in self.rules if len(rule.forbidden & proposed) >= RECALLED * len(rule.forbidden)
        )


def fetched(requirement: str, cache: Path) -> Path:
    """Folder of an unpacked source distribution; downloaded once through pip."""
    folder = cache / requirement.replace("==", "-")
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--no-binary",
                ":all:",
            ]
            subprocess.run([*command, "--dest", scratch, requirement], check=True)
            (archive,) = Path(scratch).glob("*.tar.gz")
            with tarfile.open(archive) as opened:
                opened.extractall(Path(scratch) / "unpacked", filter="data")
            (only,) = (Path(scratch) / "unpacked").iterdir()
            only.rename(folder)
    return folder


def calibrated(project: str, root: Path, signals: Iterable[Signal]) -> Calibration:
    """Judge what archaeology proposes with the enforcing configuration hidden."""
    contracts = read_contracts(read_repository(root))
    hidden = Codebase(read_repository(root, hidden=without_contracts))
    found = hidden.python or read_python(hidden.repository)
    assert found is not None
    declared = frozenset(
        name
        for contract in contracts
        for rule in contract.rules
        for name in rule.get("sources", ())
        if rule["type"] == "allowed_only"
    )
    rules = tuple(
        rule for contract in contracts for rule in rules_of(contract, found, declared) if rule.forbidden
    )
    judged = []
    for hypothesis in excavate(hidden, signals).hypotheses:
        proposed = expanded(boundary_of(hypothesis.possible_intent), found)
        if proposed:
            judged.append(Judged(hypothesis, _verdict(proposed, rules), proposed))
    return Calibration(project, tuple(judged), rules)


def rules_of(contract: Contract, found: ModuleMap, declared: frozenset[str]) -> Iterable[Rule]:
    """What a contract forbids and allows among the modules that archaeology sees.

    Args:
        declared: modules that tach knows; each of them ends where a deeper one begins.
    """
    ignored = {tuple(part.strip() for part in text.split("->")) for text in contract.ignored}
    for rule in contract.rules:
        if rule["type"] == "allowed_only":
            yield _allowed_only(contract, rule["sources"][0], list(rule["targets"]), found, declared)
            continue
        forbidden = expanded(pairs_of(rule), found) - ignored
        levels = [entry.split("|") for entry in rule.get("layers", ())]
        downward = {
            (high.strip(), low.strip())
            for number, highs in enumerate(levels)
            for lows in levels[number + 1 :]
            for high in highs
            for low in lows
        }
        yield Rule(contract.name, forbidden, expanded(downward, found) - forbidden)


def expanded(pairs: Iterable[tuple[str, str]], found: ModuleMap) -> ModulePairs:
    """Names as modules; a library stays as it is."""
    below: dict[str, list[str]] = {}

    def modules(name: str) -> list[str]:
        if name not in below:
            inside = [module for module in found.paths if module == name or module.startswith(f"{name}.")]
            below[name] = inside or ([name] if name in found.external else [])
        return below[name]

    return frozenset(
        (one, other)
        for left, right in pairs
        for one in modules(left)
        for other in modules(right)
        if one != other
    )


def _allowed_only(
    contract: Contract, source: str, targets: list[str], found: ModuleMap, declared: frozenset[str]
) -> Rule:
    others = declared - {source, *targets}

    def pairs(names: Iterable[str]) -> ModulePairs:
        reached = expanded([(source, name) for name in names], found)
        homes = ((pair, unit_of(pair[0], declared), unit_of(pair[1], declared)) for pair in reached)
        return frozenset(pair for pair, home, target in homes if home == source != target)

    return Rule(contract.name, pairs(others), pairs(targets))


def _verdict(proposed: ModulePairs, rules: Iterable[Rule]) -> str:
    forbidden = frozenset(pair for rule in rules for pair in rule.forbidden)
    allowed = frozenset(pair for rule in rules for pair in rule.allowed) - forbidden
    spoken = proposed & (forbidden | allowed)
    if len(spoken) < MOSTLY * len(proposed):
        return "unspoken"
    return "confirmed" if len(proposed & forbidden) >= MOSTLY * len(spoken) else "contradicted"


def table(calibrations: Iterable[Calibration]) -> str:
    """Precision and cumulative recall per confidence band, per project and together, as Markdown."""
    every = list(calibrations)
    lines = [
        "| project | band | boundaries | confirmed | contradicted | unspoken | precision | of spoken | recall |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, group in [*((each.project, [each]) for each in every), ("all", every)]:
        for least, band in BANDS:
            verdicts = [
                each.verdict
                for one in group
                for each in one.judged
                if band_of(each.hypothesis.confidence) == band
            ]
            confirmed, contradicted = verdicts.count("confirmed"), verdicts.count("contradicted")
            recalled, rules = (
                sum(each.recalled(least) for each in group),
                sum(len(each.rules) for each in group),
            )
            counts = [len(verdicts), confirmed, contradicted, verdicts.count("unspoken")]
            shares = [_share(confirmed, len(verdicts)), _share(confirmed, confirmed + contradicted)]
            cells = [name, f"{band} (from {least:g})", *map(str, counts), *shares, f"{recalled}/{rules}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "–"


def measure(cache: Path) -> str:
    """Both tables: all signals, and the structure of the code alone."""
    signals = [each.plugin for each in collect_signals().values()]
    structural = [each for each in signals if each.family == "structural"]
    told = []
    for title, chosen in (
        ("All signals, enforcing configuration hidden", signals),
        ("Structural signals alone", structural),
    ):
        calibrations = [calibrated(project, fetched(project, cache), chosen) for project in PROJECTS]
        told.append(f"### {title}\n\n{table(calibrations)}")
    return "\n\n".join(told)


def _cache() -> Path:
    cache = Path(os.environ.get("ALLOY_BENCH_CACHE") or Path(tempfile.gettempdir()) / "alloynb-bench")
    cache.mkdir(parents=True, exist_ok=True)
    return cache


@pytest.mark.bench
def test_print_how_far_confidence_can_be_trusted() -> None:
    print(f"\n{measure(_cache())}")


@pytest.mark.bench
@pytest.mark.parametrize("project", PROJECTS)
def test_every_observation_of_a_public_project_opens_at_its_line(project: str) -> None:
    root = fetched(project, _cache())
    signals = [each.plugin for each in collect_signals().values()]
    for hypothesis in excavate(Codebase(read_repository(root)), signals).hypotheses:
        for each in hypothesis.observed:
            assert each.path is not None, f"{hypothesis.title}: {each.told}"
            assert each.line is not None, f"{hypothesis.title}: {each.ref}"
            lines = (root / each.path).read_text(encoding="utf-8", errors="replace").splitlines()
            assert 1 <= each.line <= max(1, len(lines)), each.ref


@pytest.mark.bench
def test_the_layers_that_the_authors_of_kedro_wrote_are_proposed_without_their_configuration() -> None:
    root = fetched("kedro==1.7.0", _cache())
    signals = [each.plugin for each in collect_signals().values()]
    hidden = Codebase(read_repository(root, hidden=without_contracts))
    found = [
        each
        for each in excavate(hidden, signals).hypotheses
        if each.kind == "layers" and each.possible_intent["scope"]["modules"]
    ]
    (whole,) = [each for each in found if each.title.startswith("Imports in kedro run one way")]
    (rule,) = [definition["rule"] for definition in whole.possible_intent["evidence"]]
    level = {
        module.strip(): number for number, layer in enumerate(rule["layers"]) for module in layer.split("|")
    }
    assert level["kedro.framework.cli"] < level["kedro.framework.session"] < level["kedro.runner"]
    assert level["kedro.runner"] < min(level["kedro.io"], level["kedro.pipeline"])


if __name__ == "__main__":
    print(measure(_cache()))
