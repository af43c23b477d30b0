"""The first capture of `rekam serve --demo`: made over gRPC, as any client would, while the gateway serves."""

import os
import shlex
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

from gateway.cli.capture_folder import CaptureFolder
from gateway.cli.connection import GatewayClient
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.output import Output, in_words
from gateway.state_folder import STATE_VARIABLE, Addresses

CAPTURES = Path("captures")
"""Below the current folder."""
END_S = 10.0


class FirstCapture:
    """A client in a thread of its own beside the gateway's loop.

    Parameters
    ----------
    output : Output
    once : bool
        Stop the gateway after the capture.
    """

    def __init__(self, output: Output, *, once: bool) -> None:
        self._output = output
        self._once = once
        self._status = ExitStatus.DONE
        self._thread: threading.Thread | None = None

    def start(self, addresses: Addresses, state: Path) -> None:
        """Make the capture; returns at once."""
        self._thread = threading.Thread(target=self._run, args=(addresses, state), name="first-capture", daemon=True)
        self._thread.start()

    def finished(self) -> ExitStatus:
        """How it ended, once the gateway has stopped; a capture that went wrong is no failure of serving."""
        if self._thread is not None:
            self._thread.join(END_S)
        return self._status if self._once else ExitStatus.DONE

    def _run(self, addresses: Addresses, state: Path) -> None:
        try:
            self._status = self._capture(addresses, state)
        except CommandFailure as failure:
            self._status = failure.status
            self._output.note(f"rekam: {in_words(failure.words)}")
        finally:
            if self._once:
                os.kill(os.getpid(), signal.SIGTERM)  # the gateway's own way to stop

    def _capture(self, addresses: Addresses, state: Path) -> ExitStatus:
        from gateway.cli.capture import capture_into, capture_request

        output = self._output
        path = CAPTURES / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-right-index"
        folder = CaptureFolder(path, replace=False)
        output.say()
        output.say("A first capture, as a client makes it over gRPC:")
        try:
            with GatewayClient(addresses.unix or addresses.grpc) as client:
                status = capture_into(client, capture_request(position="right-index"), folder, output)
        finally:
            folder.discard()
        if not self._once:
            self._suggest(path, state)
        return status

    def _suggest(self, path: Path, state: Path) -> None:
        # The state folder of `make run` is not where a client looks by itself.
        at = "" if os.environ.get(STATE_VARIABLE) else f" --state {shlex.quote(str(state))}"
        rekam = _command_name()
        self._output.say()
        self._output.say("Try next, in another terminal:")
        self._output.say(f"  {rekam} devices{at}")
        self._output.say(f"  {rekam} capture --modality finger --position left-thumb --out captures/mine{at}")
        self._output.say(f"  {rekam} verify {path}")
        self._output.say("Ctrl-C stops the gateway.")


def _command_name() -> str:
    """How this very command is called from here: `rekam` where it is on the path."""
    import shutil
    import sys

    if shutil.which("rekam"):
        return "rekam"
    program = Path(sys.argv[0]).absolute()
    here = Path.cwd()
    return str(program.relative_to(here)) if program.is_relative_to(here) else str(program)
