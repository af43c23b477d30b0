"""The gateway that an enrolment is made at: the one that runs, or one of the command's own for synthetic persons."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.connection import GatewayClient, connect
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText
from gateway.state_folder import STATE_VARIABLE

if TYPE_CHECKING:
    from gateway.main import Gateway

START_S = 60.0
STOP_S = 30.0


@contextmanager
def enrolment_gateway(
    address: str | None, state: Path | None, output: Output, *, synthetic: bool
) -> Iterator[GatewayClient]:
    """A client of the gateway that is meant; where none answers, of a synthetic one that ends with the block.

    Parameters
    ----------
    address, state
        As for `connect`.
    synthetic : bool
        Whether a gateway may be started at all: for synthetic persons, where no address was named.

    Raises
    ------
    CommandFailure
        Nobody answers, or no gateway can serve on the state folder.
    """
    try:
        client = connect(address, state)
    except CommandFailure as failure:
        if failure.status is not ExitStatus.UNREACHABLE or not synthetic or address is not None:
            raise
    else:
        with client:
            yield client
        return
    if state is None and os.environ.get(STATE_VARIABLE):
        state = Path(os.environ[STATE_VARIABLE])
    with _own_gateway(state) as gateway:
        place = gateway.state.resolve()
        output.note(
            in_words(
                LocalizedText(
                    id=f"Tidak ada gateway yang berjalan: sementara ini yang beralat sintetis melayani, pada {place}.",
                    en=f"No gateway runs: one with synthetic devices serves meanwhile, on {place}.",
                )
            )
        )
        with GatewayClient(gateway.addresses.unix or gateway.addresses.grpc) as client:
            yield client


class _OwnGateway:
    """A gateway as of `rekam serve --synthetic`, without a look at real devices, in a thread of its own."""

    def __init__(self, state: Path | None) -> None:
        from drivers import Discovery
        from gateway.config import Config
        from gateway.main import Gateway, ServeOptions

        options = ServeOptions(synthetic=True, state=state, listen="127.0.0.1:0", metrics="", web="")
        self.gateway = Gateway(Config(), options, lambda: Discovery(()))
        self._trouble: list[BaseException] = []
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="gateway")

    def start(self) -> None:
        """Serve; what keeps it from that is raised here."""
        self._thread.start()
        if not self._ready.wait(START_S):
            self.stop()
            raise CommandFailure(
                ExitStatus.FAULT,
                "INTERNAL",
                LocalizedText(
                    id=f"Gateway tidak mulai dalam {START_S:.0f} detik. Lihat `rekam doctor`.",
                    en=f"The gateway did not start within {START_S:.0f} s. See `rekam doctor`.",
                ),
            )
        if self._trouble:
            self._thread.join()
            raise self._trouble[0]

    def stop(self) -> None:
        """End it, and leave its state whole."""
        if self._loop is not None and self._over is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(STOP_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._trouble.append(error)
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        await self.gateway.start()
        self._ready.set()
        try:
            await self._over.wait()
        finally:
            await self.gateway.stop()


@contextmanager
def _own_gateway(state: Path | None) -> Iterator["Gateway"]:
    import structlog

    from gateway.cli.serve import only_warnings, said_plainly
    from gateway.logs import configure_logs

    before = structlog.get_config()
    configure_logs(json_lines=False)
    only_warnings()
    try:
        with said_plainly():
            own = _OwnGateway(state)
            own.start()
        try:
            yield own.gateway
        finally:
            own.stop()
    finally:
        structlog.configure(**before)
