"""What a client may make the native door hold: calls at once, and bytes of requests that nobody has asked for yet."""

import asyncio
import contextlib
import ssl
import struct
from datetime import UTC, datetime

import grpc
import pytest
from rekam.v1 import gateway_pb2 as gpb

from gateway.desks import DeskAuthority
from gateway.service.errors import StoppingError
from gateway.service.native_door import NativeDoor
from gateway.service.native_ways import open_for_desks
from tests.gateway.client import Client, refused
from tests.gateway.web.test_http2_attacks import (
    ACK,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    block,
    frame,
)

WINDOW_UPDATE = 8
INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS = 4, 3
REFUSED_STREAM = 7
MIB = 1024 * 1024
QUIET_ANSWERS = 100
INFO, WATCH = "/rekam.v1.GatewayService/GetInfo", "/rekam.v1.GatewayService/Watch"
HEALTH = "/grpc.health.v1.Health/Check"


class Core:
    """One whose every method says that it was reached; a watch waits for its end."""

    def __init__(self):
        self.reached = asyncio.Queue()
        self.end = asyncio.Event()

    async def get_info(self, request, caller):
        raise StoppingError("reached")

    get_trust_bundle = pair = list_pairings = revoke_pairing = get_info

    async def watch(self, request, caller):
        self.reached.put_nowait(caller.peer)
        await self.end.wait()
        yield gpb.WatchResponse(seq=1)


@contextlib.asynccontextmanager
async def desks_door(state):
    core = Core()
    door = NativeDoor([(gpb.DESCRIPTOR.services_by_name["GatewayService"], core)], frozenset())
    port = open_for_desks(door, state, "127.0.0.1:0", ["127.0.0.1"])
    await door.start()
    try:
        yield port, core
    finally:
        core.end.set()
        await door.stop(0)


@contextlib.asynccontextmanager
async def client_of(port, issued):
    credentials = grpc.ssl_channel_credentials(issued.authority_pem, issued.key_pem, issued.certificate_pem)
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options) as channel:
        yield Client(channel)


class HalfSender:
    """A connection of a desk that begins calls and sends of their requests what the windows let in, never the whole."""

    def __init__(self, state, port, issued):
        self._state, self._port, self._issued = state, port, issued
        self.windows = {0: 65535}
        self.initial = 65535
        self.most_streams = None
        self.ended = set()
        self.sent = 0
        self._came = asyncio.Event()

    async def __aenter__(self):
        desk, key = self._state / "half.pem", self._state / "half.key"
        desk.write_bytes(self._issued.certificate_pem)
        key.write_bytes(self._issued.key_pem)
        context = ssl.create_default_context(cadata=self._issued.authority_pem.decode())
        context.load_cert_chain(desk, key)
        context.set_alpn_protocols(["h2"])
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port, ssl=context)
        self.writer.write(PREFACE + frame(SETTINGS, 0, 0))
        self._reading = asyncio.create_task(self._read())
        async with asyncio.timeout(60):
            while self.most_streams is None:
                await self._news()
        return self

    async def __aexit__(self, *exc):
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self.writer.transport.abort()

    async def _news(self):
        await self._came.wait()
        self._came.clear()

    async def _read(self):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await self.reader.readexactly(9)
                kind, flags, stream = struct.unpack(">BBI", head[3:])
                self._take(kind, flags, stream, await self.reader.readexactly(int.from_bytes(head[:3], "big")))
                self._came.set()

    def _take(self, kind, flags, stream, content):
        if kind == SETTINGS and not flags & ACK:
            told = dict(struct.iter_unpack(">HI", content))
            self.most_streams = told.get(MAX_CONCURRENT_STREAMS, self.most_streams or 2**31)
            grown = told.get(INITIAL_WINDOW_SIZE, self.initial) - self.initial
            self.initial += grown
            for each in self.windows.keys() - {0}:
                self.windows[each] += grown
            self.writer.write(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.writer.write(frame(PING, ACK, 0, content))
        elif kind == WINDOW_UPDATE:
            self.windows[stream] = self.windows.get(stream, 0) + int.from_bytes(content, "big")
        elif kind == RST_STREAM or (kind == HEADERS and flags & END_STREAM):
            self.ended.add(stream)
            if kind == RST_STREAM and int.from_bytes(content, "big") == REFUSED_STREAM:
                self.windows[stream] = 0
        assert kind != GOAWAY

    def begin(self, path, calls, size):
        lines = {
            ":method": "POST",
            ":scheme": "https",
            ":path": path,
            ":authority": "127.0.0.1",
            "content-type": "application/grpc",
            "te": "trailers",
        }
        for stream in range(1, 2 * calls, 2):
            self.windows[stream] = self.initial
            self.writer.write(frame(HEADERS, END_HEADERS, stream, block(*lines.items())))
            self._data(stream, b"\0" + struct.pack(">I", size))

    def _data(self, stream, content):
        self.windows[stream] -= len(content)
        self.windows[0] -= len(content)
        self.sent += len(content)
        self.writer.write(frame(DATA, 0, stream, content))

    async def send_all_that_is_let_in(self, calls, size, other):
        """Send until the door has answered `other` many times without wanting more, or has ended every call."""
        left, quiet = dict.fromkeys(range(1, 2 * calls, 2), size - 1), 0
        async with asyncio.timeout(60):
            while quiet < QUIET_ANSWERS and len(self.ended) < calls:
                before = self.sent
                for stream in left.keys() - self.ended:
                    room = min(16384, left[stream], self.windows[stream], self.windows[0])
                    if room > 0:
                        self._data(stream, b"x" * room)
                        left[stream] -= room
                await self.writer.drain()
                if self.sent == before:
                    quiet += 1
                    assert await reason(other) == "STOPPING"
                else:
                    quiet = 0
                    await asyncio.sleep(0)


@pytest.mark.parametrize("path", [INFO, HEALTH])
async def test_of_a_revoked_desk_nothing_is_taken(tmp_path, path):
    calls = 64
    async with desks_door(tmp_path) as (port, _):
        authority = DeskAuthority.open(tmp_path)
        issued, other = (authority.issue(name, ["operator"], 30) for name in ("Loket 3", "Loket 4"))
        authority.roll.revoke(issued.desk.desk_id, datetime.now(UTC))
        async with HalfSender(tmp_path, port, issued) as half, client_of(port, other) as client:
            half.begin(path, calls, 9 * MIB)
            await half.send_all_that_is_let_in(calls, 9 * MIB, client)
            assert len(half.ended) == calls
            assert half.sent <= calls * 65535


async def test_a_desk_has_four_requests_on_the_way_and_is_in_nobody_elses(tmp_path):
    calls = 64
    async with desks_door(tmp_path) as (port, _):
        authority = DeskAuthority.open(tmp_path)
        issued, other = (authority.issue(name, ["operator"], 30) for name in ("Loket 3", "Loket 4"))
        async with HalfSender(tmp_path, port, issued) as half, client_of(port, other) as client:
            half.begin(INFO, calls, 9 * MIB)
            await half.send_all_that_is_let_in(calls, 9 * MIB, client)
            assert half.sent <= 4 * 9 * MIB + calls * 65535
            assert half.sent > 9 * MIB  # it is no small window that kept it
        async with client_of(port, issued) as client:  # its halves went with their connection
            assert await reason(client) == "STOPPING"


async def reason(client, request=b""):
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await client.channel.unary_unary(INFO)(request, timeout=60)
    return refused(error.value).reason or error.value.code().name


def padded(size):
    """A request of any type, of so many bytes in a field that we do not know."""
    length = size - 6
    return (
        b"\xc2\x3e"
        + bytes(length >> shift & 0x7F | (0x80 if shift < 21 else 0) for shift in (0, 7, 14, 21))
        + (b"x" * length)
    )


async def test_large_requests_keep_their_turn_until_they_are_answered(tmp_path):
    async with desks_door(tmp_path) as (port, core):
        authority = DeskAuthority.open(tmp_path)
        issued, other = (authority.issue(name, ["operator"], 30) for name in ("Loket 3", "Loket 4"))
        async with client_of(port, issued) as client, client_of(port, other) as others:
            watches = []
            for request in (*[b""] * 20, *[padded(MIB)] * 4):
                watches.append(client.channel.unary_stream(WATCH)(request, timeout=60))
                await core.reached.get()
            waiting = asyncio.create_task(reason(client))
            for _ in range(QUIET_ANSWERS):
                assert await reason(others) == "STOPPING"
            assert not waiting.done()
            core.end.set()
            for watch in watches:
                assert [answer async for answer in watch] == [gpb.WatchResponse(seq=1).SerializeToString()]
            assert await waiting == "STOPPING"


@pytest.mark.parametrize(("size", "said"), [(9 * MIB, "STOPPING"), (11 * MIB, "RESOURCE_EXHAUSTED")])
async def test_a_desks_request_may_have_10_mib(tmp_path, size, said):
    async with desks_door(tmp_path) as (port, _):
        issued = DeskAuthority.open(tmp_path).issue("Loket 3", ["operator"], 30)
        async with client_of(port, issued) as client:
            assert await reason(client, padded(size)) == said


async def test_calls_beyond_64_on_one_connection_are_refused(tmp_path):
    async with desks_door(tmp_path) as (port, _):
        issued = DeskAuthority.open(tmp_path).issue("Loket 3", ["operator"], 30)
        async with HalfSender(tmp_path, port, issued) as half:
            assert half.most_streams == 64
            half.begin(INFO, 100, 100)
            async with asyncio.timeout(60):
                while len(half.ended) < 36:
                    await half._news()
            assert half.ended == set(range(129, 200, 2))


async def test_a_client_may_have_sixty_watches_on_one_connection(client):
    watches = [client.watch() for _ in range(60)]
    for watch in watches:
        assert (await watch.read()).seq >= 0
    assert (await client.info()).gateway_id
    for watch in watches:
        watch.cancel()


async def test_a_call_without_a_request_is_refused(client):
    call = client.channel.stream_unary(INFO)(iter(()), timeout=60)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
