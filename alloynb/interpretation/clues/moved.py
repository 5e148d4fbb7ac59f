"""Things that only moved: what is named in the record has another name now, and nothing else changed (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.archaeology.renames import module_now
from alloynb.intent.evidence_definition import ImportBoundaryEvidence, PatternEvidence
from alloynb.interpretation.verdict import Case, Clue, ClueReader


class Moved:
    """Holds names of the rule against the renames that git recognizes."""

    name = "moved"

    def look(self, case: Case) -> Iterator[Clue]:
        """Yield names that moved: of the rule, of an import that the rule lets pass, of a test that it demands."""
        for name in case.lost_names:
            now = module_now(name, case.now_called)
            if now is not None:
                told = f"the record names `{name}`, which is called `{now}` now"
                yield Clue(self.name, "refactor_keeps_intent", 0.7, told, case.record.id)
        if case.finding is None:
            return
        yield from self._let_pass_before(case)
        yield from self._outside_before(case)
        kind, subject = case.definition.kind, case.finding.subject
        path = subject[0].partition("::")[0]
        if kind == "test" and subject[-1] == "missing" and path in case.now_called:
            told = f"the test that the record demands is called {case.now_called[path]} now"
            yield Clue(self.name, "refactor_keeps_intent", 0.75, told, case.now_called[path])

    def _let_pass_before(self, case: Case) -> Iterator[Clue]:
        """An import that the rule lets pass by name, under the name that it had then."""
        definition, finding = case.definition, case.finding
        if finding is None or not isinstance(definition, ImportBoundaryEvidence) or case.names is None:
            return
        importer, imported = finding.subject[0], finding.subject[-1]
        for former in (importer, *case.names.former_modules(importer)):
            for target in (imported, *case.names.former_modules(imported)):
                written = f"{former} -> {target}"
                if (former, target) != (importer, imported) and written in definition.rule.ignore_imports:
                    told = f"the rule lets `{written}` pass, and that is what this was called before"
                    yield Clue(self.name, "refactor_keeps_intent", 0.75, told, finding.path)

    def _outside_before(self, case: Case) -> Iterator[Clue]:
        """A place that the rule left out by its path, and that moved; what came with the move itself is none."""
        definition, finding, change = case.definition, case.finding, case.change
        if finding is None or not isinstance(definition, PatternEvidence) or case.names is None:
            return
        if change is None or finding.path in change.renamed.values():
            return
        from pathspec import GitIgnoreSpec

        spec = GitIgnoreSpec.from_lines(definition.pattern.paths)
        for former in case.names.former_paths(finding.path):
            if not spec.match_file(former):
                told = f"it stood in `{former}` before, which the rule leaves out"
                yield Clue(self.name, "refactor_keeps_intent", 0.75, told, finding.path)
                return


CLUE: ClueReader = Moved()
