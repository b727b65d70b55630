"""The reports of finished measurements as pages of this server, and their files to download."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from app.measurements import FILES, PAGE, Measurements

ADDRESS = "bericht"  # beside the pages: what links here holds below a proxy's sub-path too
GONE = "Diese Messung gibt es nicht oder nicht mehr."
BACK = '<p class="back"><a href="../qualitaet">Zurück zum Zielfinder, Seite Qualität</a></p>'


def reports(measurements: Measurements) -> APIRouter:
    """The report as it was written, with a way back; what guards the pages guards it too."""
    router = APIRouter()

    @router.get(f"/{ADDRESS}/{{number}}")
    def report(number: str) -> Response:
        path = measurements.file(number, PAGE)
        if path is None:
            return PlainTextResponse(GONE, 404)
        return HTMLResponse(path.read_text("utf-8").replace("<header>", f"<header>{BACK}", 1))

    @router.get(f"/{ADDRESS}/{{number}}/{{name}}")
    def file(number: str, name: str) -> Response:
        path = measurements.file(number, name)
        if path is None:
            return PlainTextResponse(GONE, 404)
        return FileResponse(path, media_type=FILES[name], filename=f"{number}-{name}")

    return router
