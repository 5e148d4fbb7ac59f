"""A small layered package to start from: cli above service above store, all above errors."""

from __future__ import annotations


def package(name: str, modules: dict[str, str]) -> dict[str, str]:
    """Files of a package: module path below it → text; entrances are added."""
    files = {f"{name}/__init__.py": ""}
    for module, text in modules.items():
        parts = module.split("/")
        for depth in range(1, len(parts)):
            files.setdefault(f"{name}/{'/'.join(parts[:depth])}/__init__.py", "")
        files[f"{name}/{module}.py"] = text
    return files


def layered() -> dict[str, str]:
    """Four packages whose imports run down."""
    return package(
        "shop",
        {
            "cli/main": "import click\nfrom shop.service import orders, carts\nfrom shop.errors import kinds\n",
            "cli/admin": "import click\nfrom shop.service import orders\nfrom shop.store import files\n",
            "cli/report": "import click\nfrom shop.service import carts\n",
            "service/orders": "from shop.store import tables\nfrom shop.errors import kinds\n",
            "service/carts": "from shop.store import tables, files\n",
            "service/prices": "from shop.errors import kinds\n",
            "store/tables": "import sqlite3\nfrom shop.errors import kinds\n",
            "store/files": "import sqlite3\nfrom shop.errors import kinds\n",
            "store/rows": "from shop.errors import kinds\n",
            "errors/kinds": "",
            "errors/words": "",
        },
    )
