"""A shop in which a brief was looked at, approved by signature, and delivered on a branch, by replayed agents."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fakes.alloy_shop import RECORDS, Said, Shop, govern, open_shop

PAYLOAD = json.dumps({"prompt": "Say in a README what a basket is."})
PROMPT_RUN = ("run", "--template", "prompt", "--payload", PAYLOAD, "--json")
AGENTS = {
    "CHARTER.md": "# Shop\n\nCustomers see what they pay, to the cent. Whoever changes this keeps the vendor "
    "replaceable and the checkout simple.\n",
    ".alloy/agents.toml": '[agents.default]\nadapter = "replayed"\nfolder = "recorded"\n',
    ".alloy/recorded/execution.toml": 'answer = {summary = "Said it."}\n'
    'write."shop/checkout/README.md" = "What a customer has chosen and not paid for yet.\\n"\n',
    ".alloy/recorded/summarization.toml": 'answer = {headline = "Say what a basket is", summary = "For newcomers."}\n',
    ".alloy/recorded/review.toml": 'answer = {approved = true, summary = "harmless"}\n',
}


def shop_with_agents(folder: Path, *slugs: str) -> Shop:
    """Govern a shop whose agents play recorded answers, and trust the key of who governs it."""
    opened = open_shop(folder / "shop", AGENTS)
    shop = Shop(opened.root, {"XDG_CONFIG_HOME": str(folder / "config")})
    govern(shop, *(slugs or tuple(RECORDS)))
    assert shop.alloynb("key", "trust", "--json").exit_code == 0
    shop.commit("Say whose word counts")
    return shop


def approve(shop: Shop, brief: str) -> Said:
    """Approve a brief for a change that is committed."""
    scopes = ("--scope", "mutation", "--scope", "commit")
    return shop.alloynb("brief", "approve", brief, *scopes, "--why", "a page of prose", "--yes", "--json")


def delivered_change(folder: Path) -> tuple[Shop, str]:
    """Go all the way: the shop, and the id of the run that delivered."""
    shop = shop_with_agents(folder, "vendor-boundary")
    compiled = shop.alloynb("brief", "compile", "--template", "prompt", "--payload", PAYLOAD, "--json")
    assert compiled.exit_code == 0, compiled
    approved = approve(shop, compiled.data["id"])
    assert approved.exit_code == 0, approved
    done = shop.alloynb(*PROMPT_RUN, "--throttle", "full")
    assert done.exit_code == 0, done
    return shop, done.data["provenance"]["run_id"]
