"""The network that fails does so where it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.outage_proxy import CALM, CUT, OutageProxy, Weather


def record(size: int) -> bytes:
    """A TLS record, as it looks from outside."""
    return b"\x17\x03\x03" + size.to_bytes(2) + bytes(size)


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    """Answers what it hears."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield "{}:{}".format(*server.sockets[0].getsockname())
    finally:
        server.close()


async def heard(address: str, data: bytes, count: int | None = None) -> bytes:
    """What comes back, until so much has or the connection ends."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    found = b""
    try:
        writer.write(data)
        await writer.drain()
        while count is None or len(found) < count:
            more = await reader.read(65_536)
            if not more:
                break
            found += more
    except OSError:
        pass
    finally:
        writer.transport.abort()
    return found


@asynccontextmanager
async def line(weather: Weather, seed: int = 1) -> AsyncIterator[OutageProxy]:
    async with echo() as address, OutageProxy(address, weather, seed) as proxy:
        yield proxy


async def test_calm_weather_changes_nothing() -> None:
    data = bytes(range(256)) * 4000
    async with line(CALM) as proxy:
        assert await heard(proxy.address, data, len(data)) == data
        assert not proxy.faults


async def test_cuts_meet_each_boundary_in_turn() -> None:
    sent = record(100) + record(3) + record(20_000)
    async with line(Weather(cuts_at_records=True, most_records=3)) as proxy:
        lengths = []
        for _ in range(3):
            before = proxy.carried
            await heard(proxy.address, sent)
            lengths.append(proxy.carried - before)
        # Answers count too: the second cut may come after one record there and the same one back.
        assert lengths[0] == 105
        assert lengths[1] in (105, 113)
        assert lengths[2] in (105, 113, len(sent))
        assert proxy.faults["cut at a message's boundary"] == 3


async def test_a_cut_at_a_byte_lets_no_more_pass() -> None:
    async with line(Weather(cut_share=1.0, cut_bytes=(50, 500))) as proxy:
        for _ in range(20):
            before = proxy.carried
            found = await heard(proxy.address, bytes(10_000))
            assert proxy.carried - before + len(found) <= 500
        assert proxy.faults["cut at a random byte"] == 20


async def test_garbage_is_no_answer() -> None:
    data = record(5_000)
    async with line(Weather(garbage_share=1.0)) as proxy:
        found = [await heard(proxy.address, data, len(data)) for _ in range(12)]
        assert all(each != data for each in found)
        assert proxy.faults["garbage"] + proxy.faults["garbled"] == 12
        assert min(proxy.faults["garbage"], proxy.faults["garbled"]) > 0


async def test_the_line_carries_what_it_carries_and_late() -> None:
    data = bytes(200_000)
    loop = asyncio.get_running_loop()
    async with line(Weather(bytes_per_s=1_000_000, delay_s=0.05)) as proxy:
        began = loop.time()
        assert await heard(proxy.address, data, len(data)) == data
        assert loop.time() - began >= 0.2 + 2 * 0.05


async def test_a_cut_network_breaks_what_is_there_and_takes_nothing_new() -> None:
    async with line(CALM) as proxy:
        host, _, port = proxy.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        proxy.set(CUT)
        with pytest.raises((asyncio.IncompleteReadError, OSError)):
            await reader.readexactly(1)
        writer.transport.abort()
        assert await heard(proxy.address, b"two") == b""
        proxy.set(CALM)
        assert await heard(proxy.address, b"three", 5) == b"three"


async def test_silence_ends_without_a_loss() -> None:
    async with line(Weather(is_silent=True)) as proxy:
        asked = asyncio.create_task(heard(proxy.address, b"hello", 5))
        done, _ = await asyncio.wait({asked}, timeout=0.1)
        assert not done
        proxy.set(CALM)
        assert await asked == b"hello"


async def test_a_detour_leads_elsewhere() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"portal")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    other = "{}:{}".format(*server.sockets[0].getsockname())
    async with line(Weather(detours=((0.5, other), (0.5, "")))) as proxy:
        found = {await heard(proxy.address, b"hello", 6) for _ in range(12)}
        assert found == {b"portal", b""}
    server.close()


async def test_later_connections_overtake() -> None:
    async with line(Weather(reordered_s=0.2)) as proxy:
        ended: list[int] = []

        async def one(number: int) -> None:
            await heard(proxy.address, b"x", 1)
            ended.append(number)

        await asyncio.gather(*(one(number) for number in range(8)))
        assert ended != sorted(ended)
