"""The tape: its text, its strictness, its faults, and what is no tape."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import DeviceBusy, DeviceHung, DeviceLost, Fault, FaultKind, Tape, TapeMismatchError, TapeRecorder
from drivers.transports.tape_format import TapeFormatError, TapeTransfer, header_line, read_tape, transfer_lines
from drivers.transports.usb_ports import UsbDevice
from tests.drivers.uareu4000_simulator import SimulatedReader, image_transfer, no_finger, ridges

DEVICE = UsbDevice(0x05BA, 0x000A, "3-1.2", "S1", "Example", "Reader", 0x0103)


def written(path: Path, *transfers: TapeTransfer) -> Path:
    lines = [header_line(DEVICE), *(line for transfer in transfers for line in transfer_lines(transfer))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write(value: str, data: bytes) -> TapeTransfer:
    return TapeTransfer("write", (("request", "04"), ("value", value)), data)


READ = TapeTransfer("read", (("request", "04"), ("value", "0007"), ("length", 2)), b"\x01\x02")
MESSAGE = TapeTransfer("interrupt", data=b"\x56\xaa" + bytes(62))
SUBMIT = TapeTransfer("submit", (("endpoint", "82"), ("length", 4000)))


def test_what_is_recorded_is_played(tmp_path: Path) -> None:
    transfer = image_transfer(ridges(4), [(2, 4)])
    reader = SimulatedReader([transfer], on_mode={0x10: no_finger})
    path = tmp_path / "tape.jsonl"

    def session(link: TapeRecorder | Tape) -> list[object]:
        link.open((255, 255, 255))
        link.start_interrupts(0x81, 64)
        link.control_write(4, 0x07, b"\x81")
        link.control_write(4, 0x07, b"\x01")
        seen: list[object] = [link.control_read(4, 0xF0, 16), link.next_interrupt(5)]
        pending = link.submit_bulk_read(0x82, 111424, 5)
        link.control_write(4, 0x4E, b"\x20")
        seen.append(pending.result(60))
        link.reset()
        link.close()
        return seen

    with TapeRecorder(reader.link(), path, with_images=True) as recorder:
        assert recorder.device == reader.link().device
        recorded = session(recorder)
    tape = Tape(path)
    assert tape.device == reader.link().device
    assert session(tape) == recorded
    assert recorded[2] == transfer
    assert tape.finished


def test_images_are_not_kept_unless_asked(tmp_path: Path) -> None:
    reader = SimulatedReader([b"\x77" * 900])
    with TapeRecorder(reader.link(), tmp_path / "tape.jsonl") as recorder:
        recorder.open((255, 255, 255))
        pending = recorder.submit_bulk_read(0x82, 111424, 5)
        recorder.control_write(4, 0x4E, b"\x20")
        assert pending.result(60) == b"\x77" * 900
        recorder.close()
    (bulk,) = (t for t in Tape(tmp_path / "tape.jsonl").transfers if t.op == "bulk")
    assert (bulk.data, bulk.blanked) == (b"\x77" * 64 + bytes(836), True)


def test_lines_are_short_and_plain(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl", MESSAGE, TapeTransfer("bulk", data=bytes(range(64)) + b"\xff" * 4096))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[1])["data"] == "56aa 00*62"
    assert [json.loads(line) for line in lines[3:]] == [bytes(range(64)).hex(), "ff*4096"]
    assert max(map(len, lines)) < 200


@pytest.mark.parametrize(
    "other",
    [
        lambda tape: tape.control_write(4, 0x4E, b"\x12"),
        lambda tape: tape.control_write(4, 0x4F, b"\x10"),
        lambda tape: tape.control_write(5, 0x4E, b"\x10"),
        lambda tape: tape.control_read(4, 0x4E, 1),
        lambda tape: tape.submit_bulk_read(0x82, 64, 1),
        lambda tape: tape.open((1, 2, 3)),
        lambda tape: tape.reset(),
    ],
)
def test_other_than_recorded_is_refused_with_the_line(tmp_path: Path, other: object) -> None:
    tape = Tape(written(tmp_path / "t.jsonl", READ, write("004e", b"\x10")))
    assert tape.control_read(4, 7, 2) == b"\x01\x02"
    with pytest.raises(TapeMismatchError, match=r"t\.jsonl: line 3: the tape holds 'write request=04 value=004e 10'"):
        other(tape)  # type: ignore[operator]


def test_more_than_recorded_is_refused(tmp_path: Path) -> None:
    tape = Tape(written(tmp_path / "t.jsonl", READ))
    tape.control_read(4, 7, 2)
    assert tape.finished
    with pytest.raises(TapeMismatchError, match="line 2: the tape ends here"):
        tape.control_read(4, 7, 2)


def test_messages_are_taken_late_but_not_early(tmp_path: Path) -> None:
    tape = Tape(written(tmp_path / "t.jsonl", READ, MESSAGE, READ, MESSAGE))
    assert tape.next_interrupt(0) is None
    tape.control_read(4, 7, 2)
    tape.control_read(4, 7, 2)
    assert tape.next_interrupt(0) == MESSAGE.data
    assert tape.next_interrupt(0) == MESSAGE.data
    assert tape.next_interrupt(0) is None


def test_recorded_error_comes_again(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    reader = SimulatedReader()
    reader.open_error = 16
    with TapeRecorder(reader.link(), path) as recorder, pytest.raises(DeviceBusy) as first:
        recorder.open((255, 255, 255))
    with pytest.raises(DeviceBusy) as again:
        Tape(path).open((255, 255, 255))
    assert str(again.value) == str(first.value)


class TestFaults:
    def test_pulled_cable_stays_pulled(self, tmp_path: Path) -> None:
        tape = Tape(written(tmp_path / "t.jsonl", READ, READ, READ, MESSAGE), {1: Fault(FaultKind.LOST)})
        tape.control_read(4, 7, 2)
        for _ in range(2):
            with pytest.raises(DeviceLost):
                tape.control_read(4, 7, 2)
        with pytest.raises(DeviceLost):
            tape.next_interrupt(0)
        tape.close()

    def test_timeout_then_goes_on(self, tmp_path: Path) -> None:
        tape = Tape(written(tmp_path / "t.jsonl", READ, READ), {0: Fault(FaultKind.TIMEOUT, resume_at=0)})
        with pytest.raises(DeviceHung):
            tape.control_read(4, 7, 2)
        assert tape.control_read(4, 7, 2) == b"\x01\x02"
        assert tape.control_read(4, 7, 2) == b"\x01\x02"

    def test_message_that_does_not_come(self, tmp_path: Path) -> None:
        tape = Tape(written(tmp_path / "t.jsonl", MESSAGE, READ), {0: Fault(FaultKind.TIMEOUT)})
        assert tape.next_interrupt(0) is None
        assert tape.control_read(4, 7, 2) == b"\x01\x02"

    def test_short_and_garbled(self, tmp_path: Path) -> None:
        path = written(tmp_path / "t.jsonl", READ, READ)
        tape = Tape(path, {0: Fault(FaultKind.SHORT), 1: Fault(FaultKind.GARBLED)})
        assert tape.control_read(4, 7, 2) == b"\x01"
        assert tape.control_read(4, 7, 2) == b"\xfe\xfd"

    def test_read_that_the_tape_does_not_answer_stays_pending(self, tmp_path: Path) -> None:
        tape = Tape(written(tmp_path / "t.jsonl", SUBMIT, READ))
        pending = tape.submit_bulk_read(0x82, 4000, 1)
        with pytest.raises(TimeoutError):
            pending.result(0)
        tape.control_read(4, 7, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("{}", "not the header"),
        ("[1", "line 1"),
        ('{"tape": 2}', "version 1"),
        ('{"tape": 1}', "lacks"),
        (header_line(DEVICE) + '\n"00"', "line 2: a payload that belongs"),
        (header_line(DEVICE) + '\n{"op": 3}', "line 2: no transfer"),
        (header_line(DEVICE) + '\n{"op": "bulk", "bytes": 4}\n"000000"', "ends before its 4 bytes"),
        (header_line(DEVICE) + '\n{"op": "bulk", "bytes": 4}\n{"op": "close"}', "line 3: the transfer of line 2"),
        (header_line(DEVICE) + '\n{"op": "bulk", "bytes": 4}\n"00*5"', "line 3: more bytes"),
        (header_line(DEVICE) + '\n{"op": "bulk", "bytes": -1}', "line 2: bytes"),
        (header_line(DEVICE) + '\n{"op": "bulk", "bytes": 99999999999}', "line 2: bytes"),
        (header_line(DEVICE) + '\n{"op": "bulk", "bytes": 4}\n"00*99999999999"', "line 3: a payload of"),
        (header_line(DEVICE) + '\n{"op": "bulk", "bytes": 4}\n"0g"', "line 3"),
        (header_line(DEVICE) + '\n{"op": "read", "data": "00*x"}', "line 2"),
        (header_line(DEVICE) + '\n{"op": "read", "length": [1]}', "line 2: an argument"),
    ],
)
def test_what_is_no_tape_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "t.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(TapeFormatError, match=words):
        Tape(tmp_path / "t.jsonl")


@given(st.lists(st.binary(max_size=400) | st.builds(lambda b, n: b * n, st.binary(max_size=70), st.integers(0, 40))))
def test_any_bytes_come_back(payloads: list[bytes]) -> None:
    lines = [header_line(DEVICE)]
    for payload in payloads:
        lines += transfer_lines(TapeTransfer("bulk", data=payload))
    device, transfers = read_tape(lines)
    assert device == DEVICE
    assert [transfer.data for transfer in transfers] == payloads


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), st.lists, max_leaves=4
)


@given(
    st.lists(
        st.text(max_size=60) | st.dictionaries(st.sampled_from(["op", "bytes", "data", "t"]), JSON).map(json.dumps)
    )
)
def test_any_text_is_a_tape_or_refused(lines: list[str]) -> None:
    with contextlib.suppress(TapeFormatError):
        read_tape([header_line(DEVICE), *lines])
