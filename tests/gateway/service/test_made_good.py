"""What a crash or a fault cut off from what it follows: found by a look at the start and again and again, and made
good once."""

import asyncio
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rekam.v1 import callback_pb2 as pb

from gateway import centre_office
from gateway.centre import EnrolmentStatus, StatusAnswer
from gateway.config import ForwardingSettings
from gateway.enrolment import EnrolmentError, EnrolmentSummary
from gateway.enrolment.errors import StoreUnwritable
from gateway.forwarding import OutboxLimits
from gateway.ledger import EnrolmentStanding, StatusLedger
from gateway.reference_number import reference_number
from gateway.service import outbox_office
from gateway.service.outbox_office import OutboxOffice
from tests.gateway.client import Client, eventually
from tests.gateway.running import connected, desk, running

S = EnrolmentStatus
ENROLMENT = "e" * 32
WORDS = "id = 'Silakan datang.'\nen = 'Please come.'\n"


class Killed(BaseException):
    """The process ends at this line."""


def kill_at_the_card(standing: EnrolmentStanding) -> None:
    if standing.status in (S.CARD_PRINTED, S.CARD_SHIPPED, S.CARD_ISSUED):
        raise Killed


def answer(sequence: int, said: EnrolmentStatus) -> StatusAnswer:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    return StatusAnswer("centre-1", "0" * 32, sequence, "gateway-1", "packet-1", said, at)


def killed_when(state: Path, *said: EnrolmentStatus) -> None:
    """The centre says so, and the gateway is killed once the ledger has it."""
    with StatusLedger.open(state, on_change=kill_at_the_card) as ledger:
        ledger.begun(ENROLMENT)
        ledger.sealed(ENROLMENT, "packet-1")
        for sequence, status in enumerate((S.PRINT_READY_RECORD, *said), 1):
            try:
                ledger.answered(answer(sequence, status), "centre")
            except Killed:
                continue
        assert ledger.get(ENROLMENT).status is said[-1]


async def call(client: Client, method: str, **fields: Any) -> Any:
    return await client.unary("CallbackService", method, getattr(pb, f"{method}Request")(**fields))


async def add(client: Client, number: int = 1, *, consent: bool = True, of: str = ENROLMENT) -> None:
    await call(
        client,
        "AddCallback",
        name=f"Ibu {number}",
        phone=f"0812-0000-{number:04}",
        purpose=pb.CALLBACK_PURPOSE_CARD_READY,
        reference=reference_number(of),
        consent=consent,
        operator="siti",
    )


async def comes_to(client: Client, count: int) -> None:
    async def there() -> bool:
        return len((await call(client, "ListNotices")).notices) == count

    async with asyncio.timeout(60):
        assert await eventually(there)


@pytest.mark.parametrize("said", [(S.CARD_PRINTED,), (S.CARD_SHIPPED,), (S.CARD_PRINTED, S.CARD_SHIPPED)])
async def test_a_card_that_became_ready_as_the_gateway_was_killed_is_told_once(
    tmp_path: Path, said: tuple[EnrolmentStatus, ...]
) -> None:
    async with desk(tmp_path) as client:
        await add(client, 1)
        await add(client, 2, consent=False)
        await add(client, 3, of="f" * 32)
    killed_when(tmp_path, *said)
    async with desk(tmp_path) as client:
        await comes_to(client, 1)
    async with running(tmp_path) as gateway, connected(gateway) as client:
        # As each later look does, beside the one at the start.
        await asyncio.to_thread(gateway._centre._settle)
        assert len((await call(client, "ListNotices")).notices) == 1


async def test_who_was_told_of_a_card_and_asks_again_is_not_told_by_a_look(tmp_path: Path) -> None:
    killed_when(tmp_path, S.CARD_PRINTED)
    async with running(tmp_path) as gateway, connected(gateway) as client:
        await add(client)
        await asyncio.to_thread(gateway._centre._settle)
        await comes_to(client, 1)
        # As it is once a message was taken.
        with sqlite3.connect(tmp_path / "callbacks.sqlite3") as beside:
            beside.execute("UPDATE notices SET state = 'sent', body = NULL")
        beside.close()
        await add(client)
        (line,) = gateway._centre.people.store.lines()
        assert line.notice is None
        await asyncio.to_thread(gateway._centre._settle)
        assert [each.state for each in (await call(client, "ListNotices")).notices] == [pb.NOTICE_STATE_SENT]


async def test_who_has_the_card_already_is_not_told_that_it_is_ready(tmp_path: Path) -> None:
    async with desk(tmp_path) as client:
        await add(client)
    killed_when(tmp_path, S.CARD_PRINTED, S.CARD_ISSUED)
    async with running(tmp_path) as gateway, connected(gateway) as client:
        await asyncio.to_thread(gateway._centre._settle)
        assert not (await call(client, "ListNotices")).notices


async def test_a_card_that_could_not_be_told_is_told_by_a_later_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(centre_office, "LOOK_PERIOD_S", 0.02)
    words = tmp_path / "words.toml"
    words.write_text("[card_ready]\nid = 'NIK {nik}'\n")
    settings = {"callbacks": {"templates": str(words)}}
    async with running(tmp_path / "state", **settings) as gateway, connected(gateway) as client:
        await add(client)
        ledger = gateway._centre.outbox.ledger
        for work in (
            lambda: ledger.sealed(ENROLMENT, "packet-1"),
            lambda: ledger.answered(answer(1, S.PRINT_READY_RECORD), "centre"),
            lambda: ledger.answered(answer(2, S.CARD_PRINTED), "centre"),
            gateway._centre._settle,
        ):
            await asyncio.to_thread(work)
        assert not (await call(client, "ListNotices")).notices
        words.write_text(f"[service_back]\n{WORDS}[card_ready]\n{WORDS}")
        await comes_to(client, 1)


async def test_a_fault_does_not_end_the_watch_over_what_needs_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(centre_office, "WARNINGS_PERIOD_S", 0.02)
    async with running(tmp_path) as gateway, asyncio.timeout(60):
        office = gateway._centre
        logged: list[str] = []

        async def failed() -> bool:
            logged.extend(capfd.readouterr())
            return "warnings_not_read" in "".join(logged)

        async def warned() -> bool:
            return any("wait for the centre take" in each.en for each in office.warnings())

        office.outbox.limits = None  # type: ignore[assignment]
        assert await eventually(failed)
        office.outbox.limits = OutboxLimits(max_bytes=1, warn_fraction=0.0)
        assert await eventually(warned)


class Journal:
    """The enrolments, which cannot be listed while there are `faults`."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.asked = 0

    def __call__(self) -> Iterable[EnrolmentSummary]:
        self.asked += 1
        if self.faults:
            raise self.faults.pop(0)
        return []


def opened(folder: Path) -> OutboxOffice:
    packets = folder / "packets"
    packets.mkdir()
    return OutboxOffice.open(folder / "state", packets, ForwardingSettings(), lambda _: None)


FAULT = StoreUnwritable("The journal cannot be read.", "Look at the disk.")


def test_a_journal_that_cannot_be_read_keeps_no_gateway_from_starting(tmp_path: Path) -> None:
    office = opened(tmp_path)
    journal = Journal(FAULT)
    office.look(journal)
    (told,) = office.warnings()
    assert "The journal cannot be read." in told.en
    office.look(journal)
    assert office.warnings() == []
    office.close()


@pytest.mark.parametrize("fault", [FAULT, EnrolmentError("x.", "y."), RuntimeError("a bug")])
async def test_a_fault_does_not_end_the_hourly_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(outbox_office, "LOOK_PERIOD_S", 0.01)
    office = opened(tmp_path)
    journal = Journal(fault, fault)

    async def looked() -> bool:
        return journal.asked >= 4

    looking = asyncio.create_task(office.keep_looking(journal))
    async with asyncio.timeout(60):
        assert await eventually(looked)
    assert not looking.done()
    looking.cancel()
    await asyncio.wait([looking])
    office.close()
