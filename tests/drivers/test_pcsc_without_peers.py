"""What of the PC/SC driver needs no service: names of readers, and what it says where pyscard or pcscd is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.transports.pcsc_service import PcscReader, reader_named

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "reader", "lasting"),
    [
        ("Virtual PCD 00 00", ("Virtual PCD", "", "00"), "Virtual PCD"),
        ("Virtual PCD 01 01", ("Virtual PCD", "", "01"), "Virtual PCD slot 01"),
        (
            "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422CL Smartcard Reader] (KB0053) 01 00",
            ("HID Global OMNIKEY 5422 Smartcard Reader OMNIKEY 5422CL Smartcard Reader", "KB0053", "00"),
            "HID Global OMNIKEY 5422 Smartcard Reader OMNIKEY 5422CL Smartcard Reader (KB0053)",
        ),
        ("ACS ACR122U 00 00", ("ACS ACR122U", "", "00"), "ACS ACR122U"),
        ("Something else", ("Something else", "", "00"), "Something else"),
        ("", ("", "", "00"), ""),
    ],
)
def test_reader_names(name: str, reader: tuple[str, str, str], lasting: str) -> None:
    assert reader_named(name) == PcscReader(name, *reader)
    assert reader_named(name).lasting_name == lasting


def run(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=60,
        env={**os.environ, **environment},
    )
    return done.stdout


def test_without_pyscard_only_use_fails() -> None:
    program = """
import sys
sys.modules["smartcard"] = None
from drivers.cards.pcsc_iso7816 import PcscCardWriter
from drivers.errors import DeviceError
for use in (PcscCardWriter.attached, PcscCardWriter("x").__enter__):
    try:
        use()
    except DeviceError as error:
        print(error)
"""
    lines = run(program).splitlines()
    assert len(lines) == 2
    assert all("pip install pyscard" in line and "never" in line for line in lines)


def test_without_a_service_only_use_fails(tmp_path: Path) -> None:
    pytest.importorskip("smartcard.scard", reason="not installed: pyscard")
    program = """
import sys
from drivers.cards.pcsc_iso7816 import PcscCardWriter
assert "smartcard" not in sys.modules
from drivers.errors import DeviceError
for use in (PcscCardWriter.attached, PcscCardWriter("x").__enter__):
    try:
        use()
    except DeviceError as error:
        print(error)
"""
    lines = run(program, PCSCLITE_CSOCK_NAME=str(tmp_path / "nobody")).splitlines()
    assert len(lines) == 2
    assert all("apt-get install pcscd" in line for line in lines)
