from __future__ import annotations

from alloynb.archaeology.signals.decision_records import SIGNAL

TEXT = (
    "# 4. Keep the domain isolated\n\nStatus: {status}\n\nIt must not know the store. It stays independent.\n"
)


def test_a_decision_that_speaks_of_separation_is_a_source(look) -> None:
    (lead,) = look(SIGNAL, {"docs/adr/0004-domain.md": TEXT.format(status="accepted")})

    assert lead.subject.draft.called == "Decided: Keep the domain isolated"
    assert lead.subject.draft.title == "The decision in docs/adr/0004-domain.md is followed"
    assert lead.observations[0].source_type == "document"


def test_an_ordinary_document_is_none(look) -> None:
    assert not look(SIGNAL, {"docs/adr/0005-x.md": "# 5. Colours\n\nBlue.\n", "docs/guide.md": TEXT})


def test_a_withdrawn_decision_is_counter_evidence(look, certain, counter) -> None:
    (clean,) = look(SIGNAL, {"docs/adr/0004-domain.md": TEXT.format(status="accepted")})
    (lead,) = look(SIGNAL, {"docs/adr/0004-domain.md": TEXT.format(status="superseded")})

    assert counter(lead) == ["the decision is marked superseded"]
    assert certain(lead) < certain(clean)
