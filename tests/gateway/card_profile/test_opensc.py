"""OpenSC's own tools read the PKCS #15 card in a PC/SC reader: an independent reader of all its directories."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from gateway.card_profile.biodata import decode_biodata
from tests.drivers.pcsc_peer import Pcscd, VirtualCard, missing
from tests.gateway.card_profile.chip_filling import filled_chip
from tests.gateway.card_profile.persons import SERIAL, biodata, sample_card, signing_key

PATIENCE_S = 60
TOOLS = ("opensc-tool", "pkcs15-tool", "pkcs11-tool")
MODULE = "opensc-pkcs11.so"
ABSENT = missing() or ", ".join(f"no {tool}, of the package opensc" for tool in TOOLS if not shutil.which(tool))
pytestmark = pytest.mark.skipif(bool(ABSENT), reason=ABSENT)
CONFIGURATION = """
app default {
    card_drivers = default;
    enable_default_driver = true;  # the chip is none that OpenSC knows by its answer to reset
    framework pkcs15 { use_file_caching = no; }
}
"""
PIN = "123456"
Run = Callable[..., str]


def inserted(port: int) -> VirtualCard:
    """The card in the virtual reader, once pcscd has started that."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return VirtualCard(port, filled_chip(sample_card("pkcs15-demo")))
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            Event().wait(0.05)


def seen(run: Run) -> None:
    """Return once pcscd has noticed the card."""
    deadline = time.monotonic() + PATIENCE_S
    while "Yes" not in run("opensc-tool", "--list-readers"):
        assert time.monotonic() < deadline, "pcscd never saw the card"
        Event().wait(0.05)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    configuration = tmp_path_factory.mktemp("opensc") / "opensc.conf"
    configuration.write_text(CONFIGURATION, encoding="utf-8")
    environment = {**os.environ, "OPENSC_CONF": str(configuration), "PCSCLITE_CSOCK_NAME": str(Pcscd.socket_path)}

    def run(*command: str) -> str:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    daemon = Pcscd()
    daemon.start()
    try:
        card = inserted(daemon.ports[0])
        try:
            seen(run)
            yield run
        finally:
            card.pull()
    finally:
        daemon.close()


def test_the_card_names_itself(run: Run) -> None:
    told = run("pkcs15-tool", "--list-info")
    assert "PKCS#15 Card [Rekam]" in told
    assert SERIAL.hex() in told
    assert "Read-only, Login required" in told


def test_every_object_is_found(run: Run) -> None:
    told = run("pkcs15-tool", "--dump")
    assert "X.509 Certificate [certificate]" in told
    assert "3f0050154301" in told
    assert "PIN [PIN]" in told
    assert "ascii-numeric" in told
    assert "min_len:4, max_len:8" in told
    assert "Data object 'biodata'" in told
    assert "3f0050154401" in told


def test_biodata_are_read_after_the_pin(run: Run) -> None:
    told = run("pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin", PIN, "--read-data-object", "biodata")
    octets = bytes.fromhex(told[told.index("<") + 1 : told.index(">")])
    assert decode_biodata(octets) == biodata()


def test_pkcs11_software_finds_certificate_and_data(run: Run) -> None:
    without = run("pkcs11-tool", "--module", MODULE, "--list-objects")
    assert signing_key().gateway_id in without
    assert "biodata" not in without
    assert "biodata" in run("pkcs11-tool", "--module", MODULE, "--login", "--pin", PIN, "--list-objects")
