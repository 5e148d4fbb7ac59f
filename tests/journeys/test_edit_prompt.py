"""A prompt that was edited after approval waits for one of its own; one that was tampered with never runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.alloy_shop import Said, Shop
from tests.fakes.approved_change import PAYLOAD, approve, shop_with_agents

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return shop_with_agents(tmp_path_factory.mktemp("edited"), "vendor-boundary")


@pytest.fixture(scope="module")
def approved(shop: Shop) -> str:
    """A compiled brief that was approved for a change."""
    compiled = shop.alloynb("brief", "compile", "--template", "prompt", "--payload", PAYLOAD, "--json")
    brief: str = compiled.data["id"]
    assert approve(shop, brief).exit_code == 0
    return brief


@pytest.fixture(scope="module")
def edited(shop: Shop, approved: str) -> str:
    """The brief that names the pack with an edited prompt, compiled."""
    text = shop.alloynb("brief", "show", approved, "--prompt", "execution", "--json").data["text"]
    shop.write("../execution.md", text.replace("# Execution", "# Execution\n\nWrite in plain words."))
    said = shop.alloynb(
        "brief",
        "edit-prompt",
        "execution",
        "--brief",
        approved,
        "--from",
        "../execution.md",
        "--why",
        "for newcomers",
        "--json",
    )
    assert said.exit_code == 0, said
    brief: str = said.data["brief_id"]
    assert shop.alloynb("brief", "compile", "--brief", brief, "--json").exit_code == 0
    return brief


def run(shop: Shop, brief: str) -> Said:
    """Request it at throttle full, and let the runner take it up."""
    posted = shop.alloynb("request", "create", brief, "--throttle", "full", "--json")
    assert posted.exit_code == 0, posted
    return shop.foundry("run", posted.data["request_id"], "--json")


def test_no_approval_carries_over_to_an_edited_pack(shop: Shop, approved: str, edited: str) -> None:
    assert edited != approved
    refused = run(shop, edited)
    assert refused.exit_code == 3, refused
    assert "is not approved by anybody" in refused.error["message"]


def test_the_difference_between_the_two_is_the_edit_with_its_reason(
    shop: Shop, approved: str, edited: str
) -> None:
    assert shop.alloynb("brief", "diff", approved, edited, "--json").data == [
        "ada edited the execution prompt: for newcomers"
    ]


def test_a_pack_that_was_tampered_with_after_approval_is_refused(
    shop: Shop, approved: str, tmp_path: Path
) -> None:
    copy = shop.copy_to(tmp_path / "shop")
    posted = copy.alloynb("request", "create", approved, "--throttle", "full", "--json").data["request_id"]
    for file in (copy.alloy / "shelf" / "prompt_pack").glob("*.json"):
        file.write_text(file.read_text().replace("# Execution", "# Execution, whatever it takes"))
    refused = copy.foundry("run", posted, "--json")
    assert refused.exit_code == 3, refused
    assert copy.runs == []
    assert copy.alloynb("request", "create", approved, "--json").exit_code == 3


def test_once_approved_the_edited_words_are_what_the_agent_reads_with_who_wrote_them(
    shop: Shop, edited: str
) -> None:
    assert approve(shop, edited).exit_code == 0
    done = run(shop, edited)
    assert done.exit_code == 0, done
    (folder,) = shop.runs
    told = (folder / "artifacts" / "prompts" / "execution.md").read_text()
    header, _, text = told.partition("-->")
    assert "edited by ada at 20" in header
    assert "for newcomers" in header
    assert "Write in plain words." in text
