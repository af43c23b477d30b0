"""Bulk transfers over the transport and on a tape: what goes out, what is cancelled, what is left."""

import threading
from pathlib import Path

import pytest

from drivers import DeviceHung, DeviceLost, Tape, TapeMismatchError, TapeRecorder
from drivers.transports.usb import UsbTransport
from drivers.transports.usb_reads import await_read
from tests.drivers.simulated_port import PortFault, SimulatedPort
from tests.drivers.upektouchchip_simulator import DESCRIPTORS, STRINGS
from tests.drivers.usb_scanner_faults import nothing_is_left

VENDOR_CLASS = (0xFF, 0x00, 0x00)


class Echo(SimulatedPort):
    def __init__(self, faults: dict[int, PortFault] | None = None) -> None:
        super().__init__(DESCRIPTORS, STRINGS, faults)
        self.controls: list[tuple[int, int, int, bytes]] = []

    def powered_up(self) -> None:
        pass

    def sent(self, data: bytes) -> None:
        if data != b"be silent":
            self.reply(data)

    def controlled(self, request: int, value: int, index: int, data: bytes) -> None:
        self.controls.append((request, value, index, data))


def opened(port: Echo) -> UsbTransport:
    link = port.link()
    link.open(VENDOR_CLASS)
    return link


class TestTransport:
    def test_reads_bring_what_was_written_in_its_order(self) -> None:
        port = Echo()
        with nothing_is_left(port):
            link = opened(port)
            for number in range(5):
                link.bulk_write(0x02, bytes([number]) * 200, 1)
                assert link.submit_bulk_read(0x81, 64, 1).result(60) == bytes([number]) * 64
                assert link.submit_bulk_read(0x81, 1000, 1).result(60) == bytes([number]) * 136
            link.control_write(0x0C, 0x100, b"\0", 0x400)
            assert port.controls == [(0x0C, 0x100, 0x400, b"\0")]
            link.close()

    def test_cancelled_read_ends_at_once_and_the_next_one_is_well(self) -> None:
        port = Echo()
        with nothing_is_left(port):
            link = opened(port)
            read = link.submit_bulk_read(0x81, 64, 600)
            with pytest.raises(TimeoutError):
                read.result(0.01)
            read.cancel()
            read.cancel()
            assert read.result(60) == b""
            assert port.claims == 1
            link.bulk_write(0x02, b"again", 1)
            assert link.submit_bulk_read(0x81, 64, 1).result(60) == b"again"
            link.close()

    def test_what_the_check_raises_cancels_the_read(self) -> None:
        port = Echo()

        def check() -> None:
            raise DeviceHung("enough")

        with nothing_is_left(port):
            link = opened(port)
            with pytest.raises(DeviceHung, match="enough"):
                await_read(link.submit_bulk_read(0x81, 64, 600), check)
            assert port.pending_reads == 0
            link.close()

    def test_closing_ends_a_pending_read(self) -> None:
        port = Echo()
        with nothing_is_left(port):
            link = opened(port)
            link.submit_bulk_read(0x81, 64, 600)
            port.await_pending_read()
            link.close()
            with pytest.raises(DeviceLost, match="not open"):
                link.submit_bulk_read(0x81, 64, 1)
            with pytest.raises(DeviceLost, match="not open"):
                link.bulk_write(0x02, b"x", 1)

    def test_failures_keep_their_cause(self) -> None:
        port = Echo({0: PortFault.SHORT, 1: PortFault.STALL, 2: PortFault.LOST})
        with nothing_is_left(port):
            link = opened(port)
            with pytest.raises(DeviceHung, match="took 2 of 4 bytes on endpoint 0x02"):
                link.bulk_write(0x02, b"data", 1)
            with pytest.raises(DeviceHung, match="reading endpoint 0x81") as caught:
                link.submit_bulk_read(0x81, 64, 1).result(60)
            assert caught.value.__cause__ is not None
            with pytest.raises(DeviceLost, match="plug it in again"):
                link.submit_bulk_read(0x81, 64, 1).result(60)
            link.close()

    def test_one_thread_serves_all_reads(self) -> None:
        port = Echo()
        with nothing_is_left(port):
            link = opened(port)
            before = threading.active_count()
            for _ in range(20):
                link.bulk_write(0x02, b"x", 1)
                link.submit_bulk_read(0x81, 64, 1).result(60)
            assert threading.active_count() == before + 1
            link.close()


class TestTape:
    def test_bulk_transfers_and_a_cancelled_read_are_played(self, tmp_path: Path) -> None:
        path = tmp_path / "bulk.jsonl"

        def session(link: TapeRecorder | Tape) -> bytes:
            link.open(VENDOR_CLASS)
            link.control_write(0x0C, 0x100, b"\0", 0x400)
            link.bulk_write(0x02, b"be silent", 1)
            read = link.submit_bulk_read(0x81, 64, 600)
            with pytest.raises(TimeoutError):
                read.result(0.01)
            read.cancel()
            link.bulk_write(0x02, b"hello", 1)
            answer = link.submit_bulk_read(0x81, 64, 1).result(60)
            link.close()
            return answer

        with TapeRecorder(Echo().link(), path, with_images=True) as recorder:
            assert session(recorder) == b"hello"
        tape = Tape(path)
        assert [transfer.op for transfer in tape.transfers] == [
            "open", "write", "send", "submit", "cancel", "send", "submit", "bulk", "close",
        ]  # fmt: skip
        assert session(tape) == b"hello"
        assert tape.finished

    def test_other_bytes_or_another_index_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "bulk.jsonl"
        with TapeRecorder(Echo().link(), path) as recorder:
            recorder.open(VENDOR_CLASS)
            recorder.control_write(0x0C, 0x100, b"\0", 0x400)
            recorder.bulk_write(0x02, b"hello", 1)
            recorder.close()
        tape = Tape(path)
        tape.open(VENDOR_CLASS)
        with pytest.raises(TapeMismatchError, match="index=0400"):
            tape.control_write(0x0C, 0x100, b"\0")
        tape.control_write(0x0C, 0x100, b"\0", 0x400)
        with pytest.raises(TapeMismatchError, match="the tape holds 'send endpoint=02 68656c6c6f'"):
            tape.bulk_write(0x02, b"hullo", 1)
