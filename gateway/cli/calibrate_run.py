"""A run on a device, as the technician sees it on the terminal."""

import contextlib
import select
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.cli.calibrate_words import entry_document, run_document, tell_verdicts
from gateway.cli.connection import GatewayClient
from gateway.cli.documents import localized
from gateway.cli.exits import CommandFailure, ExitStatus
from gateway.cli.live_view import unechoed
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import calibration_pb2 as pb
    from rich.live import Live

START_S = 30.0
COLUMNS, ROWS = 60, 24
_DEVICE_REASONS = ("DEVICE_LOST", "DEVICE_NOT_READY")


def run_on_device(client: GatewayClient, request: "pb.StartCalibrationRequest", output: Output) -> ExitStatus:
    """Start a run, guide through it, and tell what it came to.

    Raises
    ------
    CommandFailure
        It could not begin.
    """
    from rekam.v1 import calibration_pb2 as pb

    started = client.call(
        "CalibrationService/StartCalibration", request, pb.StartCalibrationResponse, timeout_s=START_S
    )
    run_id = started.run.run_id
    output.note(f"{run_id} ({request.device_id})")
    try:
        with _shown(client, run_id, attended=not request.unattended, output=output) as guide:
            last = _followed(client, run_id, guide, output)
    except KeyboardInterrupt:
        _command(client, run_id, pb.CALIBRATION_COMMAND_CANCEL)
        last = _followed(client, run_id, None, output)
    return _ended(client, last, output)


def _followed(client: GatewayClient, run_id: str, guide: "_Guide | None", output: Output) -> "pb.CalibrationRun":
    from rekam.v1 import calibration_pb2 as pb

    last = pb.CalibrationRun(run_id=run_id)
    request = pb.WatchCalibrationRequest(run_id=run_id)
    for answer in client.stream("CalibrationService/WatchCalibration", request, pb.WatchCalibrationResponse):
        if not answer.HasField("run"):
            continue
        last = answer.run
        if output.as_json:
            output.document(run_document(last))
        if guide is not None:
            guide.show(last)
    return last


def _ended(client: GatewayClient, run: "pb.CalibrationRun", output: Output) -> ExitStatus:
    from rekam.v1 import calibration_pb2 as pb

    for remark in run.remarks:
        output.note(f"  {remark}")
    if run.state != pb.CALIBRATION_RUN_STATE_DONE:
        output.note(in_words(localized(run.fault)) if run.HasField("fault") else run.reason)
        if run.values:  # else there is nothing to go on with
            again = f"--resume {run.run_id}"
            output.note(in_words(LocalizedText(f"Lanjutkan dengan {again}", f"Go on with {again}")))
        return ExitStatus.DEVICE if run.reason in _DEVICE_REASONS else ExitStatus.OUTCOME
    request = pb.GetCalibrationHistoryRequest(device_id=run.device_id, limit=50)
    answer = client.call("CalibrationService/GetCalibrationHistory", request, pb.GetCalibrationHistoryResponse, 60.0)
    records = [entry_document(each) for each in answer.entries if each.record.calibration_id == run.calibration_id]
    verdicts = records[0]["verdicts"] if records else []
    if output.as_json:
        output.document({"calibration_id": run.calibration_id, "verdicts": verdicts})
    else:
        tell_verdicts(verdicts, output)
        output.say(run.calibration_id)
        output.note(in_words(_NEXT).format(run.calibration_id))
    return ExitStatus.OUTCOME if any(each["outcome"] == "fail" for each in verdicts) else ExitStatus.DONE


def _command(client: GatewayClient, run_id: str, command: "pb.CalibrationCommand") -> None:
    from rekam.v1 import calibration_pb2 as pb

    request = pb.CommandCalibrationRequest(run_id=run_id, command=command)
    with contextlib.suppress(CommandFailure):  # it has ended meanwhile
        client.call("CalibrationService/CommandCalibration", request, pb.CommandCalibrationResponse)


class _Guide:
    """Lines for every change; with a terminal the live picture too, and Enter to go on."""

    def __init__(self, output: Output, live: "Live | None") -> None:
        self._output = output
        self._live = live
        self._said = ""
        self.placing = False
        self.headline = ""

    def show(self, run: "pb.CalibrationRun") -> None:
        """The run has changed."""
        from rekam.v1 import calibration_pb2 as pb

        self.placing = run.state == pb.CALIBRATION_RUN_STATE_PLACING and run.HasField("instruction")
        words = [f"{run.step}/{run.steps} {run.procedure}"]
        if run.HasField("instruction"):
            words.append(in_words(localized(run.instruction)))
        if run.HasField("fault"):
            words.append(f"({in_words(localized(run.fault))})")
        if run.state == pb.CALIBRATION_RUN_STATE_MEASURING:
            words.append(in_words(LocalizedText("mengukur", "measuring")))
        self.headline = "  ".join(words)
        if self.headline != self._said:
            self._said = self.headline
            if self._live is None:
                self._output.note(self.headline)
            else:
                self._live.console.print(self.headline, soft_wrap=True)


@contextlib.contextmanager
def _shown(client: GatewayClient, run_id: str, *, attended: bool, output: Output) -> Iterator[_Guide]:
    """Guide the technician while the block watches the run."""
    if not (sys.stderr.isatty() and sys.stdin.isatty()):
        guide = _Guide(output, None)
        stop = threading.Event()
        # Without a terminal each line of standard input says that the target lies, so that a script can guide.
        thread = threading.Thread(target=_heed_lines, args=(client, run_id, stop), daemon=True)
        if attended:
            thread.start()
        try:
            yield guide
        finally:
            stop.set()
        return
    from rich.live import Live

    stop = threading.Event()
    with unechoed(), Live(console=output.live_console(), transient=True, auto_refresh=False) as live:
        guide = _Guide(output, live)
        threads = [threading.Thread(target=_pictures, args=(client, run_id, guide, live, stop), daemon=True)]
        if attended:
            threads.append(threading.Thread(target=_heed_lines, args=(client, run_id, stop), daemon=True))
        for thread in threads:
            thread.start()
        try:
            yield guide
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=3.0)


def _heed_lines(client: GatewayClient, run_id: str, stop: threading.Event) -> None:
    from rekam.v1 import calibration_pb2 as pb

    while not stop.is_set():
        try:
            ready, _, _ = select.select([sys.stdin], [], [], 0.2)
        except (OSError, ValueError):  # no stream of the system's: nobody can say anything
            ready = [sys.stdin]
        if not ready:
            continue
        if not sys.stdin.readline():
            _command(client, run_id, pb.CALIBRATION_COMMAND_CANCEL)  # nobody is there to go on
            return
        _command(client, run_id, pb.CALIBRATION_COMMAND_GO_ON)


def _pictures(client: GatewayClient, run_id: str, guide: _Guide, live: "Live", stop: threading.Event) -> None:
    from rekam.v1 import calibration_pb2 as pb
    from rich.console import Group
    from rich.text import Text

    from gateway.cli.terminal_picture import decoded, terminal_picture

    after = 0
    while not stop.is_set():
        request = pb.NextCalibrationPictureRequest(run_id=run_id, after_seq=after, max_width=2 * COLUMNS)
        try:
            answer = client.call(
                "CalibrationService/NextCalibrationPicture", request, pb.NextCalibrationPictureResponse
            )
        except CommandFailure:
            return
        if not answer.seq:
            continue
        after = answer.seq
        picture = terminal_picture(decoded(answer.jpeg), COLUMNS, ROWS)
        hint = in_words(_ENTER) if guide.placing else ""
        live.update(Group(picture, Text(hint)), refresh=True)
        stop.wait(0.15)


_ENTER = LocalizedText("Enter: ukur   Ctrl-C: berhenti", "Enter: measure   Ctrl-C: stop")
_NEXT = LocalizedText(
    "Belum dipakai. Pakai dengan: rekam calibrate accept {0}",
    "Not in use yet. Put it into use: rekam calibrate accept {0}",
)
