"""Evidence: import-linter and tach contracts, and those of them that prove nothing."""

from __future__ import annotations

from collections.abc import Iterable

from alloynb.archaeology.boundary_drafts import contract_subject
from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.contracts import Contract
from alloynb.archaeology.module_map import ModuleMap
from alloynb.archaeology.observation import DECLARED, Family, Lead, Observation
from alloynb.archaeology.vacuity import faults_of

_MOST_EXCEPTIONS = 4


class ImportContracts:
    """Takes each contract as a hypothesis of what its authors mean; a vacuous one is flagged as such."""

    name = "import_contracts"
    family: Family = "evidence"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead per rule of each contract; exceptions, empty names and broken promises are counter-evidence."""
        found = codebase.python
        if found is None:
            return
        for contract in codebase.contracts:
            for rule in contract.rules:
                yield self._lead(contract, dict(rule), found, faults_of(contract, found, codebase.libraries))

    def _lead(
        self, contract: Contract, rule: dict[str, object], found: ModuleMap, faults: tuple[str, ...]
    ) -> Lead:
        rule["packages"] = list(rule.get("packages") or found.packages)  # type: ignore[call-overload]
        told = f"the project enforces this with {contract.tool}"
        observed = [
            Observation(self.name, told, 0.85, True, contract.path, contract.line, text=contract.name)
        ]
        observed += [
            Observation(
                self.name,
                "an exception is written into the contract",
                0.06,
                False,
                contract.path,
                contract.line,
                text=each,
            )
            for each in contract.ignored[:_MOST_EXCEPTIONS]
        ]
        for fault in faults:
            weight = 0.75 if fault.startswith("vacuous") else 0.2
            observed.append(
                Observation(self.name, fault, weight, False, contract.path, contract.line, text=contract.name)
            )
        return Lead(contract_subject(contract.name, rule, found, DECLARED), tuple(observed), faults)


SIGNAL = ImportContracts()
