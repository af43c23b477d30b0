"""The chain of packets: no number is lost or used twice, whatever is cut, full, damaged or lost on the way."""

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gateway.enrolment import (
    SealingFull,
)
from gateway.enrolment import packet_chain as packet_chain_module
from gateway.enrolment.packet_chain import HEAD_FILE
from gateway.packet import (
    verify_packet,
)
from tests.gateway.enrolment.office import OPERATOR
from tests.gateway.enrolment.sealing_office import (
    hidden,
    numbers,
    sealed_alone,
    sealer_of,
    sealing_office,
)
from tests.gateway.packet.packets import CHECKOUT

KILLS = int(os.environ.get("REKAM_SEALER_KILLS", "25"))
"""200 for a thorough run."""


@pytest.mark.timeout(60 + 2 * KILLS)
def test_killed_at_any_instant_no_number_is_lost_or_used_twice(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "tests.gateway.enrolment.killed_sealer", tmp_path, str(KILLS), "20130907"],
        cwd=CHECKOUT,
        check=True,
        stdout=subprocess.PIPE,
    )
    result = json.loads(run.stdout)
    assert result["faults"] == []
    assert result["cut_off"] > 0
    assert result["sealed"] >= KILLS


def test_cut_between_the_head_and_the_name_the_packet_gets_its_name(tmp_path):
    sealer = sealer_of(tmp_path)
    sealed_alone(sealer, "one")
    two = sealed_alone(sealer, "two")
    sealer.path("two").rename(tmp_path / "packets" / ".two.sealed")
    assert sealer.find("two") == two  # the same process: an error in between
    sealer.path("two").rename(tmp_path / "packets" / ".two.sealed")
    again = sealer_of(tmp_path)  # the next one: a power cut
    assert again.find("two") == two
    assert sealed_alone(again, "two") == two
    sealed_alone(again, "three")
    assert numbers(tmp_path) == [1, 2, 3]
    assert hidden(tmp_path) == []


def test_cut_before_the_head_the_packet_was_never_there(tmp_path):
    sealer, head = sealer_of(tmp_path), tmp_path / "packets" / HEAD_FILE
    sealed_alone(sealer, "one")
    before = head.read_bytes()
    sealed_alone(sealer, "two")
    sealer.path("two").rename(tmp_path / "packets" / ".two.sealed")
    head.write_bytes(before)
    again = sealer_of(tmp_path)
    assert again.find("two") is None
    assert hidden(tmp_path) == []
    sealed_alone(again, "other")
    sealed_alone(again, "two")
    assert numbers(tmp_path) == [1, 2, 3]
    assert again.restarts == ()


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b"\xff", b'{"format":"rekam-packet-chain","version":1}'])
def test_a_lost_head_begins_another_chain_and_says_so(tmp_path, content):
    sealer, head = sealer_of(tmp_path), tmp_path / "packets" / HEAD_FILE
    sealed_alone(sealer, "one")
    sealed_alone(sealer, "two")
    head.unlink() if content is None else head.write_bytes(content)
    again = sealer_of(tmp_path)
    (restart,) = again.restarts
    assert "a new chain was begun" in restart.cause
    assert "Tell the centre" in restart.remedy
    sealed_alone(again, "three")
    chains = {verify_packet(again.path(name)).header.place.chain_id for name in ("one", "two", "three")}
    assert len(chains) == 2
    assert verify_packet(again.path("three")).header.place.sequence == 1
    assert sealer_of(tmp_path).restarts == ()


def test_a_head_from_a_backup_begins_another_chain(tmp_path):
    sealer, head = sealer_of(tmp_path), tmp_path / "packets" / HEAD_FILE
    sealed_alone(sealer, "one")
    old = head.read_bytes()
    sealed_alone(sealer, "two")
    head.write_bytes(old)
    again = sealer_of(tmp_path)
    assert "older than the packets beside it" in again.restarts[0].cause
    sealed_alone(again, "three")
    assert verify_packet(again.path("three")).header.place.sequence == 1


@pytest.mark.parametrize("after", [0, 1])
def test_a_disk_that_is_full_at_the_head_leaves_no_packet_and_no_gap(tmp_path, monkeypatch, after):
    state = tmp_path / "state"
    with sealing_office(state) as office:
        snapshot = office.filled()
        it = snapshot.enrolment_id
        left = [after]
        write = packet_chain_module.write_durably

        def full(path: Path, content: bytes) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            write(path, content)

        def unnamed(folder: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(packet_chain_module, "write_durably", full)
        if after:
            monkeypatch.setattr(packet_chain_module, "flush_folder", unnamed)
        with pytest.raises(SealingFull, match="nothing of it is lost"):
            office.enrolments.seal(it, OPERATOR, snapshot.version)
        monkeypatch.undo()
        assert (hidden(state), list((state / "packets").glob("*.rekam"))) == ([], [])
        sealed = office.enrolments.seal(it, OPERATOR, office.enrolments.get(it).version)
        assert sealed.packet is not None
    (number,) = [verify_packet(path).header.place.sequence for path in (state / "packets").glob("*.rekam")]
    # Where not even the head could be put back, the number is lost rather than used for two.
    assert number == 1 + after


def test_many_threads_seal_one_chain_and_each_id_once(tmp_path):
    sealer, found = sealer_of(tmp_path), list[tuple[str, str]]()

    def seal(mine: int) -> None:
        for each in range(4):
            name = f"packet-{(each + mine) % 5}"
            found.append((name, sealed_alone(sealer, name).sha256))

    threads = [threading.Thread(target=seal, args=(mine,)) for mine in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert len(set(found)) == 5
    assert numbers(tmp_path) == [1, 2, 3, 4, 5]
