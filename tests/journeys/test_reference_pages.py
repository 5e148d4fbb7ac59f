"""The reference is written from the code, and the examples of the guide for extenders are accepted by it."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

from tests.journeys.documentation import ROOT

EXTEND = ROOT / "docs" / "extend.md"


def module_of(file: Path) -> ModuleType:
    """Import a file that is in no package."""
    spec = importlib.util.spec_from_file_location(f"documented_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES: dict[Path, str] = module_of(ROOT / "docs" / "generate.py").pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_reference_page_says_what_the_code_says(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == PAGES[page], "run: python docs/generate.py"


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], ModuleType]:
    """Imports the module that stands under a heading of the guide."""

    def imported(title: str) -> ModuleType:
        pattern = rf"^## {title}\n.*?^```python\n(.*?)^```$"
        found = re.search(pattern, EXTEND.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        assert found is not None, f"no example under {title!r}"
        file = tmp_path / "offered.py"
        file.write_text(found.group(1), encoding="utf-8")
        return module_of(file)

    return imported


def test_the_example_of_a_block_is_a_block(example: Callable[[str], ModuleType]) -> None:
    from foundry_kernel.engine.block import check_block
    from foundry_kernel.events.catalogue import load_catalogue

    assert check_block(example("A task block").BLOCK, load_catalogue()).kind == "observer"


def test_the_example_of_a_detector_is_a_detector(example: Callable[[str], ModuleType]) -> None:
    from alloynb.interpretation.detection import check_detector

    check_detector(example("A drift detector").DETECTOR)


def test_the_example_of_a_contradiction_detector_is_one(example: Callable[[str], ModuleType]) -> None:
    from alloynb.interpretation.contradiction import IntentLook, check_detector
    from tests.alloynb.intent.records import NOON, a_record

    detector = check_detector(example("A contradiction detector").DETECTOR)
    calm, restless = (a_record(f"r{version}", status="accepted", version=version) for version in (3, 11))
    (question,) = detector.ask(IntentLook("shop", (calm, restless), NOON, lambda sql, given: [])).questions
    assert question.record_ids == (restless.id,)


def test_the_example_of_a_command_is_a_command(example: Callable[[str], ModuleType]) -> None:
    assert all(isinstance(each, click.Command) for each in example("A command").COMMANDS)
