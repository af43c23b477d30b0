"""What a day is counted from, over a real gateway with drawn devices and a sealed person; and its papers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from rekam.v1 import capture_pb2, paper_pb2, report_pb2

from gateway.day import day_figures
from gateway.reference_number import reference_number
from gateway.service.day_sources import GatewayDaySources, PacketCounts
from gateway.trust import ClockQuality, SignedTime, time_now
from tests.gateway.audit.made_trails import opened
from tests.gateway.client import Client, refused
from tests.gateway.enrolment.office import OPERATOR, Office
from tests.gateway.papers.printed import decoded_qr, pages
from tests.gateway.running import desk, synthetic
from tests.gateway.service.enrolment_desk import NIK, QUICK, office


async def day(client: Client, **fields: object) -> report_pb2.GetDayResponse:
    answer: report_pb2.GetDayResponse = await client.unary(
        "ReportService", "GetDay", report_pb2.GetDayRequest(**fields)
    )
    return answer


async def test_captures_are_counted_by_device(tmp_path: Path) -> None:
    async with desk(tmp_path, synthetic(1), office={"name": "Kedoya", "time_zone": "WIB"}) as client:
        await client.capture()
        await client.capture()
        for _ in range(100):  # the trail is written beside the captures
            answer = await day(client)
            found = {(each.of, each.name, each.figure): each for each in answer.figures}
            if ("device", "synthetic:T-1", "captures") in found and found[
                "device", "synthetic:T-1", "captures"
            ].value > 1:
                break
        assert found["device", "synthetic:T-1", "captures"].value == 2
        assert found["device", "synthetic:T-1", "recorded"].value == 2
        assert found["office", "", "people"].value == 0
        assert found["office", "", "packets_sent"].value == 0
        assert (answer.zone, answer.whole) == ("WIB", False)
        assert answer.csv.startswith(b"day,zone,of,name,figure,value\r\n")
        assert b"Kedoya" in answer.html
        other = await day(client, day="2020-02-29")
        assert other.whole
        assert not [each for each in other.figures if each.of == "device"]


def test_who_was_begun_before_the_clock_was_set_right_is_counted(tmp_path: Path) -> None:
    shift = timedelta(days=-20_000)  # no battery: 1972

    def clock() -> SignedTime:
        now = time_now()
        return SignedTime(now.wall + shift, now.since_boot_s, ClockQuality.UNTRUSTED, None)

    with Office(tmp_path / "state", clock=clock) as office, opened(tmp_path / "trail") as trail:
        snapshot = office.filled()
        shift = timedelta(0)
        sealed = office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version)
        assert sealed.ended is not None
        sources = GatewayDaySources(office.enrolments, trail, PacketCounts())
        found = day_figures(sealed.ended.wall.date(), UTC, "UTC", sources, datetime.now(UTC))
        assert (found.people, found.odd_times) == (1, 0)
        assert found.minutes is not None
        assert found.minutes.longest < 60


@pytest.mark.parametrize("wrong", ["2021-02-29", "yesterday", "9999-12-31"])
async def test_what_is_no_day_is_refused(tmp_path: Path, wrong: str) -> None:
    async with desk(tmp_path) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await day(client, day=wrong)
        assert refused(error.value).fields == ["day"]


async def test_an_operator_may_not_compare_operators(tmp_path: Path) -> None:
    async with desk(tmp_path, roles=["operator"]) as client:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await day(client)
        assert refused(error.value).reason == "ROLE_DENIED"


async def test_a_letter(tmp_path: Path) -> None:
    async with desk(tmp_path, office={"name": "Kedoya", "phone": "021-1"}) as client:
        request = paper_pb2.RenderLetterRequest(
            kind=paper_pb2.LETTER_KIND_CARDS_READY, addressee="Ketua RT 04", references=[reference_number("a")]
        )
        answer = await client.unary("PaperService", "RenderLetter", request)
        assert answer.pdf.startswith(b"%PDF-")
        for field, wrong in (
            ("references", paper_pb2.RenderLetterRequest(kind=3, addressee="Ketua", references=["3174012345678901"])),
            ("since", paper_pb2.RenderLetterRequest(kind=1, addressee="Ketua")),
            ("addressee", paper_pb2.RenderLetterRequest(kind=1, addressee="3174012345678901")),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await client.unary("PaperService", "RenderLetter", wrong)
            assert refused(error.value).fields == [field]


async def test_words_of_letters_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    words = tmp_path / "letters.toml"
    words.write_text("[closed.id]\nsubject = '{nik}'\n")
    async with desk(tmp_path / "state", office={"letters": str(words)}) as client:
        request = paper_pb2.RenderLetterRequest(kind=3, addressee="Ketua", references=[reference_number("a")])
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await client.unary("PaperService", "RenderLetter", request)
        assert refused(error.value).reason == "TEMPLATES_UNUSABLE"


async def test_a_sealed_person_has_a_slip_and_is_counted(tmp_path: Path) -> None:
    named = {"name": "Kelurahan Kedoya Selatan", "phone": "021-5801234"}
    async with office(tmp_path, QUICK, office=named) as desk:
        begun = await desk.create("quick")
        request = paper_pb2.RenderSlipRequest(enrolment_id=begun.enrolment_id, size=paper_pb2.PAPER_SIZE_THERMAL_58)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await desk.client.unary("PaperService", "RenderSlip", request)
        assert refused(error.value).reason == "NOT_SEALED"
        for part in ("right-index", "left-index"):
            await desk.change("AddCapture", capture_id=await desk.finger(part))
        await desk.change("AddException", part="portrait", reason=capture_pb2.MISSING_REASON_REFUSED)
        await desk.change("SealEnrolment")
        answer = await desk.client.unary("PaperService", "RenderSlip", request)
        (page,) = pages(answer.pdf)
        assert answer.reference_number == reference_number(begun.enrolment_id) == decoded_qr(page)
        for words in ("Kedoya", "Telunjuk kanan", "telunjuk kiri", "Pas foto", "021-5801234"):
            assert words in page.text
        assert "menolak" not in page.text.lower()
        counted = await day(desk.client)
        found = {(each.of, each.name, each.figure): each.value for each in counted.figures}
        assert found["office", "", "people"] == 1
        assert found["finger", "right-index", "tries"] == 1
        assert found["exception", "refused", "count"] == 1
        assert found["operator", "sari", "people"] == 1
        everything = answer.pdf + counted.SerializeToString() + page.text.encode()
        assert NIK.encode() not in everything
        assert begun.enrolment_id.encode() not in counted.SerializeToString()
