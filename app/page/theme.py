"""The looks: colours and type as a Gradio theme; the rest is in ``page.css``."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

import gradio as gr

HERE = Path(__file__).parent
STYLES = (HERE / "page.css", HERE / "decisions.css", HERE / "quality.css", HERE / "coverage.css")
PRINT = HERE / "print.css"
SCRIPTS = (HERE / "page.js", HERE / "verdicts.js")
SCRIPT_PATH = "zielfinder.js"  # relative to the page, so that it holds behind a proxy's sub-path too
ICON = HERE / "zeichen.svg"
FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "DejaVu Sans", "sans-serif")


VALUES = {
    "body_background_fill": "var(--grund)",
    "body_text_color": "var(--schrift)",
    "body_text_color_subdued": "var(--leise)",
    "background_fill_primary": "var(--blatt)",
    "background_fill_secondary": "var(--grund)",
    "block_background_fill": "transparent",
    "block_border_width": "0px",
    "block_shadow": "none",
    "block_padding": "0",
    "block_label_text_color": "var(--schrift)",
    "block_title_text_color": "var(--schrift)",
    "block_title_text_weight": "600",
    "block_info_text_color": "var(--leise)",
    "border_color_primary": "var(--linie)",
    "border_color_accent": "var(--farbe)",
    "input_background_fill": "var(--blatt)",
    "input_background_fill_focus": "var(--blatt)",
    "input_border_color": "var(--rand)",
    "input_border_color_focus": "var(--farbe)",
    "input_placeholder_color": "var(--leise)",
    "input_border_width": "1px",
    "input_radius": "10px",
    "input_padding": "14px 16px",
    "button_primary_background_fill": "var(--farbe)",
    "button_primary_background_fill_hover": "var(--farbe-tief)",
    "button_primary_text_color": "var(--auf-farbe)",
    "button_primary_border_color": "var(--farbe)",
    "button_secondary_background_fill": "var(--blatt)",
    "button_secondary_background_fill_hover": "var(--hauch)",
    "button_secondary_text_color": "var(--schrift)",
    "button_secondary_border_color": "var(--rand)",
    "button_border_width": "1px",
    "button_large_radius": "10px",
    "button_small_radius": "8px",
    "checkbox_background_color": "var(--blatt)",
    "checkbox_background_color_selected": "var(--farbe)",
    "checkbox_border_color": "var(--rand)",
    "checkbox_border_color_selected": "var(--farbe)",
    "checkbox_border_color_focus": "var(--farbe)",
    "checkbox_label_background_fill": "var(--blatt)",
    "checkbox_label_background_fill_hover": "var(--hauch)",
    "checkbox_label_background_fill_selected": "var(--hauch)",
    "checkbox_label_border_color": "var(--linie)",
    "checkbox_label_text_color": "var(--schrift)",
    "checkbox_label_text_color_selected": "var(--schrift)",
    "link_text_color": "var(--farbe)",
    "link_text_color_hover": "var(--farbe-tief)",
    "link_text_color_visited": "var(--farbe)",
    "link_text_color_active": "var(--farbe)",
    "error_text_color": "var(--fehler)",
    "color_accent": "var(--farbe)",
    "color_accent_soft": "var(--hauch)",
}


def page_theme() -> gr.themes.Base:
    """Gradio's variables, set to the colours of ``page.css``; the contrast of each pair is at least 4.5 to 1."""
    known = signature(gr.themes.Base.set).parameters
    dark = {f"{name}_dark": value for name, value in VALUES.items() if f"{name}_dark" in known}
    return gr.themes.Base(font=FONTS, font_mono=("ui-monospace", "DejaVu Sans Mono", "monospace")).set(**VALUES, **dark)


def page_script() -> str:
    """The scripts of the pages as one."""
    return "\n".join(script.read_text("utf-8") for script in SCRIPTS)


def page_css(colours: str = "") -> str:
    """The style sheets of the pages; `colours`, which `palette` makes of the city's own colour, come last and so prevail."""
    return "\n".join([*(path.read_text("utf-8") for path in STYLES), colours])


def page_head() -> str:
    """What goes into the head of every page. The script is a file of its own: the security policy allows no other."""
    on_paper = f'<style media="print">{PRINT.read_text("utf-8")}</style>'
    return f'<meta name="color-scheme" content="light dark">{on_paper}<script src="{SCRIPT_PATH}" defer></script>'
