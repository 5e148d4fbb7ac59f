"""Drift from the packages that a record allows or forbids (spec 2.3, 6.4)."""

from __future__ import annotations

from fnmatch import fnmatchcase

from alloynb.errors import AlloyError
from alloynb.intent.evidence_definition import DependencyEvidence, DependencyRule, EvidenceKind
from alloynb.interpretation.detection import Detection, Detector, Look
from alloynb.interpretation.finding import DriftFinding
from alloynb.interpretation.manifest import Declared, known_manifests, name_matches, read_manifest
from runtime_artifacts.errors import ArtifactError


class DependencyDetector:
    """Reads the manifests that the rule names, or all at the top of the tree, and compares names."""

    kind: EvidenceKind = "dependency"

    def detect(self, look: Look) -> Detection:
        """Report each declared package that the rule forbids or does not allow, with the line that declares it."""
        if not isinstance(look.definition, DependencyEvidence):
            raise TypeError(f"{look.definition.kind} evidence is not for this detector")
        rule = look.definition.dependency
        manifests = rule.where or known_manifests(look.tree)
        doubts = [] if manifests else ["the tree has no manifest that is understood"]
        seen: set[str] = set()
        broken: dict[tuple[str, str], tuple[str, list[Declared]]] = {}
        for path in manifests:
            try:
                manifest = read_manifest(look.tree, path)
            except (AlloyError, ArtifactError) as error:
                doubts.append(str(error))
                continue
            doubts += manifest.doubts
            seen |= {declared.section for declared in manifest.declared}
            for declared in manifest.declared:
                if not _is_meant(rule, declared.section):
                    continue
                reason = _offence(rule, declared)
                if reason:
                    broken.setdefault((declared.path, declared.name), (reason, []))[1].append(declared)
        findings = [self._finding(look, key, *value) for key, value in sorted(broken.items())]
        unseen = [each for each in rule.sections if not any(fnmatchcase(name, each) for name in seen)]
        notes = tuple(f"no section {each} declares anything" for each in unseen)
        if unseen and len(unseen) == len(rule.sections):
            doubts.append("vacuous: " + "; ".join(notes))
        return Detection(tuple(findings), tuple(dict.fromkeys(doubts)), notes)

    def _finding(
        self, look: Look, key: tuple[str, str], reason: str, declared: list[Declared]
    ) -> DriftFinding:
        path, name = key
        sections = ", ".join(sorted({each.section for each in declared}))
        lines = [each.line for each in declared if each.line is not None]
        return look.finding(self.kind, key, path, lines, f"{path} declares {name} ({sections}); {reason}")


def _is_meant(rule: DependencyRule, section: str) -> bool:
    return not rule.sections or any(fnmatchcase(section, each) for each in rule.sections)


def _offence(rule: DependencyRule, declared: Declared) -> str | None:
    for pattern in rule.forbidden:
        if name_matches(pattern, declared):
            return f"{pattern} is forbidden"
    if rule.allowed is not None and not any(name_matches(pattern, declared) for pattern in rule.allowed):
        return f"only {', '.join(rule.allowed) or 'nothing'} may be declared"
    return None


DETECTOR: Detector = DependencyDetector()
