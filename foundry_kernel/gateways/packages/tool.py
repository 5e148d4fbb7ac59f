"""Calling a package tool: found or not, ended or not, its answer whole or refused."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from foundry_kernel.errors import CannotDispatch, FoundryError
from foundry_kernel.gateways.files import read_plain
from foundry_kernel.gateways.printable import printable
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.gateways.shell import CancelToken, Command, Shell

MAX_MANIFEST_BYTES = 32 * 1024 * 1024
_KEEP_BYTES = 16 * 1024 * 1024
_PASSED = frozenset(
    {
        *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        *("GOPROXY", "GOPRIVATE", "GONOSUMDB", "GONOSUMCHECK", "GOSUMDB", "GOPATH", "GOMODCACHE", "GOFLAGS"),
    }
)
_PASSED_PREFIXES = ("PIP_", "CARGO_", "RUSTUP_", "NPM_CONFIG_", "npm_config_")
_SECRET_WORDS = ("TOKEN", "PASSWORD", "SECRET", "AUTH")


class ToolMissing(CannotDispatch):
    """A package tool is not installed here."""


class ToolFailed(CannotDispatch):
    """A package tool did not answer, or not in the form that is known."""


class NoSuchTool(FoundryError):
    """There is nothing that could do this for this stack."""

    failure_class = "validation"


@dataclass(frozen=True)
class VersionChange:
    """One dependency that has another version now.

    Attributes:
        before: empty when it is new.
        after: empty when it is gone.
    """

    package: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.package} {self.before or '(new)'} → {self.after or '(gone)'}"


@dataclass(frozen=True)
class KnownVulnerability:
    """One known vulnerability in one dependency.

    Attributes:
        name: public name, such as a CVE, GHSA, PYSEC or RUSTSEC number.
        aliases: its other names.
        fixed_versions: versions, or ranges as the scanner says them, that do not have it.
        severity: in the scanner's words; empty when it does not say.
    """

    name: str
    package: str
    scanner: str
    installed_version: str = ""
    aliases: tuple[str, ...] = ()
    fixed_versions: tuple[str, ...] = ()
    severity: str = ""
    summary: str = ""

    def is_called(self, name: str) -> bool:
        """Whether it goes by this name too."""
        return name in (self.name, *self.aliases)


@dataclass(frozen=True)
class Audit:
    """What an audit came to.

    Attributes:
        unaudited: dependencies of which nothing could be learnt, each with the reason: they are not known to be clean.
    """

    found: tuple[KnownVulnerability, ...] = ()
    unaudited: tuple[str, ...] = ()

    def of(self, name: str, aliases: Collection[str], package: str) -> KnownVulnerability | None:
        """The finding that goes by one of these names, in this package if one is named."""
        for each in self.found:
            same_package = not package or _canonical(each.package) == _canonical(package)
            if same_package and any(each.is_called(one) for one in (name, *aliases)):
                return each
        return None

    def leaves_open(self, package: str) -> bool:
        """Whether nothing could be learnt of a package; without a name, of any."""
        names = {_canonical(each.partition(":")[0]) for each in self.unaudited}
        return _canonical(package) in names if package else bool(names)


@dataclass(frozen=True)
class Changed:
    """What an update did.

    Attributes:
        remarks: what was left alone and why, each in one sentence.
    """

    changes: tuple[VersionChange, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToolCaller:
    """Calls tools with a clean environment, a time limit and bounded output.

    Attributes:
        environment: variables of the runner; a tool gets those that it needs to reach its registry.
        time_limit_s: seconds for one call.
        secret_names: further variables that a tool gets; their values are redacted.
    """

    shell: Shell
    environment: Mapping[str, str]
    redactor: Redactor
    cancel: CancelToken | None = None
    time_limit_s: float = 900.0
    secret_names: tuple[str, ...] = ()

    async def call(
        self, argv: tuple[str, ...], cwd: Path, *, fine: Collection[int] = (0,), install: str
    ) -> str:
        """Run a tool and return its standard output, whole.

        Args:
            fine: exit codes that are an answer.
            install: how one gets the tool, for whoever does not have it.

        Raises:
            ToolMissing: it is not there.
            ToolFailed: it ended otherwise than by itself, with another code, or said too much.
        """
        command = Command(
            argv=argv,
            cwd=cwd,
            environment=self.given_environment(),
            time_limit_s=self.time_limit_s,
            keep_bytes=_KEEP_BYTES,
            apart=True,
            redactor=self.redactor,
        )
        result = await self.shell.run(command, self.cancel)
        name = " ".join(argv[:3]) if argv[0].startswith("python") else " ".join(argv[:2])
        if result.status == "cannot_start":
            raise ToolMissing(f"{argv[0]} cannot be started: {result.reason}", next_step=install)
        errors = printable(result.error_tail.decode(errors="replace")).strip()
        if result.status != "exited":
            raise ToolFailed(f"{name}: {result.status.replace('_', ' ')}: {result.reason}")
        text = result.head + result.tail
        if result.exit_code not in fine:
            said = errors or printable(text.decode(errors="replace")).strip()
            missing = "No module named" in said or "no such command" in said or "no such subcommand" in said
            kind = ToolMissing if missing else ToolFailed
            step = install if missing else ""
            raise kind(f"{name}: exit code {result.exit_code}: {_end_of(said)}", next_step=step)
        if result.output_bytes > len(text):
            raise ToolFailed(f"{name}: {result.output_bytes} bytes of output, at most {2 * _KEEP_BYTES}")
        return text.decode(errors="replace")

    def handing_over(self, names: tuple[str, ...]) -> ToolCaller:
        """The same, with further variables for the tool."""
        return replace(self, secret_names=(*self.secret_names, *names))

    def given_environment(self) -> dict[str, str]:
        """Variables that a tool gets; secrets among them are redacted from now on."""
        given = {
            name: value
            for name, value in self.environment.items()
            if name in _PASSED or name in self.secret_names or name.startswith(_PASSED_PREFIXES)
        }
        self.redactor.learn(
            {
                name: value
                for name, value in given.items()
                if "@" in value
                or name in self.secret_names
                or any(word in name.upper() for word in _SECRET_WORDS)
            }
        )
        beside = str(Path(sys.executable).parent)
        path = given.get("PATH") or os.defpath
        given["PATH"] = path if beside in path.split(os.pathsep) else f"{path}{os.pathsep}{beside}"
        given.setdefault("LANG", "C.UTF-8")
        return given


class PackageTool(Protocol):
    """What one stack's file offers."""

    def manifests(self, paths: Collection[str]) -> tuple[str, ...]:
        """Those of a tree's paths that say what the project depends on; none means another stack."""
        ...

    async def update(self, tree: Path, paths: Collection[str], call: ToolCaller) -> Changed:
        """Bring the dependencies up to date in the tree."""
        ...

    async def raise_to(
        self, tree: Path, paths: Collection[str], package: str, version: str, call: ToolCaller
    ) -> Changed:
        """Bring one dependency to at least one version."""
        ...

    async def audit(self, tree: Path, paths: Collection[str], call: ToolCaller) -> Audit:
        """Compare the dependencies with what is known to be vulnerable; changes nothing in the tree."""
        ...


@dataclass
class LockDiff:
    """Versions before and after a tool ran."""

    before: Mapping[str, str]
    after: Mapping[str, str] = field(default_factory=dict)

    def changes(self) -> tuple[VersionChange, ...]:
        """What differs, sorted."""
        names = sorted(self.before.keys() | self.after.keys())
        return tuple(
            VersionChange(name, self.before.get(name, ""), self.after.get(name, ""))
            for name in names
            if self.before.get(name) != self.after.get(name)
        )


def read_manifest(tree: Path, path: str) -> bytes:
    """Bytes of a manifest; empty when it is not there.

    Raises:
        FileUnreadable: not a plain file, too large, or not permitted.
    """
    return read_plain(tree / path, path, MAX_MANIFEST_BYTES) or b""


def json_object(text: str, tool: str) -> dict[str, Any]:
    """The JSON object that a tool printed.

    Raises:
        ToolFailed: it printed something else.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ToolFailed(f"{tool}: its answer is not JSON: {_end_of(printable(text))}") from error
    if not isinstance(value, dict):
        raise ToolFailed(f"{tool}: its answer is not a JSON object")
    return value


def _end_of(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-3:])[-600:] or "it said nothing"


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
