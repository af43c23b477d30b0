"""The way over gRPC: what is reached, and why not where it is not, each for real over sockets of the test's own."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from rekam.v1 import ingest_pb2 as pb
from rekam.v1 import ingest_pb2_grpc

from gateway.central import Authority
from gateway.centre import (
    AnswerCursor,
    CentreUnreachable,
    StandingState,
    UnreachableCause,
)
from gateway.ways import IngestPlace, IngestWay
from tests.gateway.central.centres import all_answers, made_centre, packet, place, sent, served, way
from tests.gateway.central.slow_line import SlowLine


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return made_centre(tmp_path / "centre")


async def cause_of(where: IngestPlace, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> UnreachableCause:
    async with way(where, clock) as out:
        with pytest.raises(CentreUnreachable) as caught:
            await out.centre()
    assert caught.value.detail
    return caught.value.cause


@asynccontextmanager
async def listening(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], "asyncio.Future[None] | object"],
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """A server that is no centre; its port."""

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)  # type: ignore[misc]
        except OSError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(answered, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_nothing_listens(state: Path) -> None:
    async with listening(_silent) as port:
        pass
    assert await cause_of(place(state, f"127.0.0.1:{port}")) is UnreachableCause.REFUSED


async def test_a_name_that_does_not_resolve(state: Path) -> None:
    assert await cause_of(place(state, "centre.invalid:7421")) is UnreachableCause.NAME


async def test_what_speaks_no_tls(state: Path) -> None:
    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n")
        await writer.drain()

    async with listening(page) as port:
        assert await cause_of(place(state, f"127.0.0.1:{port}")) is UnreachableCause.GARBAGE


async def test_random_bytes(state: Path) -> None:
    async def noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"\x00" + os.urandom(3000))
        await writer.drain()

    async with listening(noise) as port:
        assert await cause_of(place(state, f"127.0.0.1:{port}")) is UnreachableCause.GARBAGE


async def test_a_connection_that_is_hung_up(state: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)

    async with listening(hang_up) as port:
        assert await cause_of(place(state, f"127.0.0.1:{port}")) is UnreachableCause.CUT


async def test_a_captive_portal_with_a_certificate_of_its_own(state: Path, tmp_path: Path) -> None:
    portal = Authority.made("portal", datetime.now(UTC))
    context = _server_context(tmp_path, portal)
    async with listening(_silent, context) as port:
        assert await cause_of(place(state, f"127.0.0.1:{port}")) is UnreachableCause.CERTIFICATE


async def test_a_server_of_the_right_authority_that_is_no_centre(state: Path, tmp_path: Path) -> None:
    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        await reader.read(100)

    context = _server_context(tmp_path, Authority.read(state / "tls"))
    async with listening(page, context) as port:
        assert await cause_of(place(state, f"127.0.0.1:{port}")) is UnreachableCause.GARBAGE


async def test_the_centres_certificate_has_ended_or_is_of_another_name(state: Path, tmp_path: Path) -> None:
    authority = Authority.read(state / "tls")
    long_ago = datetime.now(UTC) - timedelta(days=500)
    for names, made in ((["localhost", "127.0.0.1"], long_ago), (["elsewhere.example"], datetime.now(UTC))):
        issued = authority.server_certificate(names, made)
        (state / "tls" / "server.key").write_bytes(issued.key_pem)
        (state / "tls" / "server.pem").write_bytes(issued.certificate_pem)
        async with served(state) as centre:
            assert await cause_of(place(state, centre.address)) is UnreachableCause.CERTIFICATE


async def test_a_clock_that_is_plainly_wrong(state: Path) -> None:
    authority = Authority.read(state / "tls")
    issued = authority.server_certificate(["127.0.0.1"], datetime.now(UTC) + timedelta(days=400))
    (state / "tls" / "server.key").write_bytes(issued.key_pem)
    (state / "tls" / "server.pem").write_bytes(issued.certificate_pem)
    async with served(state) as centre:
        where = place(state, centre.address)
        assert await cause_of(where) is UnreachableCause.CLOCK  # by our clock it has not begun
        assert await cause_of(where, lambda: datetime(1970, 1, 2, tzinfo=UTC)) is UnreachableCause.CLOCK


async def test_our_certificate_has_ended_by_our_clock_or_by_theirs(state: Path) -> None:
    made = datetime.now(UTC) - timedelta(days=40)
    async with served(state) as centre:
        where = place(state, centre.address, validity=timedelta(days=30), made=made)
        assert await cause_of(where) is UnreachableCause.OWN_CERTIFICATE
        # A clock of ours that is ten days behind says nothing against it: the centre does.
        assert await cause_of(where, lambda: made + timedelta(days=20)) is UnreachableCause.OWN_CERTIFICATE


async def test_our_certificate_is_by_another_authority(state: Path) -> None:
    async with served(state) as centre:
        where = place(state, centre.address, authority=Authority.made("other", datetime.now(UTC)))
        assert await cause_of(where) is UnreachableCause.OWN_CERTIFICATE


async def test_our_certificate_names_no_gateway(state: Path, tmp_path: Path) -> None:
    issued = Authority.read(state / "tls").server_certificate(["gateway.example"], datetime.now(UTC))
    async with served(state) as centre:
        where = place(state, centre.address)
        where.certificate.write_bytes(issued.certificate_pem)
        where.key.write_bytes(issued.key_pem)
        assert await cause_of(where) is UnreachableCause.OWN_CERTIFICATE


async def test_our_certificate_is_missing_or_damaged(state: Path) -> None:
    async with served(state) as centre:
        where = place(state, centre.address)
        where.certificate.write_text("no PEM")
        assert await cause_of(where) is UnreachableCause.OWN_CERTIFICATE
        assert await cause_of(replace(where, key=where.key.parent / "nowhere")) is UnreachableCause.OWN_CERTIFICATE


async def test_a_renewed_certificate_is_taken_up_without_a_restart(state: Path) -> None:
    async with served(state) as centre:
        ended = place(state, centre.address, validity=timedelta(days=1), made=datetime.now(UTC) - timedelta(days=9))
        fresh = place(state, centre.address)
        async with way(ended) as out:
            with pytest.raises(CentreUnreachable):
                await out.centre()
            ended.key.write_bytes(fresh.key.read_bytes())
            ended.certificate.write_bytes(fresh.certificate.read_bytes())
            assert (await out.centre()).centre_id == "pusat-1"


async def test_the_centres_renewed_certificate_is_served_without_a_restart(state: Path) -> None:
    async with served(state) as centre:
        where = place(state, centre.address)
        async with way(where) as out:
            await out.centre()
        issued = Authority.made("other", datetime.now(UTC)).server_certificate(["127.0.0.1"], datetime.now(UTC))
        (state / "tls" / "server.key").write_bytes(issued.key_pem)
        (state / "tls" / "server.pem").write_bytes(issued.certificate_pem)
        assert await cause_of(where) is UnreachableCause.CERTIFICATE


async def test_a_centre_that_comes_back_is_reached_by_the_same_way(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path)
    async with served(state) as centre, SlowLine(centre.address) as line, way(place(state, line.address)) as out:
        assert (await sent(out, made)).state is StandingState.RECEIVED
        line.cut()
        causes = []
        while True:
            try:
                assert (await out.centre()).last_sequence == 2
                break
            except CentreUnreachable as error:
                causes.append(error.cause)
    assert causes in ([], [UnreachableCause.CUT])


@pytest.mark.parametrize("cut_at", [1, 700, 3_000, 60_000, 400_000, 1_500_000, 2_490_000])
async def test_a_line_that_is_cut_anywhere_loses_nothing_that_was_told(
    state: Path, tmp_path: Path, cut_at: int
) -> None:
    made = packet(tmp_path, size=2_500_000)
    told: list[int] = [0]
    async with served(state) as centre, SlowLine(centre.address) as line, way(place(state, line.address)) as out:
        line.cut_at = cut_at
        causes = []
        async with asyncio.timeout(60):
            while True:
                try:
                    standing = (await out.offer([made.notice]))[0]
                    assert standing.received >= told[-1] or standing.state is StandingState.RECEIVED
                    if standing.state is StandingState.PARTIAL:
                        end = made.notice.size
                        standing = await out.send(made.notice, standing.received, end, made.read, told.append)
                    if standing.state is StandingState.RECEIVED:
                        break
                except CentreUnreachable as error:
                    causes.append(error.cause)
        assert len(await all_answers(out, state)) == 2
    assert causes == [UnreachableCause.CUT]


async def test_a_send_that_is_given_up_leaves_nothing_half_done(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, size=3_000_000)
    async with served(state) as centre:
        async with SlowLine(centre.address, bytes_per_s=1e6) as line, way(place(state, line.address)) as out:
            sending = asyncio.create_task(
                out.send(made.notice, 0, made.notice.size, made.read, lambda _: sending.cancel())
            )
            with pytest.raises(asyncio.CancelledError):
                await sending
        async with way(place(state, centre.address)) as out:
            assert (await out.offer([made.notice]))[0].received >= 1 << 20
            assert (await sent(out, made)).state is StandingState.RECEIVED


async def test_a_send_in_which_nothing_moves_is_given_up(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, size=3_000_000)
    async with served(state) as centre, SlowLine(centre.address, bytes_per_s=2e6) as line:
        out = IngestWay(place(state, line.address), stall_s=1.0)

        def freeze(_: int) -> None:
            line.is_frozen = True

        with pytest.raises(CentreUnreachable) as caught:
            await out.send(made.notice, 0, made.notice.size, made.read, freeze)
        assert caught.value.cause is UnreachableCause.TIMEOUT
        line.is_frozen = False
        assert (await out.offer([made.notice]))[0].received >= 1 << 20
        await out.close()


async def test_a_file_that_gives_too_little_is_our_own_error(state: Path, tmp_path: Path) -> None:
    made = packet(tmp_path, size=100_000)
    async with served(state) as centre, way(place(state, centre.address)) as out:
        with pytest.raises(ValueError, match="gave"):
            await out.send(made.notice, 0, made.notice.size, lambda begin, end: b"short", lambda _: None)
        with pytest.raises(OSError, match="gone"):
            await out.send(made.notice, 0, made.notice.size, _gone, lambda _: None)
        assert (await sent(out, made)).state is StandingState.RECEIVED


class _Numbering(ingest_pb2_grpc.IngestServiceServicer):
    """A centre that gives its one answer a number."""

    def __init__(self, number: int) -> None:
        self.number = number

    async def GetCentre(self, request: pb.GetCentreRequest, context: object) -> pb.GetCentreResponse:  # noqa: N802
        condition = pb.CENTRE_CONDITION_ACCEPTING
        return pb.GetCentreResponse(
            centre_id="pusat-1", ledger_id="a" * 32, last_sequence=self.number, condition=condition
        )

    async def FetchAnswers(  # noqa: N802
        self, request: pb.FetchAnswersRequest, context: object
    ) -> AsyncIterator[pb.FetchAnswersResponse]:
        yield pb.FetchAnswersResponse(answer=b"a.b.c", ledger_id="a" * 32, sequence=self.number)


@asynccontextmanager
async def numbering(state: Path, number: int) -> AsyncIterator[IngestWay]:
    """A way to such a centre."""
    tls = state / "tls"
    server = grpc.aio.server()
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(_Numbering(number), server)  # type: ignore[no-untyped-call]
    pair = (tls / "server.key").read_bytes(), (tls / "server.pem").read_bytes()
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    await server.start()
    try:
        async with way(place(state, f"127.0.0.1:{port}")) as out:
            yield out
    finally:
        await server.stop(None)


async def test_the_largest_number_of_an_answer_is_taken(state: Path) -> None:
    largest = (1 << 53) - 1
    async with numbering(state, largest) as out:
        assert (await out.centre()).last_sequence == largest
        assert [after.sequence async for after, _ in out.answers(AnswerCursor())] == [largest]


@pytest.mark.parametrize("number", [1 << 53, 1 << 63, (1 << 64) - 1])
async def test_a_number_that_no_centre_gives_is_garbage(state: Path, number: int) -> None:
    async with numbering(state, number) as out:
        for call in (out.centre(), anext(out.answers(AnswerCursor()))):
            with pytest.raises(CentreUnreachable) as caught:
                await call
            assert caught.value.cause is UnreachableCause.GARBAGE


async def test_answers_that_are_left_in_the_middle_close_their_call(state: Path, tmp_path: Path) -> None:
    async with served(state) as centre, way(place(state, centre.address)) as out:
        await sent(out, packet(tmp_path))
        answers = out.answers(AnswerCursor())
        await anext(answers)
        await answers.aclose()  # type: ignore[attr-defined]
        assert (await out.centre()).last_sequence == 2


def _gone(begin: int, end: int) -> bytes:
    raise OSError("the file is gone")


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


def _server_context(folder: Path, authority: Authority) -> ssl.SSLContext:
    issued = authority.server_certificate(["127.0.0.1"], datetime.now(UTC))
    (folder / "server.pem").write_bytes(issued.certificate_pem)
    (folder / "server.key").write_bytes(issued.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.set_alpn_protocols(["h2"])
    return context


async def test_a_notice_that_the_centre_cannot_read_holds_up_no_other(tmp_path: Path) -> None:
    state = made_centre(tmp_path / "centre")
    fit = [packet(tmp_path, number) for number in range(1, 6)]
    unfit = replace(fit[2].notice, size=1 << 40)
    notices = [each.notice for each in fit[:2]] + [unfit] + [each.notice for each in fit[3:]]
    async with served(state) as centre, way(place(state, centre.address)) as out:
        standings = await out.offer(notices)
        assert [each.state for each in standings] == [
            *(StandingState.PARTIAL, StandingState.PARTIAL, StandingState.REFUSED),
            *(StandingState.PARTIAL, StandingState.PARTIAL),
        ]
        assert (standings[2].packet_id, standings[2].reason) == (unfit.packet_id, "NOTICE_INVALID")
        assert (await out.send(unfit, 0, 10, lambda begin, end: b"x" * (end - begin), lambda _: None)).reason == (
            "NOTICE_INVALID"
        )
