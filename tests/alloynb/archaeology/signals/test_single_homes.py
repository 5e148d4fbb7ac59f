from __future__ import annotations

from alloynb.archaeology.signals.single_homes import SIGNAL
from tests.alloynb.archaeology.signals.layered import layered

MANY = {f"shop/service/part{number}.py": "" for number in range(12)}
HOMES = {
    "shop/store/s3.py": "import boto3\n",
    "shop/cli/pay.py": "import stripe\n",
    "shop/store/mail.py": "import sendgrid\n",
}


def test_libraries_with_one_place_each_are_a_habit(look) -> None:
    (lead,) = look(SIGNAL, layered() | MANY | HOMES)

    assert {"boto3", "sendgrid", "stripe"} < set(lead.subject.names)
    assert {each["rule"]["targets"][0] for each in lead.subject.draft.evidence} == set(lead.subject.names)


def test_two_libraries_are_no_habit(look) -> None:
    assert not look(SIGNAL, layered() | MANY | {"shop/store/s3.py": "import boto3\n"})


def test_libraries_known_all_over_are_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, layered() | MANY | HOMES)
    spread = {
        f"shop/{part}/net{n}.py": "import httpx\n"
        for part in ("cli", "service", "store", "errors")
        for n in (1, 2)
    }
    (lead,) = look(SIGNAL, layered() | MANY | HOMES | spread)

    assert counter(lead)
    assert certain(lead) < certain(clean)
