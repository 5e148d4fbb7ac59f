"""What every display object is: the same thing as HTML and as plain text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container


class Shown(ABC):
    """Something that a notebook shows.

    It degrades: a page without our theme still reads well, a terminal or a log gets the text, and nothing is lost.
    """

    @abstractmethod
    def html(self) -> str:
        """One fragment of HTML: no script, no style element, nothing from elsewhere."""

    @abstractmethod
    def text(self) -> str:
        """The same as plain text."""

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        """Both forms, as Jupyter asks for them."""
        return {"text/html": self.html(), "text/plain": self.text()}
