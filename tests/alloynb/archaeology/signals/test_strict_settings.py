from __future__ import annotations

from alloynb.archaeology.signals.strict_settings import SIGNAL
from tests.alloynb.archaeology.signals.layered import layered

STRICT = "[tool.mypy]\nstrict = true\n"
BAN = '[tool.ruff.lint.flake8-tidy-imports.banned-api]\n"requests".msg = "use the client"\n'


def test_strict_types_are_seen(look) -> None:
    (lead,) = look(SIGNAL, {"pyproject.toml": STRICT})

    assert lead.subject.kind == "strict_types"
    assert lead.observations[0].ref == "pyproject.toml:2"


def test_a_banned_library_is_a_boundary(look) -> None:
    (lead,) = look(SIGNAL, layered() | {"pyproject.toml": BAN})

    assert lead.subject.rule["targets"] == ["requests"]


def test_lenient_settings_say_nothing(look) -> None:
    assert not look(SIGNAL, {"pyproject.toml": "[tool.mypy]\nignore_missing_imports = true\n"})


def test_excuses_and_uses_are_counter_evidence(look, certain, counter) -> None:
    (strict,) = look(SIGNAL, {"pyproject.toml": STRICT})
    excused = f'{STRICT}\n[[tool.mypy.overrides]]\nmodule = "old.*"\nignore_errors = true\n'
    (lead,) = look(SIGNAL, {"pyproject.toml": excused})

    assert counter(lead) == ["some modules are excused"]
    assert certain(lead) < certain(strict)
    (banned,) = look(SIGNAL, layered() | {"pyproject.toml": BAN, "shop/cli/net.py": "import requests\n"})
    assert counter(banned) == ["requests is imported all the same"]
