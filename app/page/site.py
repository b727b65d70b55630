"""All pages as one Gradio application, with the public API beside them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

import gradio as gr
from gradio.events import api

from app.access.private import Owners, PrivateBlocks
from app.api import Function
from app.desk import Desk
from app.page import assistant, catalogue, coverage, decisions, guide, profile, quality, stack, versions
from app.page.assign import assign_page
from data.errors import UserError

MOST_WAITING = 50  # runs over tables that may wait for their turn; all else is answered at once
OTHER_PAGES = (
    (assistant.PLACE, assistant.assistant_page),
    (stack.PLACE, stack.stack_page),
    (decisions.PLACE, decisions.decisions_page),
    (coverage.PLACE, coverage.coverage_page),
    (catalogue.PLACE, catalogue.catalogue_page),
    (quality.PLACE, quality.quality_page),
    (guide.PLACE, guide.guide_page),
)
PAGES_BELOW = (  # of the catalogue, which links to them
    ("Zielprofil bearbeiten", profile.PATH, profile.profile_page),
    ("Fassungen des Zielkatalogs", versions.PATH, versions.versions_page),
)


def build_site(desk: Desk, owners: Owners, functions: Sequence[Function] = ()) -> gr.Blocks:
    """Pages and API of one desk."""
    site: gr.Blocks
    with PrivateBlocks(owners, title="ISEK-Zielfinder", analytics_enabled=False) as site:
        assign_page(desk)
        for function in functions:
            api(_endpoint(function), api_name=function.name, queue=False, api_description=function.description)
    for place, build in OTHER_PAGES:
        with site.route(place.title, place.path, show_in_navbar=False):
            build(desk)
    for title, path, build_below in PAGES_BELOW:
        with site.route(title, path, show_in_navbar=False):
            build_below(desk)
    site.queue(max_size=MOST_WAITING)
    return site


def _endpoint(function: Function) -> Any:
    """The function with the signature it has, and a fault of the caller's as an error that Gradio passes on."""

    @wraps(function.answers)
    def answers(*given: Any, **named: Any) -> Any:
        try:
            return function.answers(*given, **named)
        except UserError as error:
            raise gr.Error(str(error), print_exception=False, title="Eingabe") from error

    return answers
