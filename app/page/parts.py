"""The components of a page by name, tied to actions that know names alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import gradio as gr

from app.page.frame import on, on_visit

Fields = TypeVar("Fields")
Changes = dict[str, Any]  # component by name → its new value, or a ``gr.update``


class Parts(dict[str, Any], Generic[Fields]):
    """Components by name; `fields` makes the record that an action is given from the values it asks for.

    Tie actions only when all components are there: each of them may be changed.
    """

    def __init__(self, fields: Callable[..., Fields]) -> None:
        super().__init__()
        self._fields = fields

    def tie(self, event: Any, action: Callable[[Fields, gr.Request], Changes], *inputs: str) -> Any:
        """Have an event run an action on the values of the named components."""

        def run(values: dict[Any, Any], request: gr.Request) -> dict[Any, Any]:
            held = {name: values[self[name]] for name in inputs}  # a field that nobody has touched holds None
            given = self._fields(**{name: value for name, value in held.items() if value is not None})
            return self._by_component(action(given, request))

        return on(event, run, {self[name] for name in inputs}, list(self.values()))

    def tie_visit(self, action: Callable[[gr.Request], Changes]) -> Any:
        """Have an action run whenever the page is opened."""

        def run(request: gr.Request) -> dict[Any, Any]:
            return self._by_component(action(request))

        return on_visit(run, list(self.values()))

    def _by_component(self, changes: Changes) -> dict[Any, Any]:
        return {self[name]: value for name, value in changes.items()}
