"""What a hostile program may do to the web door with frames of HTTP/2 that no client library would send (RFC 9113)."""

import asyncio
import contextlib
import ssl
import struct

import pytest
from granian.http import HTTP2Settings

from gateway.service import web_door
from tests.gateway.client import eventually
from tests.gateway.running import connected, synthetic
from tests.gateway.web.page import CALL, EVIL, FOREIGN, Page, web_gateway

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
ENABLE_CONNECT_PROTOCOL = 8
CUT_S = 60.0


def frame(kind, flags, stream, content=b""):
    return len(content).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + content


def block(*pairs):
    """A field block: every line a literal without indexing (RFC 7541, 6.2.2), none longer than 126 octets."""
    return b"".join(
        b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in pairs
    )


class Connection:
    """A TLS connection of HTTP/2; answers pings and settings as a client has to, unless it is told not to."""

    def __init__(self, gateway, *, mute=False):
        self.gateway, self.mute = gateway, mute
        self.ended = asyncio.Event()
        self.frames = []
        self.came = asyncio.Event()

    async def __aenter__(self):
        context = ssl.create_default_context(cafile=str(self.gateway.state / "web/authority.pem"))
        context.set_alpn_protocols(["h2"])
        host, _, port = self.gateway.addresses.web.rpartition(":")
        self.reader, self.writer = await asyncio.open_connection(host, int(port), ssl=context)
        assert self.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        self.send(PREFACE + frame(SETTINGS, 0, 0))
        self.reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *exc):
        self.reading.cancel()
        await asyncio.gather(self.reading, return_exceptions=True)
        self.writer.transport.abort()

    def send(self, content):
        if not self.writer.is_closing():
            self.writer.write(content)

    async def _read(self):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await self.reader.readexactly(9)
                kind, flags, stream = struct.unpack(">BBI", head[3:])
                content = await self.reader.readexactly(int.from_bytes(head[:3], "big"))
                self.frames.append((kind, flags, stream & 0x7FFFFFFF, content))
                self.came.set()
                if kind in (PING, SETTINGS) and not flags & ACK and not self.mute:
                    self.send(frame(kind, ACK, 0, content if kind == PING else b""))
                if kind == GOAWAY:
                    break
        self.ended.set()

    async def until(self, found):
        async with asyncio.timeout(CUT_S):
            while not (hits := [each for each in self.frames if found(each)]) and not self.ended.is_set():
                self.came.clear()
                waiting = [asyncio.create_task(each.wait()) for each in (self.came, self.ended)]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in waiting:
                    task.cancel()
            return hits

    def call_lines(self, **replaced):
        lines = {
            ":method": "POST",
            ":scheme": "https",
            ":path": f"{CALL}GatewayService/GetInfo",
            ":authority": self.gateway.addresses.web,
            "content-type": "application/json",
            "origin": FOREIGN,
        }
        return (lines | {f":{name}": value for name, value in replaced.items()}).items()


async def serves(gateway):
    assert await serves_web(gateway)
    return await serves_native(gateway)


async def serves_web(gateway):
    answer = await Page(gateway, FOREIGN).call("GatewayService.GetInfo")
    assert answer.status in (200, 429)
    return answer.status == 200


async def serves_native(gateway):
    async with connected(gateway) as client:
        assert (await client.info()).gateway_id
    return True


def under_way(gateway):
    return gateway.doors.web._door._guard.under_way


@pytest.fixture
async def gateway(tmp_path):
    async with web_gateway(tmp_path, synthetic(1)) as gateway:
        yield gateway


async def test_these_frames_are_a_call_where_nothing_is_wrong_with_them(gateway):
    async with Connection(gateway) as connection:
        lines = block(*connection.call_lines())
        connection.send(frame(HEADERS, END_HEADERS, 1, lines) + frame(DATA, END_STREAM, 1, b"{}"))
        answered = await connection.until(lambda each: each[0] == DATA and each[2] == 1 and each[3])
        assert b"gatewayId" in b"".join(content for *_, content in answered)


async def test_headers_that_drip_reach_nothing_and_are_cut_off(gateway):
    async with contextlib.AsyncExitStack() as stack:
        dripping = [await stack.enter_async_context(Connection(gateway)) for _ in range(20)]
        for connection in dripping:
            connection.send(frame(HEADERS, 0, 1, block((":method", "POST"))))
        assert await serves(gateway)
        assert not under_way(gateway)

        async def drip(connection):
            async with asyncio.timeout(CUT_S):
                number = 0
                while not connection.ended.is_set():
                    number += 1
                    connection.send(frame(CONTINUATION, 0, 1, block((f"x-slow-{number}", "1" * 100))))
                    with contextlib.suppress(OSError):
                        await connection.writer.drain()
                    await asyncio.sleep(0)
                return number

        numbers = await asyncio.gather(*(drip(connection) for connection in dripping))
        assert max(numbers) < 20_000
        assert not under_way(gateway)
        assert await serves(gateway)


async def test_who_goes_silent_in_the_middle_of_its_headers_is_cut_off(tmp_path, monkeypatch):
    quick = HTTP2Settings(
        keep_alive_interval=500, keep_alive_timeout=1, max_headers_size=64 * 1024, max_concurrent_streams=128
    )
    assert web_door.HTTP2.keep_alive_interval == 15_000
    assert web_door.HTTP2.keep_alive_timeout == 10
    monkeypatch.setattr(web_door, "HTTP2", quick)
    async with web_gateway(tmp_path) as gateway, Connection(gateway, mute=True) as connection:
        connection.send(frame(HEADERS, 0, 1, block((":method", "POST"))))
        await asyncio.wait_for(connection.ended.wait(), CUT_S)
        assert await serves(gateway)


async def test_headers_that_are_too_large_are_refused(gateway):
    async with Connection(gateway) as connection:
        connection.send(frame(HEADERS, 0, 1, block(*connection.call_lines())))
        for number in range(9):
            last = END_HEADERS if number == 8 else 0
            lines = block(*((f"x-{number}-{each}", "y" * 100) for each in range(130)))
            connection.send(frame(CONTINUATION, last, 1, lines))
        hits = await connection.until(lambda each: each[0] in (RST_STREAM, GOAWAY, HEADERS))
        assert connection.ended.is_set() or hits
        assert not [each for each in connection.frames if b"gatewayId" in each[3]]
    assert await serves(gateway)


async def test_streams_that_are_opened_and_reset_at_once_hold_nothing(gateway):
    async with Connection(gateway) as connection:
        lines = block(*connection.call_lines())
        for stream in range(1, 20_001, 2):  # CVE-2023-44487
            connection.send(frame(HEADERS, END_HEADERS, stream, lines) + frame(RST_STREAM, 0, stream, b"\0\0\0\x08"))
            with contextlib.suppress(OSError):
                await connection.writer.drain()
            await asyncio.sleep(0)
            if connection.ended.is_set() or connection.writer.is_closing():
                break
        await asyncio.wait_for(connection.ended.wait(), CUT_S)
        assert stream < 19_999
        # So many calls from one place are over the rate, which the gateway says and soon forgives.
        async with asyncio.timeout(CUT_S):
            await eventually(lambda: serves_web(gateway), 1.0)
        assert await serves_native(gateway)
    assert len(under_way(gateway)) <= 128


async def test_a_websocket_is_not_opened_within_http2(gateway):
    async with Connection(gateway) as connection:
        settings = await connection.until(lambda each: each[0] == SETTINGS and not each[1] & ACK)
        told = dict(struct.iter_unpack(">HI", settings[0][3]))
        assert told.get(ENABLE_CONNECT_PROTOCOL, 0) == 0
        for number, origin in enumerate((EVIL, FOREIGN)):
            lines = dict(connection.call_lines(method="CONNECT", path=f"{CALL}GatewayService/Watch"))
            lines |= {":protocol": "websocket", "origin": origin, "sec-websocket-version": "13"}
            connection.send(frame(HEADERS, END_HEADERS, 2 * number + 1, block(*lines.items())))
        answered = await connection.until(lambda each: each[0] in (RST_STREAM, GOAWAY, HEADERS))
        assert answered or connection.ended.is_set()
        accepted = [each for each in connection.frames if each[0] == HEADERS and each[3][:1] == b"\x88"]  # :status 200
        assert not accepted
    assert await serves(gateway)
