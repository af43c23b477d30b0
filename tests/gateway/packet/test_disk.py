"""A disk that fills up, and a power cut, while a packet is written."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.packet import DiskFull, PacketUnwritable, open_packet, remove_unfinished, verify_packet
from tests.gateway.packet.packets import CHECKOUT, centre_key, enrolment, seal

SEAL_UNDER_A_LIMIT = """
import resource, sys
from pathlib import Path
from gateway.packet import DiskFull
from tests.gateway.packet.packets import enrolment, seal
made = enrolment(3, record_bytes=100_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    seal(Path(sys.argv[1]) / "p.rekam", made)
except DiskFull as error:
    print(error.cause, "|", error.remedy)
else:
    print("sealed")
"""

SEAL_SLOWLY = """
import io, hashlib, sys, time
from pathlib import Path
from gateway.packet import PacketPart, seal_packet
from tests.gateway.packet.packets import PLACE, gateway_key, recipient, statement

class Stalling(io.RawIOBase):
    left = 2_000_000
    def readable(self): return True
    def readinto(self, buffer):
        if self.left < 1_000_000:
            print("half", flush=True)
            time.sleep(60)
        count = min(self.left, len(buffer))
        buffer[:count] = bytes(count)
        self.left -= count
        return count

digest = hashlib.sha256(bytes(2_000_000)).hexdigest()
part = PacketPart("one.bin", "x/y", 2_000_000, digest, Stalling)
seal_packet(Path(sys.argv[1]) / "p.rekam", statement(), [part], [recipient()], gateway_key(), PLACE)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def run(script: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("limit", [0, 1, 4096, 300_000])
def test_no_room_for_the_file_names_cause_and_remedy_and_leaves_nothing(tmp_path, limit):
    said = run(SEAL_UNDER_A_LIMIT, tmp_path, limit)
    assert "There is no room for the packet" in said
    assert "Free space there" in said
    assert list(tmp_path.iterdir()) == []


def test_room_enough_is_enough(tmp_path):
    assert run(SEAL_UNDER_A_LIMIT, tmp_path, 1_000_000) == "sealed"


def test_a_full_disk_leaves_nothing_and_the_seal_is_done_again_once_there_is_room(small_disk):
    made = enrolment(3, record_bytes=100_000)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    with pytest.raises(DiskFull, match="Free space there"):
        seal(small_disk / "p.rekam", made)
    assert list(small_disk.iterdir()) == [ballast]
    ballast.unlink()
    sealed = seal(small_disk / "p.rekam", made)
    assert verify_packet(sealed.path).ok
    with open_packet(sealed.path, centre_key()) as packet:
        assert packet.statement == made.statement


def test_a_disk_that_cannot_be_written_on_says_so(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(PacketUnwritable, match="Read-only file system"):
        seal(small_disk / "p.rekam")


def test_a_seal_that_was_killed_leaves_no_packet_and_what_is_left_is_cleared_away(tmp_path):
    sealing = subprocess.Popen(
        [sys.executable, "-c", SEAL_SLOWLY, tmp_path], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    assert sealing.stdout is not None
    with sealing.stdout:
        assert sealing.stdout.readline() == "half\n"
        sealing.send_signal(signal.SIGKILL)
        sealing.wait(60)
    assert not (tmp_path / "p.rekam").exists()
    assert len(list(tmp_path.iterdir())) == 1
    (tmp_path / "other.rekam").write_bytes(b"stays")
    assert len(remove_unfinished(tmp_path)) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["other.rekam"]
    assert verify_packet(seal(tmp_path / "p.rekam").path).ok


def test_a_kill_at_any_instant_leaves_whole_packets_alone(tmp_path):
    script = (
        "import sys; from pathlib import Path; from tests.gateway.packet.packets import enrolment, seal\n"
        "made = enrolment(2); print('go', flush=True)\n"
        "for number in range(10_000): seal(Path(sys.argv[1]) / f'{number}.rekam', made)"
    )
    sealing = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    assert sealing.stdout is not None
    with sealing.stdout:
        sealing.stdout.readline()
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("*.rekam"))) < 20:
            assert time.monotonic() < deadline
        sealing.send_signal(signal.SIGKILL)
        sealing.wait(60)
    remove_unfinished(tmp_path)
    packets = sorted(tmp_path.iterdir())
    assert len(packets) >= 20
    assert all(verify_packet(each).ok for each in packets)
