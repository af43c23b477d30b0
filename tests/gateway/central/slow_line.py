"""A line between a gateway and its centre: slow, late, cut where a test says so; a TCP relay of bytes."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Self

_PIECE = 16_384


class SlowLine:
    """Relays connections.

    Parameters
    ----------
    target : str
        `HOST:PORT`.
    bytes_per_s : float
        Of each direction, all connections together.
    delay_s : float
        Of each direction.
    """

    def __init__(self, target: str, bytes_per_s: float = 1e12, delay_s: float = 0.0) -> None:
        host, _, port = target.rpartition(":")
        self._host, self._port = host, int(port)
        self._bytes_per_s, self._delay_s = bytes_per_s, delay_s
        self._free_at = {True: 0.0, False: 0.0}
        self._connections: set[asyncio.Task[None]] = set()
        self.carried = 0
        """Bytes towards the target."""
        self.is_frozen = False
        """Nothing moves any more, and nothing is said of it."""
        self.cut_at: int | None = None
        """Cut every connection once so many were carried."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.address = "{}:{}".format(*self._server.sockets[0].getsockname())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection off."""
        for task in self._connections:
            task.cancel()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        far: asyncio.StreamWriter | None = None
        try:
            far_reader, far = await asyncio.open_connection(self._host, self._port)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far, outward=True))
                group.create_task(self._pump(far_reader, writer, outward=False))
        except* (OSError, _Cut):
            pass
        except* asyncio.CancelledError:
            pass
        finally:
            self._connections.discard(task)
            for each in (writer, far):
                if each is not None:
                    each.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, outward: bool) -> None:
        due: deque[tuple[float, bytes]] = deque()
        ready = asyncio.Event()
        sending = asyncio.create_task(self._send(due, ready, writer))
        loop = asyncio.get_running_loop()
        try:
            while data := await reader.read(_PIECE):
                if outward:
                    self.carried += len(data)
                    if self.cut_at is not None and self.carried >= self.cut_at:
                        self.cut_at = None
                        raise _Cut
                # The line is busy with these bytes for a while; the next wait behind them.
                self._free_at[outward] = max(self._free_at[outward], loop.time()) + len(data) / self._bytes_per_s
                due.append((self._free_at[outward] + self._delay_s, data))
                ready.set()
                ahead = self._free_at[outward] - loop.time()
                if ahead > 0.05:  # a modem's buffer
                    await asyncio.sleep(ahead - 0.05)
            raise _Cut
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await sending

    async def _send(
        self, due: "deque[tuple[float, bytes]]", ready: asyncio.Event, writer: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while not due:
                ready.clear()
                await ready.wait()
            at, data = due.popleft()
            if at > loop.time():
                await asyncio.sleep(at - loop.time())
            if self.is_frozen:
                continue
            writer.write(data)
            await writer.drain()


class _Cut(Exception):
    """The line ends here."""
