"""Modes 0, 1, 3 and 4: a brief as files for a person, through an existing command line, from an object store, and as a
formation of its own.

Mode 2, where a runner pulls, is in `test_shared_alloy.py`; a Foundry that resolves a brief natively from a directory or
over HTTP is in `tests/foundry_kernel/runner/providers`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.kinds import read_file
from tests.fakes.existing_foundry import ExistingFoundry
from tests.fakes.object_store import BUCKET, KEY_ID, REGION, SECRET, object_store
from tests.fakes.older_foundry import install as older_foundry

pytestmark = pytest.mark.slow
RECORDS = Path(__file__).parents[2] / "docs" / "screenshots" / "records"
PROTECTED = {"shop.intent.right-total", "shop.intent.vendor-boundary"}
VALIDATION = ["resolve_intent_context", "resolve_gates", "run_preflight", "route_validation"]


class Shop:
    """The sample shop with two accepted records and a compiled brief, an existing Foundry on PATH, and a person."""

    def __init__(self, folder: Path, brief_id: str = "") -> None:
        self.root, self.home = folder / "shop", folder / "home"
        self.home.mkdir()
        self.foundry = ExistingFoundry(folder / "bin")
        self._environment = {
            **os.environ,
            "PATH": f"{self.foundry.folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "ALLOY_PRINCIPAL": "ada",
        }
        self.brief_id = brief_id

    def told_to_use(self, **variables: str) -> None:
        """Somebody who keeps this machine sets variables for it."""
        self._environment |= variables

    def govern(self) -> str:
        """Make the repository, and compile; the id of the brief."""
        self.told("alloynb", "sample", str(self.root), here=self.root.parent)
        self.told("alloynb", "init")
        for record in RECORDS.glob("*.yaml"):
            (self.root / ".alloy" / "intent" / record.name).write_bytes(record.read_bytes())
        slugs = ("vendor-boundary", "right-total")
        self.told("alloynb", "intent", "accept", *slugs, "--why", "we rely on it")
        self.commit("Say what we rely on")
        return str(self.told("alloynb", "brief", "compile")["id"])

    @property
    def digest(self) -> str:
        """Of the compiled brief, as its laid out file has it."""
        return read_file(FORMATION_BRIEF, self.root / ".alloy" / "briefs" / f"{self.brief_id}.json").digest

    def call(self, *arguments: str, here: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            arguments,
            cwd=here or self.root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self, *arguments: str, here: Path | None = None) -> Any:
        """Call with `--json`; the data of what must succeed."""
        done = self.call(*arguments, "--json", here=here)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["data"]

    def refused(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Call with `--json`; exit code and error of what must not succeed."""
        done = self.call(*arguments, "--json")
        return done.returncode, json.loads(done.stdout)["error"]

    def typed(self, line: str) -> str:
        """Type a line into a shell, as instructions say it."""
        done = self.call("sh", "-c", line)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the evidence store."""
        return [tuple(row.values()) for row in self.told("alloynb", "evidence", "sql", statement)["rows"]]

    def commit(self, subject: str) -> None:
        self.call("git", "add", "--all")
        assert self.call("git", "commit", "-qm", subject).returncode == 0

    def instructions(self) -> list[str]:
        """The commands that the laid out instructions tell a person to type."""
        text = (self.root / ".alloy" / "briefs" / f"{self.brief_id}.instructions.md").read_text()
        return re.findall(r"`((?:foundry|alloynb) [^`]+)`", text)

    def add_gates(self) -> list[str]:
        """Do what the instructions say of the gate file: add its gates, take none out."""
        file = self.root / ".hone-gates.json"
        gates = json.loads(file.read_text())
        added = json.loads((self.root / ".alloy" / "gates" / "overlay.hone-gates.json").read_text())["gates"]
        gates["gates"] += added
        file.write_text(json.dumps(gates))
        self.commit("Hold every run to the gates of the brief")
        return [gate["name"] for gate in added]

    def composed(self) -> Path:
        """The formation file of the brief, for a target that is our Foundry."""
        manifest = self.home / "manifest.json"
        manifest.write_text(self.call("foundry-kernel", "manifest", "--json").stdout)
        files = self.told("alloynb", "brief", "materialize", self.brief_id, "--manifest", str(manifest))[
            "files"
        ]
        (file,) = [each for each in files if each.startswith(".alloy/formations/")]
        return self.root / file

    def taking_part(self, run_id: str) -> list[str]:
        """Blocks that took part in a run, as the store has them."""
        self.told("alloynb", "evidence", "refresh")
        asked = f"SELECT block FROM block_executions WHERE run_id = '{run_id}' ORDER BY started_at"
        return [block for (block,) in self.ask(asked)]


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a governed shop, and its brief; made once."""
    folder = tmp_path_factory.mktemp("governed")
    shop = Shop(folder)
    return folder, shop.govern()


@pytest.fixture
def shop(governed: tuple[Path, str], tmp_path: Path) -> Shop:
    folder, brief_id = governed
    shutil.copytree(folder / "shop", tmp_path / "shop", symlinks=True)
    return Shop(tmp_path, brief_id)


def test_mode_0_a_person_follows_the_laid_out_files_and_takes_the_trace_in(shop: Shop) -> None:
    laid_out = shop.told("alloynb", "brief", "materialize", shop.brief_id)["files"]
    assert {
        f".alloy/briefs/{shop.brief_id}.json",
        f".alloy/briefs/{shop.brief_id}.instructions.md",
        ".alloy/gates/overlay.hone-gates.json",
        ".alloy/projections/CHARTER.generated.md",
        ".alloy/prompts/execution.md",
    } <= set(laid_out)
    gates = shop.add_gates()
    assert gates == ["right-total.total", "vendor-boundary.imports"]

    emit, trace, ingest = shop.instructions()
    event_id = shop.typed(emit).split()[-1]
    assert "all gates passed" in shop.typed(trace.replace("EVENT_ID", event_id))
    lines = shop.typed("foundry-kernel interop convert ~/.foundry/traces").splitlines()
    results = [said["result"]["content"] for said in map(json.loads, lines) if "result" in said]
    assert [each["brief"] for each in results] == [{"id": shop.brief_id, "digest": shop.digest}]
    shop.typed(ingest)

    [(run_id, *run)] = shop.ask("SELECT run_id, status, throttle, brief_id, runner_id FROM runs")
    assert run == ["completed", "dry_run", shop.brief_id, "foundryd"]
    assert shop.taking_part(run_id) == ["resolve_gates", "run_verify_gates"]
    read = shop.ask(f"SELECT DISTINCT record_id FROM intent_satisfaction WHERE run_id = '{run_id}'")
    assert {record_id for (record_id,) in read} == PROTECTED


def test_mode_0_our_own_foundry_runs_by_hand_what_was_laid_out(shop: Shop) -> None:
    shop.told("alloynb", "brief", "materialize", shop.brief_id)
    added = shop.add_gates()
    ran = shop.told("foundry-kernel", "gates", "run", ".")["gates"]
    assert [(gate["name"], gate["status"]) for gate in ran] == [
        (name, "passed") for name in ("tests", *added)
    ]

    emit = shop.instructions()[0].replace("foundry ", "foundry-kernel ", 1)
    shop.typed(emit)
    shop.told("alloynb", "evidence", "refresh")
    asked = "SELECT status, brief_id, brief_digest FROM runs"
    assert shop.ask(asked) == [("completed", shop.brief_id, shop.digest)]
    passed = shop.ask("SELECT gate FROM gate_results WHERE status = 'passed'")
    assert {"tests", *added} <= {gate for (gate,) in passed}


def test_mode_1_an_existing_command_line_is_driven_once_and_its_trace_is_read(shop: Shop) -> None:
    done = shop.told("alloynb", "brief", "emit", shop.brief_id)
    (asked,) = shop.foundry.asked()
    assert (asked["event"], asked["project"], asked["throttle"]) == (
        "validation_requested",
        "shop",
        "dry_run",
    )
    assert asked["payload"]["alloy"]["brief_id"] == shop.brief_id

    code, error = shop.refused("alloynb", "brief", "emit", shop.brief_id)
    assert (code != 0, error["type"]) == (True, "AlreadyClaimed")
    assert len(shop.foundry.asked()) == 1, "never twice"

    traces = str(shop.home / ".foundry" / "traces")
    taken = shop.told("alloynb", "trace", "ingest", traces)
    (run_id,) = taken["interpreted"]
    [(entry, request)] = shop.ask(
        f"SELECT event_id, throttle FROM events WHERE run_id = '{run_id}' AND event_type = 'validation_requested'"
    )
    assert (entry, request) == (done["event_id"], "dry_run")
    read = shop.ask(f"SELECT DISTINCT record_id FROM intent_satisfaction WHERE run_id = '{run_id}'")
    assert {record_id for (record_id,) in read} == PROTECTED
    assert shop.told("alloynb", "trace", "ingest", traces)["facts"] == 0, "again changes nothing"


def test_mode_3_a_brief_goes_to_an_object_store_and_another_machine_runs_it_from_there(
    shop: Shop, tmp_path: Path
) -> None:
    with object_store() as store:
        shop.told_to_use(TEAM_ID=KEY_ID, TEAM_SECRET=SECRET)
        settings = tmp_path / "config" / "foundry" / "providers.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(
            f"""[providers.team]
place = "s3://{BUCKET}/shop"
endpoint = "{store.address}"
region = "{REGION}"
access_key_id_env = "TEAM_ID"
secret_access_key_env = "TEAM_SECRET"
"""
        )
        published = shop.told("alloynb", "brief", "publish", shop.brief_id, "team")
        digest = shop.told("alloynb", "brief", "show", shop.brief_id)["digest"]
        assert (len(published["created"]), published["brief_digest"]) == (4, digest)
        again = shop.told("alloynb", "brief", "publish", shop.brief_id, "team")
        assert (again["created"], len(again["stood"])) == ([], 4)

        far = tmp_path / "far"
        assert shop.call("git", "clone", "-q", str(shop.root), str(far)).returncode == 0
        assert not (far / ".alloy" / "shelf").exists(), "what it runs comes from the store alone"
        store.faults[:] = ["busy"]
        ran = shop.told(*published["emit"], here=far)["run_result"]["content"]
        assert (ran["status"], ran["brief"]["digest"]) == ("completed", digest)
        assert ran["retries"] == {"transport": 1, "runner": 0, "foundry": 0}
        assert "vendor-boundary.imports" in [gate["name"] for gate in ran["gates"]]
        left = [file.read_bytes() for file in (far / ".alloy").rglob("*") if file.is_file()]
        assert not [text for text in left if SECRET.encode() in text], "no trace holds a credential"

        overlay = next(key for key in store.objects if "/gate_overlay/" in key)
        store.objects[overlay] = store.objects[overlay].replace(
            b"vendor-boundary.imports", b"vendor-boundary.nothing"
        )
        code, error = shop.refused("alloynb", "brief", "publish", shop.brief_id, "team")
        assert (code, "nothing was replaced" in error["next_step"]) == (3, True)
        another = tmp_path / "another"
        shop.call("git", "clone", "-q", str(shop.root), str(another))
        done = shop.call(*published["emit"], "--json", here=another)
        assert (done.returncode, json.loads(done.stdout)["error"]["type"]) == (3, "DigestMismatch")
        assert not list((another / ".alloy").glob("runs/run_*"))
        assert not store.refused, "every request was signed"


def test_mode_4_a_compiled_formation_is_run_by_our_foundry_with_its_blocks_alone(shop: Shop) -> None:
    file = shop.composed()
    formation = tomllib.loads(file.read_text())
    assert formation["blocks"] == VALIDATION
    payload = ("--payload", json.dumps(formation["when"]))
    emit = ("foundry-kernel", "emit", formation["entry_event"], "shop", "--throttle", "dry_run")

    run = shop.told(*emit, *payload, "--formation", str(file))
    assert run["status"] == "completed"
    assert shop.taking_part(run["run_id"]) == VALIDATION
    gates = shop.ask(f"SELECT gate, source FROM gate_results WHERE run_id = '{run['run_id']}'")
    assert ("vendor-boundary.imports", "overlay") in gates

    shorter = shop.home / "shorter.toml"
    text = file.read_text().replace(', "route_validation"', "")
    shorter.write_text(text.replace('["validation_completed"]', "[]"))
    run = shop.told(*emit, *payload, "--formation", str(shorter))
    assert shop.taking_part(run["run_id"]) == VALIDATION[:-1]

    code, error = shop.refused(*emit, "--formation", str(file))
    assert (code, error["type"]) == (2, "BadFormation"), "it is begun by this brief alone"


def test_mode_4_a_laid_out_brief_that_was_edited_begins_no_run(shop: Shop) -> None:
    file = shop.composed()
    laid_out = shop.root / ".alloy" / "briefs" / f"{shop.brief_id}.json"
    laid_out.write_text(laid_out.read_text().replace("still hold", "may be dropped"))
    payload = json.dumps(tomllib.loads(file.read_text())["when"])

    emit = ("foundry-kernel", "emit", "validation_requested", "shop", "--payload", payload)
    code, error = shop.refused(*emit, "--formation", str(file))
    assert (code, error["type"]) == (3, "DigestMismatch")
    assert not list((shop.root / ".alloy" / "runs").glob("*/journal"))


def test_a_run_compiles_down_by_itself_to_a_foundry_that_takes_no_gate_overlays(shop: Shop) -> None:
    older = older_foundry(shop.home)
    code, error = shop.refused("env", f"ALLOY_FOUNDRY={older}", "alloynb", "run")
    assert (code, error["type"]) == (2, "RequiredGateLost"), "what is required would not be shown"
    assert "right-total.total, vendor-boundary.imports" in error["message"]
    assert shop.told("alloynb", "request", "list") == []

    shop.told("alloynb", "brief", "materialize", shop.brief_id)
    gates = set(shop.add_gates())
    report = shop.told("env", f"ALLOY_FOUNDRY={older}", "alloynb", "run")
    assert {each["gate"]: (each["ran_as"], each["status"]) for each in report["plan_gates"]} == dict.fromkeys(
        gates, ("repository", "passed")
    )
    assert report["counts"] == {"satisfied": len(PROTECTED)}
    assert "takes no gate overlay" in report["compiled_down"][0]
    run_id = report["provenance"]["run_id"]
    assert set(shop.ask(f"SELECT gate, became, ran_as FROM run_plan_gates('{run_id}')")) == {
        (gate, "repository", "repository") for gate in gates
    }
    shown = shop.call("env", f"ALLOY_FOUNDRY={older}", "alloynb", "run")
    assert "Not as the brief says" in shown.stdout
