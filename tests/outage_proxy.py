"""A network between an office and its centre that fails in every way a network does: a TCP relay of bytes.

Each connection's fate is drawn when it is made, from a seed: which fault meets it, and at which byte or message. What
the relay carries is TLS, so that a message's boundary is that of a TLS record (RFC 8446 clause 5.1), which shows from
outside; gRPC writes each of its messages into records of its own.
"""

import asyncio
import socket
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Self

_PIECE = 16_384
_RECORD_HEAD = 5
_AHEAD_S = 0.05
"""What a modem's buffer takes beyond what the line has carried."""
_GARBAGE_BYTES = 200


@dataclass(frozen=True)
class Weather:
    """How the network does now. Shares are of connections, 0 to 1."""

    is_cut: bool = False
    """Connections are broken off as soon as they are made."""
    is_silent: bool = False
    """Nothing moves, and nothing is said of it; what is under way moves again once this ends."""
    bytes_per_s: float = 1e12
    """Of each direction, all connections together."""
    delay_s: float = 0.0
    """Of each direction."""
    delay_spread_s: float = 0.0
    """More of it, at random; what follows on the same connection waits behind."""
    reordered_s: float = 0.0
    """Each connection reaches the centre so much later, at random: later ones overtake it."""
    cut_share: float = 0.0
    """Cut at a random byte of both directions together."""
    cut_bytes: tuple[int, int] = (1, 60_000)
    """From and to which byte; evenly in the logarithm, so that hello and handshake get their share."""
    cuts_at_records: bool = False
    """Each connection is cut after one TLS record more than the one before, up to `most_records`, then from one on."""
    most_records: int = 60
    garbage_share: float = 0.0
    """Half of these are answered with garbage alone; in the others a byte that the centre says is changed."""
    detours: tuple[tuple[float, str], ...] = ()
    """Shares that reach another address, as by a name that resolves wrongly: `HOST:PORT`, or nobody where empty."""


CALM = Weather()
CUT = Weather(is_cut=True)


@dataclass
class _Connection:
    """One connection's fate, and how far it came."""

    target: str
    hold_s: float = 0.0
    cut_at: int | None = None
    cut_after_records: int | None = None
    answers_garbage: bool = False
    garbled_at: int | None = None
    """Byte of what the centre says."""
    carried: int = 0
    answered: int = 0
    records: int = 0
    is_over: bool = False
    """It was cut: what the other direction has yet to carry is gone too."""
    _left: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    _heads: dict[bool, bytes] = field(default_factory=lambda: {True: b"", False: b""})

    def boundary(self, data: bytes, *, outward: bool) -> int | None:
        """Where in `data` the record ends after which the connection is cut; None where it goes on."""
        at = 0
        while at < len(data):
            if self._left[outward]:
                taken = min(self._left[outward], len(data) - at)
                self._left[outward] -= taken
                at += taken
                if self._left[outward] == 0:
                    self.records += 1
                    if self.records == self.cut_after_records:
                        return at
                continue
            missing = _RECORD_HEAD - len(self._heads[outward])
            self._heads[outward] += data[at : at + missing]
            at = min(len(data), at + missing)
            if len(self._heads[outward]) == _RECORD_HEAD:
                self._left[outward] = int.from_bytes(self._heads[outward][3:5])
                self._heads[outward] = b""
        return None


class OutageProxy:
    """Relays connections through a weather; an asynchronous context.

    Parameters
    ----------
    target : str
        `HOST:PORT` of the centre; it may change with its next life.
    weather : Weather
    seed : int
    """

    def __init__(self, target: str, weather: Weather = CALM, seed: int = 1) -> None:
        self.target = target
        self.faults: Counter[str] = Counter()
        """How often each fault met a connection."""
        self.carried = 0
        """Bytes towards the centre."""
        self.connections = 0
        self._weather = weather
        self._random = Random(seed)
        self._free_at = {True: 0.0, False: 0.0}
        self._relays: set[asyncio.Task[None]] = set()
        self._moving = asyncio.Event()
        self._records_before_cut = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.address = "{}:{}".format(*self._server.sockets[0].getsockname())
        self.set(self._weather)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._relays, return_exceptions=True)

    @property
    def weather(self) -> Weather:
        """How the network does now."""
        return self._weather

    def set(self, weather: Weather) -> None:
        """Change the weather; a cut breaks what is under way, all else meets new connections."""
        self._weather = weather
        if weather.is_silent:
            self._moving.clear()
        else:
            self._moving.set()
        if weather.is_cut:
            self.cut()

    def cut(self) -> None:
        """Break every connection off."""
        for task in self._relays:
            task.cancel()

    def _drawn(self) -> _Connection:
        weather, random = self._weather, self._random
        made = _Connection(self.target)
        lot = random.random()
        for share, address in weather.detours:
            lot -= share
            if lot < 0:
                made.target = address
                self.faults["detour" if address else "nobody there"] += 1
                return made
        if weather.reordered_s:
            made.hold_s = random.uniform(0.0, weather.reordered_s)
        if weather.cuts_at_records:
            self._records_before_cut = self._records_before_cut % weather.most_records + 1
            made.cut_after_records = self._records_before_cut
        if random.random() < weather.cut_share:
            least, most = weather.cut_bytes
            made.cut_at = int(least * (most / least) ** random.random())
        if random.random() < weather.garbage_share:
            made.answers_garbage = random.random() < 0.5
            made.garbled_at = None if made.answers_garbage else random.randrange(1, 4_000)
        return made

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        self.connections += 1
        far: asyncio.StreamWriter | None = None
        try:
            connection = self._drawn()
            if self._weather.is_cut or not connection.target:
                self.faults["cut network"] += self._weather.is_cut
                return
            if connection.answers_garbage:
                self.faults["garbage"] += 1
                await reader.read(_PIECE)
                writer.write(self._random.randbytes(_GARBAGE_BYTES))
                await writer.drain()
                return
            if connection.hold_s:
                self.faults["reordered"] += 1
                await asyncio.sleep(connection.hold_s)
            host, _, port = connection.target.rpartition(":")
            far_reader, far = await asyncio.open_connection(host, int(port))
            for each in (writer, far):
                each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(connection, reader, far, outward=True))
                group.create_task(self._pump(connection, far_reader, writer, outward=False))
        except* (OSError, _Ended):
            pass
        except* asyncio.CancelledError:
            pass
        finally:
            self._relays.discard(task)
            for end in (writer, far):
                if end is not None:
                    end.transport.abort()

    async def _pump(
        self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, outward: bool
    ) -> None:
        due: deque[tuple[float, bytes]] = deque()
        ready, sent = asyncio.Event(), asyncio.Event()
        sending = asyncio.create_task(self._send(due, ready, sent, writer))
        try:
            ends = False
            while not ends and (data := await reader.read(_PIECE)):
                data, ends = self._met(connection, data, outward=outward)
                sent.clear()
                await self._queue(due, data, outward=outward)
                ready.set()
            # What was carried before the end arrives before it.
            waiting = asyncio.create_task(sent.wait())
            try:
                if due or not sent.is_set():
                    await asyncio.wait({waiting, sending}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
            raise _Ended
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await sending

    def _met(self, connection: _Connection, data: bytes, *, outward: bool) -> tuple[bytes, bool]:
        """What of `data` goes on, and whether the connection ends there."""
        if connection.is_over:
            return b"", True
        ends = False
        boundary = connection.boundary(data, outward=outward)
        if boundary is not None:
            self.faults["cut at a message's boundary"] += 1
            data, ends = data[:boundary], True
        if connection.cut_at is not None and connection.carried + len(data) >= connection.cut_at:
            self.faults["cut at a random byte"] += 1
            data, ends = data[: connection.cut_at - connection.carried], True
        garbled_at = connection.garbled_at
        if not outward and garbled_at is not None and 0 <= garbled_at - connection.answered < len(data):
            self.faults["garbled"] += 1
            at = garbled_at - connection.answered
            data = data[:at] + bytes((data[at] ^ 0x55,)) + data[at + 1 :]
        connection.is_over = ends
        connection.carried += len(data)
        if outward:
            self.carried += len(data)
        else:
            connection.answered += len(data)
        return data, ends

    async def _queue(self, due: "deque[tuple[float, bytes]]", data: bytes, *, outward: bool) -> None:
        loop, weather = asyncio.get_running_loop(), self._weather
        # The line is busy with these bytes for a while; the next wait behind them.
        self._free_at[outward] = max(self._free_at[outward], loop.time()) + len(data) / weather.bytes_per_s
        late = weather.delay_s
        if weather.delay_spread_s:
            self.faults["delayed"] += 1
            late += self._random.uniform(0.0, weather.delay_spread_s)
        due.append((self._free_at[outward] + late, data))
        ahead = self._free_at[outward] - loop.time()
        if ahead > _AHEAD_S:
            await asyncio.sleep(ahead - _AHEAD_S)

    async def _send(
        self,
        due: "deque[tuple[float, bytes]]",
        ready: asyncio.Event,
        sent: asyncio.Event,
        writer: asyncio.StreamWriter,
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while not due:
                ready.clear()
                sent.set()
                await ready.wait()
            at, data = due.popleft()
            if at > loop.time():
                await asyncio.sleep(at - loop.time())
            await self._moving.wait()
            writer.write(data)
            await writer.drain()


class _Ended(Exception):
    """One side ended, or the relay ends here."""
