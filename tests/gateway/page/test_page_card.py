"""The page's view of cards in Chromium: made, handed over to nobody but its holder, read, and blanks counted."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.centre import EnrolmentStatus, StatusAnswer
from gateway.main import Gateway
from tests.gateway.card_counter import ANOTHER, PERSON, PIN, READER, CardClient, keep, reader
from tests.gateway.page.browser import driven, needs_browser
from tests.gateway.running import connected, synthetic
from tests.gateway.web.page import shown_code, web_gateway

ENROLMENT = "enr-00112233445566aa"
SERIALS = ("00000000000000A1", "00000000000000A9")
"""Of nine blanks; the drawn card is none of them."""


def print_ready(gateway: Gateway) -> None:
    """What the centre says of the person's packet."""
    ledger = gateway._centre.outbox.ledger
    ledger.sealed(ENROLMENT, "packet-1")
    at = datetime.now(UTC).replace(microsecond=0)
    ready = EnrolmentStatus.PRINT_READY_RECORD
    ledger.answered(StatusAnswer("centre-1", "ab" * 16, 1, gateway.state.name, "packet-1", ready, at), "centre")


@needs_browser
async def test_a_card_is_made_handed_over_and_read_on_the_page(tmp_path: Path, capfd: Any) -> None:
    card = {"profile": "sample-id", "needs_print_ready": True}
    async with (
        web_gateway(tmp_path / "state", reader(), synthetic(), card=card) as gateway,
        connected(gateway) as client,
    ):
        desk = CardClient(client)
        await asyncio.to_thread(keep, gateway, ENROLMENT, PERSON)
        await asyncio.to_thread(print_ready, gateway)

        def finger(person: int) -> Callable[[], Awaitable[str]]:
            async def placed() -> str:
                await desk.place(person)
                return "placed"

            return placed

        answers = {
            "code": lambda: shown_code(capfd),
            f"finger-{PERSON}": finger(PERSON),
            f"finger-{ANOTHER}": finger(ANOTHER),
        }
        told = await driven(
            gateway,
            "card.mjs",
            answers,  # type: ignore[arg-type]
            reader=READER,
            enrolment=ENROLMENT,
            person=PERSON,
            stranger=ANOTHER,
            pin=PIN,
            range=SERIALS,
        )
        holders = gateway._centre.card_holders.holders
        assert holders is not None
        assert holders.count() == 0  # the card is made
    assert "selesai dan sudah dibaca ulang" in told["made"]
    assert told["left"] == ""
    assert "sudah jadi" in told["again"]
    assert "TIDAK" in told["stranger"]
    assert "boleh diserahkan" in told["matched"]
    assert told["genuine"].startswith("Asli")
    assert "SITI CONTOH" in told["words"]
    assert told["pictures"] == 2
    assert told["pin"] == ""
    assert told["wrongPin"]
    assert told["agrees"] == "false"
    assert told["serious"] == []
    assert told["overflow"] == []
