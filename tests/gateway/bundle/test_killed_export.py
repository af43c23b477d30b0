"""SIGKILL and a full medium in the midst of an export: what has its name is whole, and all comes in the end."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.bundle import export_volumes, verify_volume, volume_files
from tests.gateway.bundle.offices import office
from tests.gateway.packet.packets import CHECKOUT

EXPORT = """
import resource, sys
from pathlib import Path
from gateway.bundle import BundleBook, BundleError, ExportDesk, export_volumes
from gateway.trust import open_signing_key
from gateway.packet import read_packet_front
from gateway.centre import PacketNotice
import hashlib

state, stick, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
def notice(path):
    header, _ = read_packet_front(path)
    data = path.read_bytes()
    place = header.place
    return PacketNotice(header.packet_id, hashlib.sha256(data).hexdigest(), len(data), place.chain_id, place.sequence)
waiting = sorted((notice(p) for p in (state / "packets").glob("*.rekam")), key=lambda each: each.sequence)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
with BundleBook.open(state) as book:
    key = open_signing_key(state / "keys", "kedoya-1")
    desk = ExportDesk(book, key, lambda: waiting, lambda name: state / "packets" / f"{name}.rekam")
    print("begins", flush=True)
    try:
        export_volumes(stick, desk, max_bytes=400_000, told=lambda volume, placed: print("one", flush=True))
    except BundleError as error:
        print(error.reason, flush=True)
    else:
        print("done", flush=True)
"""


def command(state: Path, stick: Path, limit: int = 0) -> list[str]:
    return [sys.executable, "-c", EXPORT, str(state), str(stick), str(limit)]


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "stick").mkdir()
    with office(tmp_path / "office", *range(1, 41)):
        pass
    return tmp_path / "office", tmp_path / "stick"


def test_killed_in_mid_export_nothing_is_lost_or_half(places: tuple[Path, Path]) -> None:
    state, stick = places
    for kill in range(8):
        with subprocess.Popen(command(state, stick), stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begins\n"
            until = time.perf_counter() + 0.012 * (kill + 1) ** 1.5
            while time.perf_counter() < until:
                pass
            process.send_signal(signal.SIGKILL)
        assert process.returncode in (0, -signal.SIGKILL)
        assert all(verify_volume(path).ok for path in volume_files(stick))
    ended = subprocess.run(command(state, stick), capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert ended.stdout.splitlines()[-1] == "done", ended.stderr
    carried = [each.packet_id for path in volume_files(stick) for each in verify_volume(path).whole]
    assert sorted(carried) == sorted(path.stem for path in (state / "packets").glob("*.rekam"))
    assert len(carried) == len(set(carried)) == 40
    assert list(stick.glob("*.part")) == []


def test_a_medium_that_takes_no_more_is_told_and_gone_on_from(places: tuple[Path, Path]) -> None:
    state, stick = places
    run = subprocess.run(command(state, stick, 150_000), capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert run.stdout.splitlines() == ["begins", "MEDIUM_FULL"], run.stderr
    assert volume_files(stick) == []
    ended = subprocess.run(command(state, stick), capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert ended.stdout.splitlines()[-1] == "done"
    assert all(verify_volume(path).ok for path in volume_files(stick))


def test_a_reader_of_another_hand_needs_docs_stick_alone(places: tuple[Path, Path]) -> None:
    """docs/stick.md followed word by word, with nothing of ours."""
    import base64
    import hashlib
    import json
    import struct

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    state, stick = places
    with office(state.with_name("another"), 1, 2, 3) as made:
        export_volumes(stick, made.desk)
    data = next(stick.glob("*.rkv")).read_bytes()
    magic, version, reserved, length = struct.unpack(">8sHHI", data[:16])
    assert (magic, version, reserved) == (b"\x89RKV\r\n\x1a\n", 1, 0)
    jws = data[16 : 16 + length]
    signed, _, signature = jws.rpartition(b".")

    def unpadded(part: bytes) -> bytes:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))

    header, payload = (json.loads(unpadded(part)) for part in signed.split(b"."))
    assert (header["alg"], header["typ"]) == ("ES256", "rekam-volume+jws")
    key = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0])).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    raw = unpadded(signature)
    numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(utils.encode_dss_signature(*numbers), signed, ec.ECDSA(hashes.SHA256()))
    assert (payload["format"], payload["version"], payload["number"], payload["of"]) == ("rekam-volume", 1, 1, 1)
    place = 16 + length
    for each in payload["packets"]:
        content = data[place : place + each["size"]]
        assert hashlib.sha256(content).hexdigest() == each["sha256"]
        assert content == made.packets[each["packet_id"]].content
        place += each["size"]
    assert place == len(data)
