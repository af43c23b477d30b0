"""What every way from an office to its centre does, whatever carries it; a way's test subclasses it."""

import asyncio
import shutil
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.centre import (
    AnswerCursor,
    CentreBusy,
    CentreCondition,
    CentreUnreachable,
    PacketStanding,
    Receipt,
    StandingState,
    StatusAnswer,
    UnreachableCause,
    WayOut,
    WayOutError,
    read_answer,
)
from tests.gateway.central.centres import GATEWAY, Packet, anchors, changed, gateway_key, opened, packet
from tests.gateway.central.slow_line import SlowLine

WITHIN_S = 60.0
"""All of it takes a second or two, and the machine may be busy with other things."""


class Scene(ABC):
    """An office, a line, a centre; the centre is up when the scene begins."""

    state: Path
    line: SlowLine
    """Between the way and whatever it connects to."""
    out: WayOut

    @abstractmethod
    async def up(self) -> None:
        """Start the centre; on return the way reaches it."""

    @abstractmethod
    async def down(self) -> None:
        """Stop the centre."""

    @abstractmethod
    def another_way(self) -> WayOut:
        """As after a restart of the gateway; closed with the scene."""

    async def delivered(self, *packets: Packet, out: WayOut | None = None) -> dict[str, PacketStanding]:
        """Offer and send until the centre has said something final of each, as a forwarder does."""
        way, final = out or self.out, dict[str, PacketStanding]()
        async with asyncio.timeout(WITHIN_S):
            while len(final) < len(packets):
                for made in packets:
                    if made.notice.packet_id in final:
                        continue
                    try:
                        standing = (await way.offer([made.notice]))[0]
                        if standing.state is StandingState.PARTIAL:
                            at, end = standing.received, made.notice.size
                            standing = await way.send(made.notice, at, end, made.read, lambda _: None)
                        if standing.state is not StandingState.PARTIAL:
                            final[made.notice.packet_id] = standing
                    except WayOutError:
                        await asyncio.sleep(0.02)
        return final

    async def answers(self, count: int, cursor: AnswerCursor | None = None) -> list[Receipt | StatusAnswer]:
        """Answers after a cursor, as soon as there are so many; each in its order and once."""
        known = anchors(self.state)
        async with asyncio.timeout(WITHIN_S):
            while True:
                found, at = [], cursor or AnswerCursor()
                async for after, jws in self.out.answers(at):
                    answer = read_answer(jws, known)
                    assert isinstance(answer, Receipt | StatusAnswer)
                    assert (answer.ledger_id, answer.sequence) == (after.ledger_id, after.sequence)
                    assert after.sequence == (at.sequence if at.ledger_id == after.ledger_id else 0) + 1
                    found.append(answer)
                    at = after
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.05)

    def held(self, made: Packet) -> bool:
        """Whether the centre has the file, as it was sealed."""
        path = self.state / "packets" / GATEWAY / f"{made.notice.packet_id}.rekam"
        return path.exists() and path.read_bytes() == made.content


class WayOutContract(ABC):
    """Subclass it and open scenes."""

    @abstractmethod
    def scene(self, folder: Path) -> AbstractAsyncContextManager[Scene]:
        """A scene whose centre is up."""

    @abstractmethod
    def busy_scene(self, folder: Path) -> AbstractAsyncContextManager[Scene]:
        """One in which a send of 400 KB is answered with a wish for time, until `up` is called."""

    @abstractmethod
    def way_to(self, folder: Path, port: int) -> WayOut:
        """A way to a port of this machine where anything may listen."""

    async def test_a_packet_goes_out_and_its_receipt_comes_back(self, tmp_path: Path) -> None:
        made = packet(tmp_path, size=700_000)
        async with self.scene(tmp_path) as scene:
            assert (await scene.out.offer([made.notice]))[0] == PacketStanding(
                made.notice.packet_id, StandingState.PARTIAL, 0
            )
            told: list[int] = []
            await scene.out.send(made.notice, 0, made.notice.size, made.read, told.append)
            assert told == sorted(told)
            standing = (await scene.delivered(made))[made.notice.packet_id]
            assert standing.state is StandingState.RECEIVED
            receipt = read_answer(standing.receipt, anchors(scene.state))
            assert isinstance(receipt, Receipt)
            assert (receipt.sha256, receipt.size) == (made.notice.sha256, made.notice.size)
            receipts = await scene.answers(2)
            assert receipts[0] == receipt
            assert scene.held(made)
            state = await scene.out.centre()
            assert (state.condition, state.last_sequence) == (CentreCondition.ACCEPTING, 2)
            assert state.ledger_id == receipt.ledger_id

    async def test_what_is_sent_twice_is_there_once(self, tmp_path: Path) -> None:
        made = packet(tmp_path, size=300_000)
        async with self.scene(tmp_path) as scene:
            for out in (scene.out, scene.another_way(), scene.another_way()):
                await out.send(made.notice, 0, made.notice.size, made.read, lambda _: None)
                assert (await scene.delivered(made, out=out))[made.notice.packet_id].state is StandingState.RECEIVED
            assert len(await scene.answers(2)) == 2

    async def test_a_packet_goes_on_at_the_byte_after_a_restart(self, tmp_path: Path) -> None:
        made = packet(tmp_path, size=900_000)
        async with self.scene(tmp_path) as scene:
            for begin, end in ((0, 200_001), (200_001, 200_002), (200_002, made.notice.size)):
                out = scene.another_way()
                reads: list[tuple[int, int]] = []
                standing = await out.send(made.notice, begin, end, _noted(made, reads), lambda _: None)
                assert sum(upto - since for since, upto in reads) == end - begin
                assert standing.received == end
            assert (await scene.delivered(made))[made.notice.packet_id].state is StandingState.RECEIVED
            assert scene.held(made)

    async def test_another_offset_than_what_is_there_sends_nothing(self, tmp_path: Path) -> None:
        made = packet(tmp_path, size=300_000)
        async with self.scene(tmp_path) as scene:
            await scene.out.send(made.notice, 0, 100_000, made.read, lambda _: None)
            for offset in (0, 99_999, 150_000):
                standing = await scene.out.send(made.notice, offset, 200_000, _never, lambda _: None)
                assert (standing.state, standing.received) == (StandingState.PARTIAL, 100_000)

    @pytest.mark.parametrize("cut_at", [1, 900, 2_600, 9_000, 60_000, 400_000, 1_100_000, 1_490_000])
    async def test_a_line_that_is_cut_anywhere_loses_nothing(self, tmp_path: Path, cut_at: int) -> None:
        made = packet(tmp_path, size=1_500_000)
        async with self.scene(tmp_path) as scene:
            scene.line.cut_at = scene.line.carried + cut_at
            told = [0]
            causes = []
            async with asyncio.timeout(WITHIN_S):
                while True:
                    try:
                        standing = (await scene.out.offer([made.notice]))[0]
                        if standing.state is not StandingState.PARTIAL:
                            break
                        assert standing.received >= told[-1]
                        end = made.notice.size
                        await scene.out.send(made.notice, standing.received, end, made.read, told.append)
                    except CentreUnreachable as error:
                        causes.append(error.cause)
            assert causes == [UnreachableCause.CUT]
            assert standing.state is StandingState.RECEIVED
            assert scene.held(made)
            assert len(await scene.answers(2)) == 2

    async def test_a_line_that_is_cut_at_each_message_loses_nothing(self, tmp_path: Path) -> None:
        async with self.scene(tmp_path) as scene:
            bounds = await self._bounds(scene, packet(tmp_path, number=1, size=60_000))
            number = 1
            for bound in bounds:
                for cut_at in (bound - 1, bound, bound + 1):
                    number += 1
                    made = packet(tmp_path, number=number, size=60_000)
                    scene.line.cut_at = scene.line.carried + cut_at
                    standing = (await scene.delivered(made))[made.notice.packet_id]
                    scene.line.cut_at = None
                    assert standing.state is StandingState.RECEIVED
                    assert scene.held(made)
            assert len(await scene.answers(2 * number)) == 2 * number

    @staticmethod
    async def _bounds(scene: Scene, made: Packet) -> list[int]:
        """How many bytes went towards the centre with each call of a packet's way."""
        begun, bounds = scene.line.carried, []
        await scene.out.offer([made.notice])
        bounds.append(scene.line.carried - begun)
        await scene.out.send(made.notice, 0, 30_000, made.read, lambda _: None)
        bounds.append(scene.line.carried - begun)
        await scene.out.send(made.notice, 30_000, made.notice.size, made.read, lambda _: None)
        bounds.append(scene.line.carried - begun)
        await scene.delivered(made)
        return [*bounds, scene.line.carried - begun]

    async def test_a_centre_that_stops_and_comes_back_goes_on(self, tmp_path: Path) -> None:
        made = [packet(tmp_path, number, size=300_000) for number in range(1, 6)]
        async with self.scene(tmp_path) as scene:
            delivery = asyncio.create_task(scene.delivered(*made))
            await scene.down()
            await scene.up()
            standings = await delivery
            assert {each.state for each in standings.values()} == {StandingState.RECEIVED}
            assert len(await scene.answers(10)) == 10

    async def test_a_centre_from_a_backup_gets_again_what_it_lost(self, tmp_path: Path) -> None:
        made = [packet(tmp_path, number, size=30_000) for number in (1, 2, 3)]
        async with self.scene(tmp_path) as scene:
            await scene.delivered(made[0])
            cursor = await self._at_end(scene, 2)
            await scene.down()
            shutil.copy(scene.state / "centre.sqlite3", tmp_path / "backup")
            await scene.up()
            await scene.delivered(*made[1:])
            cursor = await self._at_end(scene, 4, cursor)
            await scene.down()
            shutil.copy(tmp_path / "backup", scene.state / "centre.sqlite3")
            shutil.rmtree(scene.state / "packets")
            await scene.up()
            after = await scene.out.centre()
            assert after.ledger_id != cursor.ledger_id
            assert (await scene.out.offer([made[2].notice]))[0].received == 0
            standings = await scene.delivered(*made)
            assert {each.state for each in standings.values()} == {StandingState.RECEIVED}
            assert all(scene.held(each) for each in made)
            receipts = [each for each in await scene.answers(6, cursor) if isinstance(each, Receipt)]
            assert {each.ledger_id for each in receipts} == {after.ledger_id}
            assert {each.packet_id for each in receipts} == {each.notice.packet_id for each in made}

    @staticmethod
    async def _at_end(scene: Scene, count: int, cursor: AnswerCursor | None = None) -> AnswerCursor:
        last = (await scene.answers(count, cursor))[-1]
        return AnswerCursor(last.ledger_id, last.sequence)

    async def test_answers_come_after_their_cursor(self, tmp_path: Path) -> None:
        made = [packet(tmp_path, number, size=10_000) for number in range(1, 4)]
        async with self.scene(tmp_path) as scene:
            await scene.delivered(*made)
            everything = await scene.answers(6)
            ledger_id = everything[0].ledger_id
            assert await scene.answers(3, AnswerCursor(ledger_id, 3)) == everything[3:]
            assert await scene.answers(0, AnswerCursor(ledger_id, 6)) == []
            assert await scene.answers(6, AnswerCursor("f" * 32, 5)) == everything
            left = scene.out.answers(AnswerCursor())
            await anext(left)
            await left.aclose()  # type: ignore[attr-defined]
            assert await scene.answers(6) == everything

    async def test_what_is_no_packet_is_refused_and_holds_up_nobody(self, tmp_path: Path) -> None:
        good = packet(tmp_path, number=1, size=50_000)
        damaged = packet(tmp_path, number=2, size=50_000)
        content = bytearray(damaged.content)
        content[30_000] ^= 1
        async with self.scene(tmp_path) as scene:
            standings = await scene.delivered(changed(damaged, bytes(content)), good)
            refused = standings[damaged.notice.packet_id]
            assert (refused.state, bool(refused.reason), bool(refused.words)) == (StandingState.REFUSED, True, True)
            assert standings[good.notice.packet_id].state is StandingState.RECEIVED
            # Sealed rightly and sent again, it is taken.
            assert (await scene.delivered(damaged))[damaged.notice.packet_id].state is StandingState.RECEIVED

    async def test_a_gateway_that_is_not_registered_yet_waits(self, tmp_path: Path) -> None:
        made = packet(tmp_path, size=50_000)
        async with self.scene(tmp_path) as scene:
            with opened(scene.state) as beside:
                beside.store.unregister(GATEWAY)
            standing = (await scene.delivered(made))[made.notice.packet_id]
            assert (standing.state, standing.reason) == (StandingState.NOT_NOW, "GATEWAY_UNKNOWN")
            # Sent without asking, nothing is kept of it, and nothing stands in the way later.
            with opened(scene.state) as beside:
                bundle = gateway_key().trust_bundle().certificates_pem
                beside.store.register(GATEWAY, bundle, datetime.now(UTC))
            assert (await scene.delivered(made))[made.notice.packet_id].state is StandingState.RECEIVED

    async def test_many_offers_are_answered_in_their_order(self, tmp_path: Path) -> None:
        one = packet(tmp_path, size=10_000)
        notices = [changed(one, f"{number}".encode()).notice for number in range(499)]
        named = [type(each)(f"p-{n}", each.sha256, each.size, each.chain_id, n + 1) for n, each in enumerate(notices)]
        async with self.scene(tmp_path) as scene:
            await scene.delivered(one)
            standings = await scene.out.offer([*named, one.notice])
            assert [each.packet_id for each in standings] == [each.packet_id for each in [*named, one.notice]]
            assert [each.state for each in standings[:-1]] == [StandingState.PARTIAL] * 499
            assert standings[-1].state is StandingState.RECEIVED
            assert await scene.out.offer([]) == []

    async def test_a_send_that_is_given_up_leaves_nothing_half_done(self, tmp_path: Path) -> None:
        made = packet(tmp_path, size=3_000_000)
        async with self.scene(tmp_path) as scene:
            told: list[int] = []

            def stop(upto: int) -> None:
                told.append(upto)
                sending.cancel()

            sending = asyncio.create_task(scene.out.send(made.notice, 0, made.notice.size, made.read, stop))
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert (await scene.out.offer([made.notice]))[0].received >= told[0] > 0
            assert (await scene.delivered(made))[made.notice.packet_id].state is StandingState.RECEIVED

    async def test_a_busy_centre_asks_for_time_and_loses_nothing(self, tmp_path: Path) -> None:
        made = [packet(tmp_path, number, size=400_000) for number in (1, 2)]
        async with self.busy_scene(tmp_path) as scene:
            with pytest.raises(CentreBusy) as caught:
                await _all_sent(scene.out, made)
            assert caught.value.detail
            assert caught.value.retry_after_s is None or caught.value.retry_after_s > 0
            await scene.up()
            standings = await scene.delivered(*made)
            assert {each.state for each in standings.values()} == {StandingState.RECEIVED}
            assert len(await scene.answers(4)) == 4

    async def test_a_file_that_gives_too_little_is_our_own_error(self, tmp_path: Path) -> None:
        made = packet(tmp_path, size=100_000)
        async with self.scene(tmp_path) as scene:
            with pytest.raises(ValueError, match="gave"):
                await scene.out.send(made.notice, 0, made.notice.size, lambda begin, end: b"short", lambda _: None)
            with pytest.raises(OSError, match="gone"):
                await scene.out.send(made.notice, 0, made.notice.size, _gone, lambda _: None)
            assert (await scene.delivered(made))[made.notice.packet_id].state is StandingState.RECEIVED

    @pytest.mark.parametrize(
        "said", [b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n", bytes(range(256))]
    )
    async def test_what_is_no_centre_is_told(self, tmp_path: Path, said: bytes) -> None:
        made = packet(tmp_path)
        async with _saying(said) as port:
            out = self.way_to(tmp_path, port)
            try:
                for call in (out.centre(), out.offer([made.notice]), anext(out.answers(AnswerCursor()))):
                    with pytest.raises(CentreUnreachable) as caught:
                        await call
                    assert caught.value.cause is UnreachableCause.GARBAGE
            finally:
                await out.close()


async def _all_sent(out: WayOut, packets: list[Packet]) -> None:
    for each in packets:
        await out.send(each.notice, 0, each.notice.size, each.read, lambda _: None)


def _noted(made: Packet, reads: list[tuple[int, int]]) -> Callable[[int, int], bytes]:
    def read(begin: int, end: int) -> bytes:
        reads.append((begin, end))
        return made.read(begin, end)

    return read


def _never(begin: int, end: int) -> bytes:
    raise AssertionError(f"bytes {begin} to {end} were read")


def _gone(begin: int, end: int) -> bytes:
    raise OSError("the file is gone")


@asynccontextmanager
async def _saying(said: bytes) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(10)
            writer.write(said)
            await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
