"""examples/web in Chromium: a page of another origin, with no library of ours."""

import functools
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from gateway.trust import Manifest, read_signature
from tests.gateway.page.browser import ROOT, driven, needs_browser
from tests.gateway.running import synthetic
from tests.gateway.web.page import shown_code, web_gateway

EXAMPLE = ROOT / "examples/web"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder, as a web server at an origin of its own has it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _as_shown(code: str) -> str:
    """A code as the terminal writes it, and a person may type it."""
    return f"{code[:4]} {code[4:]}"


@needs_browser
async def test_the_example_is_refused_before_it_is_paired_and_captures_a_finger_after(
    tmp_path: Path, capfd: Any
) -> None:
    with served(EXAMPLE) as origin:
        async with web_gateway(tmp_path, synthetic(1), web={"origins": [origin]}) as gateway:
            capfd.readouterr()
            page = f"{origin}/index.html?gateway={gateway.addresses.web}"
            code = {"code": lambda: _as_shown(shown_code(capfd))}
            told = await driven(gateway, "foreign_page.mjs", code, page=page, expected=["401", "favicon.ico", "404"])
    assert "pair" in told["before"]
    assert told["withoutCode"].startswith("Belum terhubung")
    assert told["paired"] == "Terhubung."
    assert told["after"].startswith("CAPTURE_OUTCOME_CAPTURED")
    manifest = Manifest.from_bytes(read_signature(told["manifest"].encode()).payload)
    assert (manifest.modality, manifest.position.code) == ("finger", 2)
    assert told["width"] > 100


@needs_browser
async def test_the_example_at_an_origin_that_is_not_let_in_learns_nothing(tmp_path: Path) -> None:
    with ExitStack() as servers:
        good, evil = (servers.enter_context(served(EXAMPLE)) for _ in range(2))
        async with web_gateway(tmp_path, synthetic(1), web={"origins": [good]}) as gateway:
            page = f"{evil}/index.html?paired=never&gateway={gateway.addresses.web}"
            told = await driven(
                gateway, "foreign_page.mjs", {}, page=page, expected=["CORS", "ERR_FAILED", "favicon.ico", "404"]
            )
    assert "origin is not let in" in told["before"]
