"""`alloynb key`: the key with which one approves, and the keys that the project trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alloynb.faces.cli.answering import Answer, current_workspace, shared_options
from alloynb.faces.cli.command_group import CommandGroup

if TYPE_CHECKING:
    from rich.console import Console

    from runtime_artifacts.signing import TrustedKey


@click.group(cls=CommandGroup)
def key() -> None:
    """Keys that sign approvals: yours, and those that this project trusts."""


@key.command("show")
@shared_options
def show_keys() -> Answer:
    """Tell your public key, and whose keys this project trusts. No private key is ever shown.

    \b
    Example:
      alloynb key show
    """
    from alloynb.application.trust_keys import known_keys

    workspace = current_workspace()
    found = known_keys(workspace)
    own = found.own

    def show(console: Console) -> None:
        if own is None:
            console.print(
                f"{workspace.principal.name} has no key yet; `alloynb key trust` makes one.", markup=False
            )
        else:
            trust = "trusted here" if found.own_is_trusted else "not trusted here; `alloynb key trust` does"
            console.print(f"{own.principal}: {trust}", style="bold", markup=False)
            console.print(f"  key id      {own.keyid}", markup=False)
            console.print(f"  public key  {own.public_key}", markup=False)
            console.print(f"  private key in {own.file}", style="dim", markup=False)
        console.print(f"\n{len(found.trusted)} trusted", style="bold")
        for each in found.trusted:
            console.print(f"  {each.keyid[:16]}…  {each.principal}: {', '.join(each.scopes)}", markup=False)

    data = {
        "principal": workspace.principal.name,
        "own": None if own is None else {"keyid": own.keyid, "public_key": own.public_key},
        "own_file": str(found.own_file),
        "own_is_trusted": found.own_is_trusted,
        "trusted": [_told(each) for each in found.trusted],
    }
    return Answer(data, show)


@key.command("new")
@shared_options
def new_key() -> Answer:
    """Make your signing key, once; only you can read its file. A key is never overwritten.

    \b
    Example:
      alloynb key new
    """
    from alloynb.application.signing_keys import own_signing_keys

    made = own_signing_keys().make(current_workspace().principal.name)

    def show(console: Console) -> None:
        console.print(f"made a signing key for {made.principal} in {made.file}", markup=False)
        console.print(f"  key id      {made.keyid}", markup=False)
        console.print(f"  public key  {made.public_key}", markup=False)
        console.print("Next: `alloynb key trust` trusts it in this project.", style="dim")

    return Answer(
        {
            "principal": made.principal,
            "keyid": made.keyid,
            "public_key": made.public_key,
            "file": str(made.file),
        },
        show,
    )


@key.command("trust")
@click.option("--principal", help="Whose key it is (default: you).")
@click.option("--public-key", metavar="HEX", help="Their public key, as `alloynb key show` tells it to them.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(
        ["dry_run", "mutation", "commit", "release", "gate_weakening", "test_deletion", "intent_rewrite"]
    ),
    help="Accept no more than this from it; may be repeated (default: what authority.yaml grants).",
)
@shared_options
def trust(principal: str | None, public_key: str | None, scopes: tuple[Any, ...]) -> Answer:
    """Let a key count for approvals of this project; yours is made when there is none. Commit the file it writes.

    To trust a key is to let its holder approve: you need the authority manage_secrets. To trust it no longer, remove
    its file.

    \b
    Examples:
      alloynb key trust
      alloynb key trust --principal ana@example.org --public-key 5d2c…
    """
    from alloynb.application.trust_keys import TrustKey, trust_key

    workspace = current_workspace()
    done = trust_key(workspace, TrustKey(principal, public_key, scopes))

    def show(console: Console) -> None:
        if done.made is not None:
            console.print(f"made a signing key for {done.key.principal} in {done.made}", markup=False)
        console.print(f"key {done.key.keyid[:16]}… of {done.key.principal} is trusted for:", markup=False)
        console.print(f"  {', '.join(done.key.scopes)}", markup=False)
        console.print(f"Commit {done.file.relative_to(workspace.root)}.", style="dim", markup=False)

    data = {
        **_told(done.key),
        "file": str(done.file),
        "made": str(done.made) if done.made is not None else None,
    }
    return Answer(data, show)


def _told(trusted: TrustedKey) -> dict[str, Any]:
    value: dict[str, Any] = trusted.model_dump(mode="json")
    return value


COMMANDS = (key,)
