"""What every widget is: a picture that Python draws and a small ES module shows; acts come back by name.

A widget holds plain JSON for its module (`view`), a readable value for the notebook (`value`), and a static twin, which
is what an executed notebook, a code host or a log keeps of it. Its module decides nothing: each act is a message that
Python carries out or refuses, so that a notebook without a browser can do the same by calling methods.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import anywidget
import traitlets

from alloynb.errors import AlloyError
from alloynb.faces.widgets.module_text import module_text, style_text
from alloynb.faces.widgets.shown import Shown
from runtime_artifacts.errors import ArtifactError

Payload = Mapping[str, Any]
Act = Callable[[Payload], object]


class UnfitMessage(AlloyError):
    """A message of the browser does not say what its act needs."""


class Live(anywidget.AnyWidget):
    """A widget of ours.

    Attributes:
        module: name of the ES module in this folder, without suffix; a style of the same name is added.
        view: what the module draws, plain JSON; assigning it anew redraws.
        value: what the notebook can go on with; `observe(…, "value")` tells of changes.
    """

    module: ClassVar[str]

    view = traitlets.Dict().tag(sync=True)
    value = traitlets.Any(allow_none=True)
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self, **state: Any) -> None:
        super().__init__(_esm=module_text(self.module), _css=style_text(self.module), **state)
        self.on_msg(self._receive)

    @abstractmethod
    def twin(self) -> Shown:
        """What the widget shows at this moment, as HTML and as text."""

    @abstractmethod
    def acts(self) -> Mapping[str, Act]:
        """What the browser may ask for, by name; each is given the payload of its message.

        An act that returns a dict or a list of plain JSON answers the browser with it.
        """

    def press(self, act: str, /, **payload: Any) -> str:
        """Do what the browser would ask for.

        Returns:
            Why it was refused, with the next step; empty when it was done.
        """
        return self._done(act, payload)[0]

    def _done(self, act: str, payload: Payload) -> tuple[str, object]:
        """Why an act was refused (empty when it was done), and what it answered."""
        known = self.acts()
        if act not in known:
            raise UnfitMessage(f"{act!r} is no act of {type(self).__name__}; there are: {', '.join(known)}")
        try:
            return "", known[act](payload)
        except (AlloyError, ArtifactError) as error:
            return told(error), None
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            return f"{where}{error.strerror or error}; nothing more was written", None

    def _receive(self, _: object, content: Any, buffers: object) -> None:
        """Answer a message; whatever happens, the browser is told that it may go on."""
        if not isinstance(content, dict) or not isinstance(content.get("act"), str):
            return
        payload = content.get("payload")
        answer: dict[str, Any] = {
            "done": content.get("id"),
            "refused": "This failed in the kernel; its log says more.",
        }
        try:
            named = {str(name): each for name, each in payload.items()} if isinstance(payload, dict) else {}
            answer["refused"], found = self._done(content["act"], named)
            if isinstance(found, dict | list):
                answer["answer"] = found
        except UnfitMessage as error:
            answer["refused"] = told(error)
        finally:
            self.send(answer)

    def __str__(self) -> str:
        return self.twin().text()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget, and what remains of it where none is shown."""
        bundle, metadata = super()._repr_mimebundle_() or ({}, {})
        return {**bundle, **self.twin()._repr_mimebundle_()}, metadata


def told(error: AlloyError | ArtifactError) -> str:
    """An error for a person at a widget: what is wrong, and the next step on a line of its own."""
    said = str(error)
    if error.next_step and said.endswith(f"; {error.next_step}"):
        said = said.removesuffix(f"; {error.next_step}")
    return f"{said}\n{error.next_step}" if error.next_step else said


def text_in(payload: Payload, name: str, *, most: int = 20_000) -> str:
    """A text of a message.

    Raises:
        UnfitMessage: it is missing, no text, or too long.
    """
    text = payload.get(name)
    if not isinstance(text, str) or len(text) > most:
        raise UnfitMessage(f"{name!r} is no text of at most {most} characters")
    return text


def texts_in(payload: Payload, name: str, *, most: int = 10_000) -> tuple[str, ...]:
    """A list of texts of a message.

    Raises:
        UnfitMessage: it is missing, or something else.
    """
    found = payload.get(name)
    if (
        not isinstance(found, list)
        or len(found) > most
        or not all(isinstance(each, str) and len(each) <= 20_000 for each in found)
    ):
        raise UnfitMessage(f"{name!r} is no list of texts")
    return tuple(found)


def group_in(payload: Payload, name: str) -> dict[str, Any]:
    """A mapping of a message.

    Raises:
        UnfitMessage: it is missing, or something else.
    """
    found = payload.get(name)
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise UnfitMessage(f"{name!r} is no mapping")
    return found
