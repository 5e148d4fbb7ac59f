"""What the README promises is true: its commands are run, in a shop of their own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.journeys.documentation import ROOT, Reader, blocks_of, links_of, pages

GUIDES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.slow
def test_whoever_follows_the_readme_goes_once_round_the_loop(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for block in blocks_of(ROOT / "README.md"):
        reader.follow(block)

    told = "\n".join(reader.told)
    for promised in (
        "is accepted",
        "✔ The capability holds, nothing drifted",
        "checkout/payment.py:3: checkout.payment imports acme.client",
        "resolved",
        "✔ no drift",
        "satisfied",
    ):
        assert promised in told, promised


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES, ids=lambda page: page.stem)
def test_every_marked_command_of_a_guide_does_what_it_says(guide: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for block in blocks_of(guide):
        reader.follow(block)


def test_the_readme_is_run_and_not_only_read() -> None:
    assert len(blocks_of(ROOT / "README.md")) >= 5


def test_the_records_that_the_readme_shows_govern_this_project() -> None:
    shown = set(
        re.findall(r"alloy-foundry\.intent\.([\w-]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    )

    assert shown
    assert not {slug for slug in shown if not (ROOT / ".alloy" / "intent" / f"{slug}.yaml").exists()}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_reference_leads_somewhere(page: Path) -> None:
    missing = [target for target in links_of(page) if not (page.parent / target).exists()]

    assert not missing
