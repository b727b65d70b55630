"""The public functions as tools of the Model Context Protocol, for assistants that work with tools.

Gradio brings such a server too. It is not used: it answers with the text form of Python values where JSON is expected, asks
itself over the network under the host name that the request claims, and shows an English page that links to a foreign host.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from anyio.to_thread import run_sync
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from app.api import Function
from app.guard import replayed, whole_body
from app.logs import log_fault
from data.errors import UserError

PATH = "/gradio_api/mcp"  # where programs that know Gradio look for it
INSTRUCTIONS = (
    "Ordnet Projektbeschreibungen den Zielen einer Stadt zu. Die Antworten sind Vorschläge; entscheiden müssen Menschen. "
    "Wahrscheinlichkeiten liegen zwischen 0 und 1."
)
OUR_FAULT = "Ein Fehler im Programm; bitte der Stelle melden, die den Zielfinder betreut."


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


class ToolServer:
    """An ASGI application for the tools; `running` must be entered while it serves. Each request stands for itself."""

    def __init__(self, functions: Sequence[Function], most_bytes: int) -> None:
        from mcp.server.lowlevel import Server
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        self._functions = {function.name: function for function in functions}
        self._server: Server[Any, Any] = Server("ISEK-Zielfinder", instructions=INSTRUCTIONS)
        self._server.list_tools()(self._listed)  # type: ignore[no-untyped-call]
        self._server.call_tool(validate_input=False)(self._called)
        self._manager = StreamableHTTPSessionManager(
            self._server, json_response=True, stateless=True, max_request_body_size=most_bytes
        )

    @contextlib.asynccontextmanager
    async def running(self, _app: object = None) -> AsyncIterator[None]:
        """Serves from here on; can be entered once."""
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            error = {"error": "Hier werden Werkzeuge nach dem Model Context Protocol angeboten, mit POST."}
            await JSONResponse(error, 405, {"Allow": "POST"})(scope, receive, send)
            return
        body = await whole_body(receive)
        if not await run_sync(_is_json, body):  # the library would log a traceback that quotes it
            await JSONResponse({"error": "Die Anfrage ist kein JSON."}, 400)(scope, receive, send)
            return
        await self._manager.handle_request(scope, replayed(body, receive), send)

    async def _listed(self) -> list[Any]:
        from mcp.types import Tool, ToolAnnotations

        return [
            Tool(
                name=function.name,
                description=function.description,
                inputSchema=function.schema,
                annotations=ToolAnnotations(
                    readOnlyHint=function.name != "decide", destructiveHint=False, openWorldHint=False
                ),
            )
            for function in self._functions.values()
        ]

    async def _called(self, name: str, arguments: dict[str, Any]) -> Any:
        from mcp.types import CallToolResult, TextContent

        try:
            answer = await run_sync(partial(self._answer, name, arguments, self._server.request_context.request))
        except UserError as error:
            return CallToolResult(content=[TextContent(type="text", text=str(error))], isError=True)
        except Exception as error:
            log_fault(error)
            return CallToolResult(content=[TextContent(type="text", text=OUR_FAULT)], isError=True)
        text = json.dumps(answer, ensure_ascii=False)
        structured = answer if isinstance(answer, dict) else {"result": answer}
        return CallToolResult(content=[TextContent(type="text", text=text)], structuredContent=structured)

    def _answer(self, name: str, arguments: dict[str, Any], request: Any) -> Any:
        function = self._functions.get(name)
        if function is None:
            raise UserError(f"Das Werkzeug {name[:40]!r} gibt es nicht; bekannt sind {', '.join(self._functions)}.")
        unknown = [given for given in arguments if given not in function.parameters]
        missing = [needed for needed in function.schema["required"] if needed not in arguments]
        if unknown or missing:
            what = f"es fehlt {', '.join(missing)}" if missing else f"unbekannt ist {', '.join(unknown)[:80]}"
            raise UserError(f"«{name}» erwartet {', '.join(function.parameters)}; {what}.")
        return function.answers(**arguments, **({"request": request} if function.asks_who else {}))
