"""Who acts: from the user that Jupyter knows to the principal whose authorities count (spec 2.9, 5.1)."""

from __future__ import annotations

import re
from typing import Any

from jupyter_server.auth.identity import User

from alloynb.intent.authority import Principal

_MADE_UP = re.compile(r"[0-9a-f]{32}")


def principal_of(user: User | None) -> Principal | None:
    """Name the principal, or None for the person who runs the server.

    A server with one shared token does not know who shows it: it makes a name up. Whoever has that token can run code
    as the person who started the server, so that acting in that person's name gives nothing away. Where people are told
    apart (a password of their own, JupyterHub), each acts in the own name.
    """
    if user is None or (_MADE_UP.fullmatch(user.username) and user.name.startswith("Anonymous ")):
        return None
    kind: Any = getattr(user, "kind", "human")
    return Principal(user.username, "human" if kind == "human" else "machine")
