from __future__ import annotations

from pathlib import Path

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.foreign_modules import read_foreign
from alloynb.archaeology.history import History
from alloynb.archaeology.repository import read_repository
from alloynb.archaeology.signals.import_layers import SIGNAL as LAYERS


def read(root: Path, files: dict[str, str]):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (found,) = read_foreign(read_repository(root))
    return found, {(site.importer, site.imported, site.line) for site in found.imports}


def test_typescript_imports_are_read_whatever_their_form(tmp_path: Path) -> None:
    found, imports = read(
        tmp_path,
        {
            "src/app/main.ts": (
                "import { a } from '../core/a'\nexport * from '../core/b'\nimport React from 'react'\n"
                "const fs = require('node:fs')\nconst c = require('../core/c')\nconst d = import('@scope/lib/x')\n"
                "// import x from '../core/commented'\n"
            ),
            "src/core/a.ts": "",
            "src/core/b/index.ts": "",
            "src/core/c.js": "",
        },
    )

    assert imports == {
        ("src.app.main", "src.core.a", 1),
        ("src.app.main", "src.core.b", 2),
        ("src.app.main", "react", 3),
        ("src.app.main", "src.core.c", 5),
        ("src.app.main", "@scope/lib", 6),
    }
    assert found.external == {"react", "@scope/lib"}


def test_go_packages_are_folders_below_their_module(tmp_path: Path) -> None:
    found, imports = read(
        tmp_path,
        {
            "go.mod": "module example.org/shop\n",
            "cmd/main.go": (
                'package main\n\nimport (\n\t"fmt"\n\t"example.org/shop/core"\n\tx "github.com/a/b/c"\n)\n'
            ),
            "core/core.go": "package core\n",
        },
    )

    assert imports == {("cmd", "core", 5), ("cmd", "github.com/a/b", 6)}
    assert found.glob_of("core") == "core/**"


def test_rust_paths_are_resolved_in_their_crate(tmp_path: Path) -> None:
    _, imports = read(
        tmp_path,
        {
            "Cargo.toml": '[package]\nname = "my-shop"\n',
            "src/main.rs": "use crate::core::{a, b};\nuse serde::Serialize;\nuse std::fmt;\n",
            "src/core/mod.rs": "use super::store::open;\n",
            "src/store.rs": "",
        },
    )

    assert imports == {
        ("my_shop", "my_shop.core", 1),
        ("my_shop", "serde", 2),
        ("my_shop.core", "my_shop.store", 1),
    }


def test_java_packages_are_what_their_files_declare(tmp_path: Path) -> None:
    _, imports = read(
        tmp_path,
        {
            "src/main/java/A.java": "package com.x.app;\nimport com.x.core.B;\nimport java.io.X;\nimport org.y.z.Q;\n",
            "src/main/java/B.java": "package com.x.core;\n",
        },
    )

    assert imports == {("com.x.app", "com.x.core", 2), ("com.x.app", "org.y.z", 4)}


def test_layers_of_typescript_become_patterns_that_can_be_checked(tmp_path: Path) -> None:
    files = {
        f"src/{top}/m{number}.ts": "".join(f"import '../{low}/m{number}'\n" for low in lower)
        for top, lower in (("ui", ("core", "store")), ("core", ("store",)), ("store", ()))
        for number in range(3)
    }
    read(tmp_path, files)

    leads = list(LAYERS.look(Codebase(read_repository(tmp_path), History(()))))

    (lead,) = [each for each in leads if each.subject.names[0] == "src"]
    assert lead.subject.names[1:] == ("src.ui", "src.core", "src.store")
    pattern = lead.subject.draft.evidence[0]["pattern"]
    assert (pattern["language"], pattern["must"]) == ("typescript", "not_occur")


def test_patterns_are_queries_that_the_parser_accepts(tmp_path: Path) -> None:
    import tree_sitter_typescript
    from tree_sitter import Language, Parser, Query, QueryCursor

    from alloynb.archaeology.boundary_drafts import forbidden_subject

    found, _ = read(
        tmp_path, {"src/a/x.ts": "import '../b/y'\nimport '../bc/y'\n", "src/b/y.ts": "", "src/bc/y.ts": ""}
    )
    (definition,) = forbidden_subject(found, ["src.a"], ["src.b"]).draft.evidence
    grammar = Language(tree_sitter_typescript.language_typescript())
    tree = Parser(grammar).parse((tmp_path / "src/a/x.ts").read_bytes())

    captures = QueryCursor(Query(grammar, definition["pattern"]["query"])).captures(tree.root_node)

    assert [node.start_point[0] for node in captures["path"]] == [0]
