"""The page's shell in Chromium: pairing, navigation by mouse and keyboard, both languages, a tablet."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.free_ports import free_port
from tests.gateway.page.browser import driven, needs_browser
from tests.gateway.running import running, synthetic
from tests.gateway.web.page import shown_code, web_gateway


@needs_browser
async def test_a_page_is_paired_and_walked_through(tmp_path: Path, capfd: Any) -> None:
    async with web_gateway(tmp_path, synthetic(1)) as gateway:
        told = await driven(gateway, "shell.mjs", {"code": lambda: shown_code(capfd)})
    assert len(told["views"]) == 8
    assert len(set(told["views"])) == 8
    assert (told["english"], told["language"]) == ("Enrolment", "en")
    assert told["afterReload"] == "Enrolment"
    assert told["overflow"] == 0


@needs_browser
async def test_a_page_comes_back_by_itself_after_the_gateway_was_restarted(tmp_path: Path, capfd: Any) -> None:
    first, second = AsyncExitStack(), AsyncExitStack()
    async with first, second:
        web = f"127.0.0.1:{free_port()}"
        gateway = await first.enter_async_context(web_gateway(tmp_path, synthetic(1), web_listen=web))

        async def stop() -> str:
            await first.aclose()
            return "stopped"

        async def start() -> str:
            await second.enter_async_context(running(tmp_path, synthetic(2), web_listen=web))
            return "started"

        answers = {"code": lambda: shown_code(capfd), "stop": stop, "start": start}
        told = await driven(gateway, "reconnect.mjs", answers, expected=["Failed to load resource"])
    assert told["before"] != told["after"]
    assert "tidak menjawab" in told["lost"] or "berhenti" in told["lost"]
