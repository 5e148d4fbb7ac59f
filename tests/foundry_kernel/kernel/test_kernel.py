"""The kernel `foundry` as any Jupyter client meets it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import foundry_kernel.kernel
from foundry_kernel.kernel.logo import png, svg

jupyter_client = pytest.importorskip("jupyter_client")
SPEC = Path(foundry_kernel.kernel.__file__).parent / "kernelspec"


class Client:
    """A blocking client of a running kernel."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, code: str) -> tuple[dict[str, Any], str]:
        """Execute a cell; returns the reply and everything that was printed or shown as text."""
        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            said.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

        reply = self._client.execute_interactive(code, output_hook=hear, timeout=30)
        return reply["content"], "\n".join(said)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="foundry", cwd=str(tmp_path_factory.mktemp("kernel")))
    try:
        yield Client(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


@pytest.mark.slow
def test_it_says_who_it_is_and_runs_python(kernel: Client) -> None:
    reply, said = kernel.run("print(get_ipython().kernel.implementation, 6 * 7)")
    assert reply["status"] == "ok"
    assert said.strip() == "foundry 42"


@pytest.mark.slow
def test_it_never_imports_alloy(kernel: Client) -> None:
    code = "import sys, foundry_kernel.runner.notebook; print([n for n in sys.modules if n.split('.')[0] == 'alloynb'])"
    assert kernel.run(code)[1].strip() == "[]"


@pytest.mark.slow
def test_its_history_is_not_a_file_that_kernels_share(kernel: Client) -> None:
    assert kernel.run("print(get_ipython().history_manager.hist_file)")[1].strip() == ":memory:"


@pytest.mark.slow
def test_the_magic_emits_an_event_and_shows_its_trace(kernel: Client) -> None:
    reply, said = kernel.run("""%foundry emit greet_requested demo --payload '{"name": "Ada"}'""")
    assert reply["status"] == "ok"
    assert "Hello, Ada!" in said
    assert "completed" in said
    trace = said.strip().splitlines()[-1]
    assert trace.startswith("%foundry trace ")
    assert "✓ compose_greeting" in kernel.run(trace)[1]


@pytest.mark.slow
def test_the_magic_says_what_it_can_do(kernel: Client) -> None:
    assert "%foundry emit" in kernel.run("%foundry")[1]
    assert "Formations:" in kernel.run("%foundry manifest")[1]
    reply, _ = kernel.run("%foundry dance")
    assert reply["ename"] == "UsageError"
    assert kernel.run("%foundry emit greet_reqested demo")[0]["ename"] == "UnknownEventType"


@pytest.mark.slow
def test_a_refusal_is_shown_by_its_message_alone(kernel: Client) -> None:
    reply, _ = kernel.run("from foundry_kernel.errors import Unsafe\nraise Unsafe('no', next_step='ask')")
    assert reply["traceback"] == ["Unsafe: no; ask"]
    reply, _ = kernel.run("1 / 0")
    assert len(reply["traceback"]) > 1


@pytest.mark.slow
def test_it_ends_at_once_when_it_is_asked_to() -> None:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="foundry")
    client.stop_channels()
    manager.shutdown_wait_time = 60.0
    began = time.monotonic()
    manager.shutdown_kernel()
    assert time.monotonic() - began < 30, "after half of the time it would have been terminated"


def test_the_kernelspec_starts_this_module_and_carries_its_logos() -> None:
    spec = json.loads((SPEC / "kernel.json").read_text())
    assert spec["argv"][0] == "python"
    assert spec["argv"][-4:] == ["-m", "foundry_kernel.kernel", "-f", "{connection_file}"]
    assert (spec["display_name"], spec["language"]) == ("Foundry", "python")
    assert (SPEC / "logo-svg.svg").read_text() == svg()
    for size in (32, 64):
        assert (SPEC / f"logo-{size}x{size}.png").read_bytes() == png(size)
