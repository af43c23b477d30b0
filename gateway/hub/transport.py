"""A TLS connection that a NATS client is given ready made.

The client's own way (`loop.start_tls`) waits to the end of its time where the peer hangs up during the handshake, and
tries twice where one answer is wanted.
"""

import asyncio
from typing import Any

from nats.aio.transport import Transport


class TlsTransport(Transport):
    """Streams that are connected already.

    Parameters
    ----------
    reader : asyncio.StreamReader
    writer : asyncio.StreamWriter
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def connect(self, uri: Any, buffer_size: int, connect_timeout: int) -> None:
        """It is."""

    async def connect_tls(self, uri: Any, ssl_context: Any, buffer_size: int, connect_timeout: int) -> None:
        """It is TLS."""

    def write(self, payload: bytes) -> None:
        """Give bytes to the line."""
        self._writer.write(payload)

    def writelines(self, payload: list[bytes]) -> None:
        """Give several to the line."""
        self._writer.writelines(payload)

    async def read(self, buffer_size: int) -> bytes:
        """What came."""
        return await self._reader.read(buffer_size)

    async def readline(self) -> bytes:
        """One line of what came."""
        return await self._reader.readline()

    async def drain(self) -> None:
        """Wait until the line takes more."""
        await self._writer.drain()

    async def wait_closed(self) -> None:
        """Wait for the end."""
        await self._writer.wait_closed()

    def close(self) -> None:
        """End it."""
        self._writer.close()

    def abort(self) -> None:
        """End it at once, whatever is under way."""
        self._writer.transport.abort()

    def at_eof(self) -> bool:
        """Whether the peer ended it."""
        return self._reader.at_eof()

    def __bool__(self) -> bool:
        return True
