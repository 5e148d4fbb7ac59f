from __future__ import annotations

import json
from pathlib import Path

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.confidence import confidence_of
from alloynb.archaeology.contracts import without_contracts
from alloynb.archaeology.excavate import Excavation, excavate, table_of
from alloynb.archaeology.history import History
from alloynb.archaeology.nearness import Known, known_of
from alloynb.archaeology.observation import Lead
from alloynb.archaeology.repository import read_repository
from alloynb.archaeology.signal import check_signal, collect_signals
from alloynb.errors import CannotRun
from alloynb.intent.boundary_rule import ImportBoundaryRule
from alloynb.intent.record import IntentRecord
from tests.alloynb.archaeology.signals.layered import layered

SIGNALS = [found.plugin for found in collect_signals().values()]
LAYERS = """[importlinter]
root_package = shop
[importlinter:contract:layers]
name = Shop is layered
type = layers
containers = shop
layers =
    cli
    service
    store
    errors
"""


def dig(
    root: Path, files: dict[str, str], known: Known | None = None, *, hide: bool = False, limit: int = 60
) -> Excavation:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    repository = read_repository(root, hidden=without_contracts if hide else None)
    return excavate(Codebase(repository, History(())), SIGNALS, known, limit=limit)


def test_there_are_at_least_fifteen_signals_in_five_families() -> None:
    assert len(SIGNALS) >= 15
    assert {signal.family for signal in SIGNALS} == {
        "structural",
        "behavioural",
        "historical",
        "textual",
        "evidence",
    }


def test_every_signal_lives_in_one_file_and_has_one_test_file() -> None:
    here = Path(__file__).parent / "signals"
    tested = {file.stem.removeprefix("test_") for file in here.glob("test_*.py")}

    assert {Path(found.origin).stem for found in collect_signals().values()} == tested


def test_the_same_tree_gives_the_same_hypotheses(tmp_path: Path) -> None:
    first, second = dig(tmp_path, layered()), dig(tmp_path, layered())

    assert [each.as_json() for each in first.hypotheses] == [each.as_json() for each in second.hypotheses]


def test_layering_is_found_without_the_contract_that_enforces_it(tmp_path: Path) -> None:
    found = dig(tmp_path, layered() | {".importlinter": LAYERS}, hide=True)

    assert not [
        each for each in found.hypotheses if any(o.signal == "import_contracts" for o in each.observed)
    ]
    (layers,) = [each for each in found.hypotheses if each.kind == "layers" and each.names[0] == "shop"]
    assert layers.possible_intent["evidence"][0]["rule"]["layers"][0] == "shop.cli"


def test_a_contract_and_the_code_that_keeps_it_are_one_hypothesis(tmp_path: Path) -> None:
    found = dig(tmp_path, layered() | {".importlinter": LAYERS})

    (layers,) = [each for each in found.hypotheses if each.kind == "layers"]
    assert layers.title == "Shop is layered"
    assert {"import_contracts", "import_layers"} <= {each.signal for each in layers.observed}


def test_confidence_is_computed_from_what_is_shown(tmp_path: Path) -> None:
    for hypothesis in dig(tmp_path, layered()).hypotheses:
        assert hypothesis.confidence == confidence_of(hypothesis.observed)
        assert {row["signal"] for row in table_of(hypothesis)} == {
            each.signal for each in hypothesis.observed
        }


def test_every_possible_intent_is_a_record_that_could_be_accepted(tmp_path: Path) -> None:
    for hypothesis in dig(
        tmp_path, layered() | {".importlinter": LAYERS, "AGENTS.md": "Never do harm.\n"}
    ).hypotheses:
        moment = "2026-01-01T00:00:00Z"
        frame = {"id": "shop.intent.x", "status": "accepted", "created_at": moment, "updated_at": moment}
        record = IntentRecord.model_validate_json(json.dumps({**hypothesis.possible_intent, **frame}))

        assert record.evidence
        assert hypothesis.questions


def test_what_a_record_says_already_is_not_raised(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    before = dig(tmp_path, layered())
    known = Known.of([known_of("shop.intent.layers", before.hypotheses[0].possible_intent)])

    after = dig(tmp_path, layered(), known)

    assert before.hypotheses[0].title in {title for title, _ in after.repeats}
    assert before.hypotheses[0].title not in {each.title for each in after.hypotheses}


def test_a_near_copy_of_a_rejected_boundary_is_not_raised(tmp_path: Path) -> None:
    before = dig(tmp_path, layered())
    (layers,) = [each for each in before.hypotheses if each.kind == "layers"]
    known = Known.of([known_of("shop.hypothesis.x", layers.possible_intent, rejected=True)])
    grown = layered() | {"shop/words/__init__.py": "", "shop/words/a.py": "from shop.errors import kinds\n"}

    after = dig(tmp_path, grown, known)

    assert not [each for each in after.hypotheses if each.kind == "layers" and each.names[0] == "shop"]


def test_the_limit_keeps_the_most_confident(tmp_path: Path) -> None:
    every, one = dig(tmp_path, layered()), dig(tmp_path, layered(), limit=1)

    assert one.hypotheses == every.hypotheses[:1]
    assert one.dropped == every.dropped + len(every.hypotheses) - 1


def test_a_signal_that_gives_up_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    class Broken:
        name, family = "broken", "structural"

        def look(self, _codebase: Codebase) -> tuple[Lead, ...]:
            raise CannotRun("no library")

    (tmp_path / "a.py").write_text("")
    codebase = Codebase(read_repository(tmp_path), History(()))

    found = excavate(codebase, [check_signal(Broken())])

    assert found.notes == ("signal broken gave up: no library",)


def test_rules_are_rules_that_the_checker_understands(tmp_path: Path) -> None:
    from pydantic import TypeAdapter

    adapter = TypeAdapter(ImportBoundaryRule)
    for hypothesis in dig(tmp_path, layered()).hypotheses:
        for definition in hypothesis.possible_intent["evidence"]:
            if definition["kind"] == "import_boundary":
                adapter.validate_json(json.dumps(definition["rule"]))


def test_a_file_that_declares_many_things_alike_does_not_hide_what_else_is_likely(tmp_path: Path) -> None:
    modules = "\n".join(
        f'[[modules]]\npath = "shop.part{number}"\ndepends_on = ["shop.errors"]\n' for number in range(12)
    )
    parts = {f"shop/part{number}.py": "import shop.errors\n" for number in range(12)}
    files = (
        layered()
        | parts
        | {"tach.toml": f'source_roots = ["."]\n\n{modules}', "AGENTS.md": "Never do harm.\n"}
    )
    found = dig(tmp_path, files).hypotheses
    first = [each.observed[0].path for each in found[:10]]
    assert first.count("tach.toml") < len(first)
    assert [each.observed[0].path for each in found].count("tach.toml") == 12, "and none of them is lost"
