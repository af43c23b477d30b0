"""An office that seals for a centre, and the centre's look at what it sealed."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.enrolment import EnrolmentSnapshot, ExceptionReason, SealedPacket
from gateway.enrolment.sealed_packet import PacketSealer
from gateway.packet import Recipient, packet_gaps, verify_packet
from gateway.trust import Signer, open_signing_key
from tests.gateway.enrolment.killed_sealer import part as own_part
from tests.gateway.enrolment.killed_sealer import statement as own_statement
from tests.gateway.enrolment.office import OPERATOR, SUPERVISOR, Office, portrait, strokes
from tests.gateway.packet.test_example import run

CENTRE = ec.generate_private_key(ec.SECP256R1())
FINGERS = ("thumb", "index", "middle", "ring", "little")


def sealer_of(state: Path, key: Signer | None = None, **changes: Any) -> PacketSealer:
    """The packets of a state folder, under its own key."""
    recipients = changes.pop("recipients", [Recipient(CENTRE.public_key())])
    return PacketSealer.open(state / "packets", recipients, key or open_signing_key(state / "keys"), **changes)


def sealing_office(state: Path, *profiles: str, sealer: PacketSealer | None = None, **neighbours: Any) -> Office:
    return Office(state, *profiles, sealer=sealer or sealer_of(state), **neighbours)


def whole_person(office: Office) -> EnrolmentSnapshot:
    """An identity card's enrolment that wants nothing but its seal: nine fingers, one that is missing, two eyes."""
    enrolments, snapshot = office.enrolments, office.create("ktp-el")
    it = snapshot.enrolment_id
    snapshot = enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)
    snapshot = enrolments.add_signature(it, strokes(), portrait(kind=".png"), OPERATOR, snapshot.version)
    units = [f"{side}-{finger}" for side in ("right", "left") for finger in FINGERS]
    for number, unit in enumerate(units[:-1], 1):
        snapshot = office.add(snapshot, office.finger(it, unit, number))
    snapshot = enrolments.add_exception(
        it,
        units[-1],
        ExceptionReason.AMPUTATED,
        OPERATOR,
        snapshot.version,
        detail="kecelakaan",
        photo=portrait(64, 64),
    )
    snapshot = enrolments.approve(it, units[-1], SUPERVISOR, snapshot.version)
    return office.add(snapshot, office.eyes(it, right=1, left=2))


def opened_by_the_centre(packet: Path, office: Office, folder: Path) -> tuple[dict[str, Any], Path]:
    """What the example program makes of a packet: its statement, and the folder with the parts."""
    folder.mkdir(parents=True)
    key = CENTRE.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "centre.pem").write_bytes(key)
    (folder / "bundle.pem").write_text(office.key.trust_bundle().certificates_pem)
    out = folder / "out"
    done = run(packet, "--key", folder / "centre.pem", "--out", out, "--trust", folder / "bundle.pem")
    assert done.returncode == 0, done.stderr
    return json.loads((out / "statement.json").read_bytes()), out


def sealed_alone(sealer: PacketSealer, packet_id: str) -> SealedPacket:
    """A packet of one picture, of nobody."""
    return sealer.seal(packet_id, own_statement(packet_id), [own_part()])


def hidden(state: Path) -> list[str]:
    """What lies in the folder of packets and is none."""
    return sorted(path.name for path in (state / "packets").iterdir() if path.name.startswith("."))


def numbers(state: Path) -> list[int]:
    """The numbers of the packets, which are whole and follow each other."""
    reports = [verify_packet(path) for path in (state / "packets").glob("*.rekam")]
    assert all(report.ok for report in reports)
    assert packet_gaps(reports) == ()
    return sorted(report.header.place.sequence for report in reports)
