import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.cli.exits import ExitStatus
from gateway.packet import PacketPlace
from gateway.trust import RevocationReason
from tests.gateway.cli.conftest import Rekam
from tests.gateway.packet.mutations import chunk_slices, front_of, mutations
from tests.gateway.packet.packets import NIK, another, enrolment, gateway_key, seal
from tests.gateway.trust.key_bench import Chain, file_store
from tests.gateway.trust.signed_captures import NOON, moment, new_key


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packet of five chunks."""
    path = tmp_path_factory.mktemp("packets") / "person.rekam"
    seal(path, enrolment(3, record_bytes=80_000))
    return path


def test_a_packet_is_verified_without_the_centres_key(sealed: Path, rekam: Rekam, tmp_path: Path) -> None:
    result = rekam("verify", sealed)
    assert result.exit_code == 0, result.stdout
    assert "verified: packet packet-1, number 1 of kedoya-1" in result.stdout
    assert "who signed is not known" in result.stdout
    assert NIK not in result.stdout
    (tmp_path / "bundle.pem").write_text(gateway_key().trust_bundle().certificates_pem)
    document = json.loads(rekam("verify", sealed, "--json", "--trust", tmp_path / "bundle.pem").stdout)
    assert document["ok"] is True
    packet = document["packets"][0]
    assert {check["status"] for check in packet["checks"]} == {"passed"}
    assert packet["packet_id"] == "packet-1"
    assert packet["fault"] is None


def test_each_of_200_random_mutations_is_noticed(sealed: Path, rekam: Rekam, tmp_path: Path) -> None:
    path = tmp_path / "damaged.rekam"
    for number, (kind, damaged) in enumerate(mutations(sealed, 200)):
        path.write_bytes(damaged)
        result = rekam("verify", path)
        assert result.exit_code == ExitStatus.OUTCOME, f"mutation {number}: {kind}"
        assert "NOT as it was sealed" in result.stdout


def test_every_byte_of_the_front_counts(sealed: Path, rekam: Rekam, tmp_path: Path) -> None:
    whole, path = bytearray(sealed.read_bytes()), tmp_path / "damaged.rekam"
    for at in range(0, chunk_slices(front_of(sealed))[0].start, 13):
        whole[at] ^= 1 << at % 8
        path.write_bytes(whole)
        assert rekam("verify", path).exit_code == ExitStatus.OUTCOME, f"byte {at}"
        whole[at] ^= 1 << at % 8


def test_faults_are_named_for_programs(sealed: Path, rekam: Rekam, tmp_path: Path) -> None:
    whole, chunks = sealed.read_bytes(), chunk_slices(front_of(sealed))
    path = tmp_path / "damaged.rekam"
    path.write_bytes(whole[: chunks[1].start] + whole[chunks[2].start :])
    document = json.loads(rekam("verify", path, "--json").stdout)
    assert document["ok"] is False
    assert document["packets"][0]["fault"] == "ChunkMissing"
    assert "again" in document["packets"][0]["remedy"]
    failed = {
        check["name"]: check["detail"] for check in document["packets"][0]["checks"] if check["status"] != "passed"
    }
    assert "Chunk 1 is missing" in failed["chunks"]


def test_an_unknown_gateway_is_not_trusted(sealed: Path, rekam: Rekam, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_text(new_key().trust_bundle().certificates_pem)
    result = rekam("verify", sealed, "--trust", tmp_path / "other.pem")
    assert result.exit_code == ExitStatus.OUTCOME
    assert "not in the trust bundle" in result.stdout


def test_packets_of_a_revoked_key_warn_before_and_fail_after(rekam: Rekam, tmp_path: Path) -> None:
    chain = Chain()
    chain.signed = [b"a capture"] * 2
    store = file_store(tmp_path, chain)
    made, previous = enrolment(1, record_bytes=500, key=store), None
    packets = tmp_path / "packets"
    packets.mkdir()
    for number, hours in enumerate((0, 1), 1):
        timed = another(replace(made, statement=replace(made.statement, time=moment(NOON + timedelta(hours=hours)))))
        packet = seal(packets / f"{number}.rekam", timed, place=PacketPlace("day", number, previous), key=store)
        previous = packet.digest
    stolen = store.current()
    revoked = moment(NOON + timedelta(hours=2))
    store.revoke(store.key_id, RevocationReason.KEY_COMPROMISE, "stolen", lambda: revoked)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(store.trust_bundle().certificates_pem)
    result = rekam("verify", packets, "--trust", bundle)
    assert result.exit_code == 0, result.stdout
    # Of several packets too, each warning is shown.
    assert result.stdout.count("was revoked on 2026-03-04 14:00 UTC (key_compromise), after it had signed this") == 2
    document = json.loads(rekam("verify", packets, "--trust", bundle, "--json").stdout)
    assert [packet["fault"] for packet in document["packets"]] == [None, None]
    late = another(replace(made, statement=replace(made.statement, time=moment(NOON + timedelta(hours=3)))))
    # The thief has the key as it was, and knows of no revocation.
    packet = seal(packets / "3.rekam", late, place=PacketPlace("day", 3, previous), key=stolen)
    result = rekam("verify", packets, "--trust", bundle, "--json")
    assert result.exit_code == ExitStatus.OUTCOME
    assert json.loads(result.stdout)["packets"][2]["fault"] == "SignerRevoked"
    assert "nothing shows that it signed this before then" in rekam("verify", packet.path, "--trust", bundle).stdout


def test_a_folder_of_packets_and_their_chain(rekam: Rekam, tmp_path: Path) -> None:
    made, previous = enrolment(1, record_bytes=500), None
    for number in (1, 2, 3):
        packet = seal(tmp_path / f"{number}.rekam", another(made), place=PacketPlace("day", number, previous))
        previous = packet.digest
    result = rekam("verify", tmp_path)
    assert result.exit_code == 0, result.stdout
    assert "3 packets, none missing between them" in result.stdout
    (tmp_path / "2.rekam").rename(tmp_path / "2")
    result = rekam("verify", tmp_path, "--json")
    assert result.exit_code == ExitStatus.OUTCOME
    assert "1 missing between number 1 and number 3" in json.loads(result.stdout)["gaps"][0]["detail"]
    seal(tmp_path / "2.rekam", another(made), place=PacketPlace("day", 2, "ab" * 32))
    result = rekam("verify", tmp_path)
    assert result.exit_code == ExitStatus.OUTCOME
    assert "number 2 does not name number 1 as it is here" in result.stdout


def test_captures_beside_packets_are_checked_too(captures: Path, rekam: Rekam) -> None:
    seal(captures / "person.rekam", enrolment(1, record_bytes=500))
    document = json.loads(rekam("verify", captures, "--json").stdout)
    assert document["ok"] is True
    assert len(document["captures"]) == 2
    assert len(document["packets"]) == 1
    (captures / "one" / "template.fmr").unlink()
    assert rekam("verify", captures).exit_code == ExitStatus.OUTCOME


def test_what_calls_itself_a_packet_is_one(rekam: Rekam, sealed: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.rekam").touch()
    assert rekam("verify", tmp_path / "empty.rekam").exit_code == ExitStatus.OUTCOME
    (tmp_path / "gone.rekam").symlink_to(tmp_path / "nowhere")
    assert rekam("verify", tmp_path / "gone.rekam").exit_code == ExitStatus.USAGE
    (tmp_path / "renamed").write_bytes(sealed.read_bytes())
    assert rekam("verify", tmp_path / "renamed").exit_code == 0
    (tmp_path / "text.txt").write_text("x")
    assert rekam("verify", tmp_path / "text.txt").exit_code == ExitStatus.USAGE
