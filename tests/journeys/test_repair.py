"""A violation is found, called drift by a human, mended by an agent on a branch, and closed by its own evidence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RECORDS = Path(__file__).parents[2] / "docs" / "screenshots" / "records"
PLANTED = "from acme.client import Acme  # just this once\n"
CHARTER = (
    "# Shop\n\nCustomers see what they pay, to the cent. Whoever changes this keeps the vendor replaceable and the "
    "checkout simple.\n"
)
AGENT = '[agents.default]\nadapter = "replayed"\nfolder = "recorded"\n'


class Shop:
    """The sample shop with one accepted record, and a person before it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "shop"
        self._environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "XDG_CONFIG_HOME": str(folder / "config"),
            "ALLOY_PRINCIPAL": "ada",
        }
        assert self.alloy("sample", str(self.root), here=folder)[0] == 0
        assert self.alloy("init")[0] == 0
        self.write(".alloy/intent/vendor-boundary.yaml", (RECORDS / "vendor-boundary.yaml").read_text())
        assert self.alloy("intent", "accept", "vendor-boundary", "--why", "we rely on it")[0] == 0
        assert self.alloy("key", "trust")[0] == 0
        self.write("CHARTER.md", CHARTER)
        self.write(".alloy/agents.toml", AGENT)
        self.commit("Say what we rely on, and whom we trust")

    @property
    def payment(self) -> str:
        return (self.root / "checkout" / "payment.py").read_text()

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def alloy(self, *arguments: str, here: Path | None = None) -> tuple[int, Any]:
        """Call with `--json`: exit code, and the data or the error."""
        done = subprocess.run(
            ["alloynb", *arguments, "--json"],
            cwd=here or self.root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        envelope = json.loads(done.stdout)
        return done.returncode, envelope["data"] if envelope["success"] else envelope["error"]

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, subject: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", subject)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.slow
def test_a_finding_that_a_human_calls_drift_is_mended_by_an_agent_and_closed_by_evidence(shop: Shop) -> None:
    sound = shop.payment
    shop.write("checkout/payment.py", PLANTED + sound)
    exit_code, seen = shop.alloy("drift")
    (finding,) = seen["findings"]
    _, early = shop.alloy("decide", finding["finding_id"], "drift", "--why", "nobody meant to")
    assert "is not committed" in early["repair"]["why_not"], "a run is of a commit"
    shop.commit("In a hurry")
    assert shop.alloy("drift")[0] == 1

    exit_code, decided = shop.alloy("decide", finding["finding_id"], "drift", "--why", "nobody meant to")
    assert exit_code == 0
    repair = decided["repair"]
    for said in (
        "checkout/payment.py, lines 1",
        "shop.intent.vendor-boundary#imports",
        "it never imports one",
        "import `acme` from `checkout`",
        "untrusted observed content",
    ):
        assert said in repair["prompt"], said
    assert repair["brief_id"] in decided["next_step"]

    answer = 'answer = {summary = "Took the import out."}\nwrite."checkout/payment.py" = ' + json.dumps(sound)
    shop.write(".alloy/recorded/execution.toml", answer + "\n")
    headline = 'answer = {headline = "Let checkout forget the vendor", summary = "As the record says."}\n'
    shop.write(".alloy/recorded/summarization.toml", headline)
    shop.write(".alloy/recorded/review.toml", 'answer = {approved = true, summary = "narrow"}\n')
    shop.commit("Record an agent")
    run = ("run", "--brief", repair["brief_id"])
    exit_code, looked = shop.alloy(*run)
    assert (looked["throttle"], looked["delivered"]) == ("dry_run", [])
    assert shop.alloy(*run, "--throttle", "full")[0] == 3, "nobody approved it"
    scopes = ("--scope", "mutation", "--scope", "commit")
    approved = shop.alloy("brief", "approve", repair["brief_id"], *scopes, "--why", "narrow", "--yes")
    assert approved[0] == 0, approved

    exit_code, mended = shop.alloy(*run, "--throttle", "full")
    assert exit_code == 0, mended
    assert len(mended["delivered"]) == 1
    assert [each["finding_id"] for each in mended["resolved"]] == [finding["finding_id"]]
    assert {each["verdict"] for each in mended["records"]} == {"satisfied"}
    run_id = mended["provenance"]["run_id"]
    assert shop.git("status", "--porcelain") == "", "the checkout is as it was"

    exit_code, unmerged = shop.alloy("drift")
    assert (exit_code, [each["status"] for each in unmerged["findings"]]) == (1, ["known"]), "not merged yet"
    assert shop.alloy("report", run_id[:12])[1]["findings"] == []
    assert shop.alloy("drift")[1]["findings"][0]["status"] == "known", "reading a report changes nothing"

    branch = shop.git("for-each-ref", "--format=%(refname:short)", "refs/heads/alloy")
    shop.git("merge", "-q", branch)
    assert shop.alloy("drift")[0] == 0
    asked = "SELECT status, run_id FROM findings"
    assert shop.alloy("evidence", "sql", asked)[1]["rows"] == [{"status": "resolved", "run_id": run_id}]
    asked = f"SELECT outcome FROM repairs WHERE run_id = '{run_id}'"
    assert shop.alloy("evidence", "sql", asked)[1]["rows"] == [{"outcome": "mended"}]


@pytest.mark.slow
def test_a_repair_that_leaves_the_finding_is_not_delivered_and_says_so(shop: Shop) -> None:
    sound = shop.payment
    shop.write("checkout/payment.py", PLANTED + sound)
    elsewhere = {"checkout/payment.py": sound, "checkout/vendor.py": PLANTED}
    answer = 'answer = {summary = "Took the import out of payment."}\n'
    answer += "".join(f'write."{path}" = {json.dumps(text)}\n' for path, text in elsewhere.items())
    for phase in ("execution", "retry"):
        shop.write(f".alloy/recorded/{phase}.toml", answer)
    shop.write(".alloy/recorded/review.toml", 'answer = {approved = true, summary = "narrow"}\n')
    shop.commit("In a hurry")
    (finding,) = shop.alloy("drift")[1]["findings"]
    _, decided = shop.alloy("decide", finding["finding_id"], "drift", "--why", "nobody meant to")
    brief = decided["repair"]["brief_id"]
    scopes = ("--scope", "mutation", "--scope", "commit")
    assert shop.alloy("brief", "approve", brief, *scopes, "--why", "narrow", "--yes")[0] == 0

    exit_code, missed = shop.alloy("run", "--brief", brief, "--throttle", "full")

    assert (exit_code, missed["status"], missed["delivered"]) == (1, "failed", [])
    (told,) = missed["missed"]
    assert finding["finding_id"] in told
    assert "nothing was delivered" in told
    assert "alloynb decide" in told
    assert "smaller repair brief" in missed["recovery_actions"]
    asked = [each for each in missed["gates"] if each["name"] == "mended.vendor-boundary.imports"]
    assert {(each["phase"], each["status"]) for each in asked} == {("verify", "failed")}
    assert shop.git("for-each-ref", "refs/heads/alloy") == "", "no branch that somebody could merge"
    rows = shop.alloy("evidence", "sql", "SELECT outcome, commit, run_status FROM repairs")[1]["rows"]
    assert rows == [{"outcome": "undelivered", "commit": None, "run_status": "failed"}]


def test_a_brief_of_the_shelf_is_run_as_it_is_or_not_at_all(shop: Shop) -> None:
    exit_code, refused = shop.alloy("run", "--brief", "brief_01NOTHERE")
    assert (exit_code, refused["type"]) == (2, "NotOnShelf")
