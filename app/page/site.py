"""All pages as one Gradio application, with the public API beside them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.desk import Desk
from app.page.assign import assign_page
from data.errors import UserError

UPLOADS_KEPT = 3600  # seconds


def build_site(desk: Desk) -> gr.Blocks:
    """Pages and API of one desk."""
    with gr.Blocks(title="ISEK-Zielfinder", analytics_enabled=False, delete_cache=(600, UPLOADS_KEPT)) as site:
        gr.Navbar(visible=False)
        assign_page(desk)
        gr.api(_match_endpoint(desk), api_name="match", queue=False, api_description=_match_endpoint.__doc__)
    return site


def _match_endpoint(desk: Desk) -> Any:
    """Ordnet einen Text den Zielen zu; `areas` sind Kennungen von Produktbereichen. Antwort: das JSON von isek match."""

    def match(text: str, areas: list[Any] = []) -> dict[str, Any]:  # noqa: B006 - Gradio publishes this default
        try:
            return desk.match(text, areas or []).to_json()
        except UserError as error:
            raise gr.Error(str(error), print_exception=False, title="Eingabe") from error

    return match
