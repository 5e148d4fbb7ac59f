"""A PostgreSQL server of our own: a private port, a data folder that goes away, nothing else touched.

The server refuses to run as root, so it then runs as the user `postgres`. Where PostgreSQL is not installed, tests that
need it are skipped with a word.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_INSTALLED = Path("/usr/lib/postgresql")
_START_S = 60.0


@dataclass(frozen=True)
class Postgres:
    """A running server.

    Attributes:
        port: on 127.0.0.1; the user `postgres` needs no password.
        process: of the server, for tests that kill it.
    """

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres") -> str:
        """Address of a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make a database; its address."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
        return self.url(database)


def postgres_programs() -> Path | None:
    """Folder of `initdb` and `postgres`; None when there is none, or nobody may run them."""
    found = sorted(_INSTALLED.glob("*/bin/postgres"), key=lambda each: float(each.parts[-3]))
    if not found or (os.geteuid() == 0 and _server_user() is None):
        return None
    return found[-1].parent


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Start a server, and stop it and remove its data afterwards. Skips the test where there is none.

    Args:
        durable: wait for the disk as a real one does, for measurements; tests need not.
    """
    programs = postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed here")
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))
    user = _server_user() if os.geteuid() == 0 else None
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    port, given = _free_port(), {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    data = folder / "data"
    arguments = ["-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(  # type: ignore[call-overload]
        [programs / "initdb", *arguments], cwd=folder, env=given, check=True, capture_output=True, **identity
    )
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder}
    settings |= {
        "fsync": "on" if durable else "off",
        "max_connections": 100,
        "shared_buffers": "32MB",
        "logging_collector": "off",
    }
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
            [programs / "postgres", "-D", data, *words],
            cwd=folder,
            env=given,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **identity,
        )
    try:
        _wait_for(port, process, folder)
        yield Postgres(port, folder, process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)  # without waiting for those who are connected
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}") from None
            time.sleep(0.1)
        else:
            return


def _server_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
