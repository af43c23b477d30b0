"""The page in Firefox: its authority is believed, the page is paired, streams come, a finger is captured."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.page.browser import PICTURES
from tests.gateway.page.firefox import BOUND_S, FirefoxRefused, at_firefox, needs_firefox
from tests.gateway.running import connected, synthetic
from tests.gateway.web.page import shown_code, web_gateway


@needs_firefox
async def test_firefox_believes_the_authority_is_paired_and_captures_a_finger(tmp_path: Path, capfd: Any) -> None:
    async with (
        web_gateway(tmp_path / "state", synthetic(1)) as gateway,
        at_firefox(tmp_path / "profile") as window,
        asyncio.timeout(2 * BOUND_S),
    ):
        address = f"https://{gateway.addresses.web}"
        with pytest.raises(FirefoxRefused, match="insecure certificate"):
            await window.open(address)
        await window.trust((gateway.state / "web/authority.pem").read_text())
        await window.open(address)
        await window.click("#ask-code")
        await window.find("#code")
        await window.type("#code", shown_code(capfd))
        await window.find("#connection[data-state=live]")
        assert await window.run("return document.documentElement.lang") == "id"
        protocol = "return performance.getEntriesByType('navigation')[0].nextHopProtocol"
        assert await window.run(protocol) == "h2"

        await window.click("#start")  # of the right index finger, which the page begins with
        await window.find(".result[data-outcome=CAPTURED]")
        await window.find('[data-part="finger-2"][data-state=good]')
        await window.find("#result-image[src]")
        # A script's promise is waited for: resolved once the picture of the result is decoded.
        assert await window.run("return document.querySelector('#result-image').decode().then(() => true)")
        if folder := os.environ.get(PICTURES):
            (Path(folder) / "page-firefox.png").write_bytes(await window.picture())
        assert await window.complaints(address) == []
        async with connected(gateway) as client:
            assert (await client.info()).spool.head_sequence == 1
