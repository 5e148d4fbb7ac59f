"""Which systems own product and design intent, as `.alloy/project.yaml` names them (spec 2.1, 3.2).

references:
  epilogue: {kind: product, folder: product}
  design: {kind: design, url: "https://design.example/intent", take: [principles], when_missing: refuse}
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alloynb.intent.strict_model import RepositoryPath, StrictModel, Text
from alloynb.references.web_address import WebAddress, why_unsafe


class ReferenceSystem(StrictModel):
    """One system.

    Attributes:
        kind: which sort of intent it owns; records name what they serve by their sources and interactions.
        folder: files `<reference>.json` or `.yaml` below it; relative to the repository.
        url: asked as `<url>/<reference>`; https, or http on this machine.
        take: fields that briefs keep; all when empty.
        when_missing: what is done about a reference that cannot be resolved: compile with an open question, or refuse.
        token_variable: environment variable whose value is sent as a bearer token.
    """

    kind: Literal["product", "design"]
    folder: RepositoryPath | None = None
    url: Text | None = None
    take: tuple[Text, ...] = ()
    when_missing: Literal["ask", "refuse"] = "ask"
    token_variable: Text | None = None
    time_limit_s: Annotated[float, Field(gt=0, le=60)] = 10

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if (self.folder is None) == (self.url is None):
            raise ValueError("a system is a folder or a url, one of the two")
        if self.url is not None and (reason := why_unsafe(self.url)):
            raise ValueError(f"url: {reason}")
        if self.token_variable is not None and self.url is None:
            raise ValueError("a folder takes no token")
        return self

    @property
    def address(self) -> WebAddress | None:
        """The url, taken apart."""
        return None if self.url is None else WebAddress.of(self.url)
