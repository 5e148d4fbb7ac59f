from __future__ import annotations

from alloynb.archaeology.signals.typed_errors import SIGNAL

ERRORS = "class ShopError(Exception):\n    ...\n" + "".join(
    f"\n\nclass {name}(ShopError):\n    ...\n" for name in ("NoStock", "NoMoney", "NoAddress", "NoTime")
)
USE = "def f():\n    raise NoStock('x')\n\n\ndef g():\n    raise NoMoney('y')\n"


def test_a_family_of_errors_is_seen_at_its_root(look) -> None:
    (lead,) = look(SIGNAL, {"shop/errors.py": ERRORS, "shop/use.py": USE})

    assert lead.observations[0].ref == "shop/errors.py:1"
    assert lead.subject.draft.evidence[0]["pattern"]["must"] == "not_occur"


def test_two_errors_are_no_family(look) -> None:
    assert not look(
        SIGNAL,
        {"shop/errors.py": "class ShopError(Exception):\n    ...\n\n\nclass No(ShopError):\n    ...\n"},
    )


def test_bare_exceptions_are_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, {"shop/errors.py": ERRORS, "shop/use.py": USE})
    bare = "def h():\n    raise Exception('z')\n"
    (lead,) = look(SIGNAL, {"shop/errors.py": ERRORS, "shop/use.py": USE, "shop/bare.py": bare})

    assert counter(lead) == ["raises plain Exception (1 such)"]
    assert certain(lead) < certain(clean)
