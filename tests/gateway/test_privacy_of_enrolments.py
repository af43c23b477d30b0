"""A day of enrolments and of neighbours' lists, by the doors of a whole gateway: what must not be found is nowhere.

Sealed packets, the duplicate book, what is kept for cards and the lists are those that the gateway makes itself; they
are searched byte by byte for persons' numbers, words, pictures, records and templates in each form in which the code
has them, and for the keys that all of it lies under. At the end the same search, with the keys, finds them.
"""

import asyncio
import hashlib
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import grpc
import numpy as np
import pytest
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rekam.v1 import capture_pb2, common_pb2, enrolment_pb2, purge_pb2
from rekam.v1 import duplicates_pb2 as pb

from gateway.card_holders import CardHolders
from gateway.duplicates import Biometrics, DuplicateBook, FingerSample, IrisSample, RecordedPerson
from gateway.duplicates.exchange_key import KEY_NAME as EXCHANGE_KEY
from gateway.duplicates.exchange_key import read_recipient
from gateway.duplicates.keeping import KEY_NAME as BOOK_KEY
from gateway.duplicates.person_record import encode_person, person_surroundings
from gateway.enrolment.local_cipher import KEY_NAME as ENROLMENTS_KEY
from gateway.enrolment.local_cipher import LocalCipher
from gateway.eye import EyePosition
from gateway.finger import FingerPosition
from gateway.iris import encode_code
from gateway.logs import configure_logs
from gateway.packet import open_packet
from gateway.records import fir, fmr, iir
from gateway.service.card_holder_office import KEY_NAME as CARD_HOLDERS_KEY
from gateway.service.state_office import SPOOL_KEY
from gateway.trust import KeyPassphraseWrong, PassphraseWrap, SigningKey, open_local_key, open_signing_key, time_now
from tests.gateway.client import Client
from tests.gateway.enrolment.office import code_of, print_of
from tests.gateway.running import connected, running, synthetic, synthetic_iris
from tests.gateway.service.enrolment_desk import FrontEnd, centre
from tests.gateway.traces import Secrets

NIK = "3602041211870001"
OTHER_NIK = "3171016512900004"
APPLICATION = "APL-RAHASIA-00917"
PASSPHRASE = "Rahasia-Melati-2291"
WRONG_PASSPHRASE = "Salah-Kenanga-1188"
NOTE = "Catatan-Kamboja-31 jari diperban"
WHY_ABANDONED = "Alasan-Cempaka-84 pulang dulu"
THEIR_OPERATOR = "Petugas-Anggrek-5577"
NEXT_DOOR = "desk-2"
CARD = {"profile": "sample-id", "enrolments": ["whole"]}
WHOLE = """
id = "whole"
version = 1
reference = ["nik", "application"]
most_tries = 1
duplicates = "warn"
warnings = "nobody"
[name]
id = "Lengkap"
en = "Whole"
[[step]]
parts = ["right-index", "left-index", "right-iris", "portrait", "signature"]
missing = "reason"
"""


def picture(seed: int) -> np.ndarray:
    """A picture of nobody that looks like no other: (320, 240) uint8."""
    coarse = np.random.default_rng(seed).integers(0, 256, (20, 15), np.uint8)
    return np.asarray(cv2.resize(coarse, (240, 320), interpolation=cv2.INTER_CUBIC))


def jpeg(pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels)[1])


def png(pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", pixels)[1])


def strokes(seed: int) -> list[enrolment_pb2.Stroke]:
    walk = np.random.default_rng(seed).normal(0, 9, (60, 2)).cumsum(axis=0)
    points = [
        enrolment_pb2.StrokePoint(x=float(x), y=float(y), elapsed_ms=8.0 * number, pressure=0.5)
        for number, (x, y) in enumerate(walk)
    ]
    return [enrolment_pb2.Stroke(points=points)]


class Neighbour:
    """The office next door, with a book and a key of its own."""

    def __init__(self, keys: Path) -> None:
        self.key: SigningKey = open_signing_key(keys, NEXT_DOOR)
        self.people = {number: self._person(number) for number in (41, 42, 43)}

    @property
    def bundle(self) -> str:
        return self.key.trust_bundle().certificates_pem

    def made_for(self, pem: str, *numbers: int) -> bytes:
        book = DuplicateBook(NEXT_DOOR)
        for number in numbers:
            book.add(self.people[number])
        return book.export_list(read_recipient(pem), self.key, time_now(), timedelta(days=9))

    def _person(self, number: int) -> RecordedPerson:
        fingers = tuple(
            FingerSample(position, print_of(10 * number + position, 1))
            for position in (FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX)
        )
        biometrics = Biometrics(fingers, (IrisSample(EyePosition.RIGHT, code_of(number, 1)),))
        return RecordedPerson(f"enr-{number}", NEXT_DOOR, time_now().wall, THEIR_OPERATOR, biometrics)


def add_person(secrets: Secrets, name: str, person: RecordedPerson) -> None:
    """Somebody's samples in every form in which the code has them: arrays, records, surroundings, codes."""
    surroundings = person_surroundings(person)
    for sample, around in zip(person.biometrics.fingers, surroundings, strict=True):
        of = f"{name}, {sample.position.name}"
        for field in ("x", "y", "angle"):
            values = getattr(sample.template, field)
            for form in ("<f4", ">f4", "<f8", values.dtype.str):
                secrets.add(f"{of}, {field} as {form}", values.astype(form).tobytes())
        rows = encode_person(
            RecordedPerson(person.enrolment_id, "g", person.recorded_at, "", Biometrics((sample,))), [around]
        )
        secrets.add(f"{of}, record", rows[-len(around) * 78 :])  # 14 bytes and 64 of surroundings each
        secrets.add(f"{of}, surroundings", np.ascontiguousarray(around[1:-1]).tobytes())
    for iris in person.biometrics.irises:
        of = f"{name}, {iris.eye.name}"
        secrets.add(f"{of}, code", encode_code(iris.code)[14:4110])
        secrets.add(f"{of}, bits", np.ascontiguousarray(iris.code.bits.astype(">u8")).tobytes())


def add_keys(secrets: Secrets, state: Path, exchange: ec.EllipticCurvePrivateKey) -> None:
    for name in (SPOOL_KEY, ENROLMENTS_KEY, BOOK_KEY, EXCHANGE_KEY, CARD_HOLDERS_KEY):
        key = open_local_key(state / "keys" / name, [PassphraseWrap(PASSPHRASE.encode())], needed=True)
        assert key.kind == "passphrase"
        secrets.add(f"secret of {name}", key.secret)
    secrets.add("scalar of the exchange key", exchange.private_numbers().private_value.to_bytes(32, "big"))


@asynccontextmanager
async def desk_of(folder: Path) -> AsyncIterator[FrontEnd]:
    """A gateway with two scanners and a camera that seals for the centre of `folder`, and a front end of it."""
    profiles = folder / "profiles"
    profiles.mkdir(exist_ok=True)
    (profiles / "whole.toml").write_text(WHOLE)
    devices = (synthetic(1, finger=61), synthetic(2, finger=62), synthetic_iris(1))
    settings = {"recipients": [centre(folder)], "profiles": profiles}
    async with (
        running(folder / "state", *devices, enrolment=settings, card=CARD, metrics="127.0.0.1:0") as gateway,
        connected(gateway) as client,
    ):
        yield FrontEnd(client, gateway)


async def filled(desk: FrontEnd, secrets: Secrets, seed: int, **reference: str) -> None:
    """An enrolment that wants nothing but its seal; what it holds is noted."""
    await desk.change("CreateEnrolment", profile_id="whole", **reference)
    await desk.add_fingers()
    eye = await desk.client.capture_iris(common_pb2.EYE_POSITION_RIGHT, transaction_id=desk.seen.enrolment_id)
    await desk.change("AddCapture", capture_id=eye.capture_id)
    await desk.change("AddPortrait", image=jpeg(picture(seed)))
    await desk.change("AddSignature", image=png(picture(seed + 1)), strokes=strokes(seed))
    secrets.add_image(f"portrait {seed}", picture(seed))
    secrets.add(f"portrait {seed}, file", jpeg(picture(seed))[700:])
    secrets.add_image(f"signature {seed}", picture(seed + 1))
    secrets.add(f"strokes {seed}", await desk.download_part("signature", "signature.json"))
    for part in desk.seen.parts:
        for each in part.tries:
            await noted(desk.client, secrets, f"{part.key} of {seed}", each.capture_id)


async def noted(client: Client, secrets: Secrets, name: str, capture_id: str) -> None:
    image = await client.download(capture_id, capture_pb2.CAPTURE_PART_IMAGE)
    eye = image.startswith(b"IIR")
    record = iir.decode(image) if eye else fir.decode(image)
    decode: Any = iir.decode_pixels if eye else fir.decode_pixels
    secrets.add_image(name, decode(record.representations[0]))
    secrets.add(f"{name}, image", image[1000:])
    if not eye:  # of an eye's code see `add_person`
        secrets.add(f"{name}, template", (await client.download(capture_id, capture_pb2.CAPTURE_PART_TEMPLATE))[40:])


async def enrolled(desk: FrontEnd, secrets: Secrets) -> tuple[str, str]:
    """One who is sealed, comes again, is warned of and gives up; one who stays open; all that is refused meanwhile.

    Gives the packet and the enrolment of the first.
    """
    await filled(desk, secrets, 100, nik=NIK)
    await desk.call("ShowReference", **desk.filled("ShowReference"))
    checked = (await desk.change("CheckDuplicate")).duplicates
    assert (len(checked.hits), checked.HasField("not_checked")) == (0, False)
    packet, sealed_id = await desk.seal(), desk.seen.enrolment_id
    await filled(desk, secrets, 200, nik=OTHER_NIK)
    assert len((await desk.change("CheckDuplicate")).duplicates.hits) == 1
    await desk.change("AbandonEnrolment", reason=WHY_ABANDONED)
    await desk.change("CreateEnrolment", profile_id="whole", application_number=APPLICATION)
    reason = capture_pb2.MISSING_REASON_BANDAGED
    await desk.change("AddException", part="left-index", reason=reason, detail=NOTE, photo=jpeg(picture(300)))
    secrets.add_image("photo of an exception", picture(300))
    for method, fields in (
        ("AddCapture", {"capture_id": OTHER_NIK}),
        ("AddPortrait", {"image": jpeg(picture(100))[:900]}),
        ("AddException", {"part": NIK, "reason": reason, "detail": NOTE}),
        ("SealEnrolment", {}),
        ("AbandonEnrolment", {"reason": NOTE, "seen_version": 1}),
    ):
        await desk.refused(method, **fields)
    for nik in (f"{NIK}9", NIK[:15], f"{NIK[:-1]}A"):
        await desk.refusal("CreateEnrolment", **desk.filled("CreateEnrolment", profile_id="whole", nik=nik))
    await desk.refusal("GetEnrolment", enrolment_id=NIK)
    return packet.packet_id, sealed_id


async def exchanged(desk: FrontEnd, secrets: Secrets, neighbour: Neighbour) -> list[bytes]:
    """Lists taken in, replaced, refused and given; their bytes."""
    client = desk.client

    async def taken_in(data: bytes, trust: str = neighbour.bundle) -> None:
        digest = hashlib.sha256(data).hexdigest()
        request = pb.ImportNeighbourListRequest(sha256=digest, total_size=len(data), data=data, trust_pem=trust)
        await client.unary("DuplicatesService", "ImportNeighbourList", request)

    key = await client.unary("DuplicatesService", "GetExchangeKey", pb.GetExchangeKeyRequest())
    first = neighbour.made_for(key.public_key_pem, 41, 42)
    await taken_in(first)
    second = neighbour.made_for(key.public_key_pem, 42, 43)
    for data, trust in ((first[:-1], neighbour.bundle), (second, NIK), (second, OTHER_NIK + neighbour.bundle[40:])):
        with pytest.raises(grpc.aio.AioRpcError):
            await taken_in(data, trust)
    await taken_in(second)  # 41 is erased with it
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = other.public_bytes(serialization.Encoding.PEM, form).decode()
    given = b""
    request = pb.ExportNeighbourListRequest(recipient_pem=pem, operator="Siti")
    async for answer in client.stream("DuplicatesService", "ExportNeighbourList", request):
        given += answer.data
    with pytest.raises(grpc.aio.AioRpcError):
        async for _ in client.stream(
            "DuplicatesService", "ExportNeighbourList", pb.ExportNeighbourListRequest(recipient_pem=NIK)
        ):
            pass
    for number, person in neighbour.people.items():
        add_person(secrets, f"neighbour's {number}", person)
    people = desk.gateway._office.book()._people
    (sealed,) = [people.recorded(each) for each in people.keys_of(desk.gateway._office.book().gateway_id)]
    assert sealed is not None
    assert (len(sealed.biometrics.fingers), len(sealed.biometrics.irises)) == (2, 1)
    add_person(secrets, "who was sealed", sealed)
    return [first, second, given]


@pytest.fixture
def configured_again() -> Iterator[None]:
    yield
    structlog.reset_defaults()


async def test_of_enrolments_packets_and_lists_nothing_is_found(tmp_path, capfd, monkeypatch, configured_again):
    state, temporary = tmp_path / "state", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("REKAM_KEY_PASSPHRASE", PASSPHRASE)
    configure_logs(json_lines=True)
    secrets, neighbour = Secrets(), Neighbour(tmp_path / "next-door")
    for text in (NIK, OTHER_NIK, APPLICATION, PASSPHRASE, WRONG_PASSPHRASE, NOTE, WHY_ABANDONED, THEIR_OPERATOR):
        secrets.add(text, text.encode())
    async with desk_of(tmp_path) as desk:
        packet_id, sealed_id = await enrolled(desk, secrets)
        lists = await exchanged(desk, secrets, neighbour)
        add_keys(secrets, state, desk.gateway._office.exchange.private_key())
        url = f"http://{desk.gateway.addresses.metrics}/metrics"
        metrics = (await asyncio.to_thread(urllib.request.urlopen, url)).read()
        running_state = secrets.found_below(state)  # the write-ahead logs are full
        async for _ in desk.client.stream("PurgeService", "Purge", purge_pb2.PurgeRequest(clock_is_right=True)):
            pass
    monkeypatch.setenv("REKAM_KEY_PASSPHRASE", WRONG_PASSPHRASE)
    with pytest.raises(KeyPassphraseWrong):
        async with desk_of(tmp_path):
            pass
    logged = "".join(capfd.readouterr())
    assert "neighbour_list_imported" in logged
    for data in (logged.encode(), metrics, *lists):
        assert secrets.found_in(data) == set()
    assert running_state == set()
    assert secrets.found_below(state) == set()
    assert secrets.found_below(temporary) == set()
    assert (state / "duplicates.sqlite3").stat().st_size > 20_000
    # The same search, with the keys: it is all there for those who may.
    centre_key = serialization.load_pem_private_key((tmp_path / "centre.pem").read_bytes(), None)
    with open_packet(state / "packets" / f"{packet_id}.rekam", centre_key) as packet:
        held = set().union(*(secrets.found_in(packet.read(part.name)) for part in packet.parts))
    for name in ("right-index of 100", "left-index of 100", "right-iris of 100", "portrait 100", "signature 100"):
        assert any(found.startswith(name) for found in held), name
    wraps = [PassphraseWrap(PASSPHRASE.encode())]
    with DuplicateBook.open(state, desk.gateway._office.book().gateway_id, wraps) as book:
        read = b"".join(encode_person(each.person, each.surroundings) for each in book._keeping.people())
    held = secrets.found_in(read)
    for name in ("neighbour's 42", "neighbour's 43", "who was sealed"):
        for form in ("record", "surroundings", "code"):
            assert any(found.startswith(name) and form in found for found in held), (name, form)
    # Who was replaced is gone; an iris code has no run in common with another's, surroundings may have.
    assert {found for found in held if found.startswith("neighbour's 41") and "code" in found} == set()
    cipher = LocalCipher.open(state / "keys", PASSPHRASE.encode(), needed=True, name=CARD_HOLDERS_KEY)
    with CardHolders.open(state, cipher) as holders:
        assert holders.enrolment_ids() == (sealed_id,)
        person = holders.person(sealed_id)
    assert person.biodata.reference == NIK
    assert any(found.startswith("portrait 100") for found in secrets.found_in(person.portrait))
    # What was made for the card has other bytes than what it was made of: it is nowhere either.
    kept = Secrets()
    kept.add("portrait of the card", person.portrait[300:])
    kept.add("signature of the card", person.signature[50:])
    for position, template in person.fingers.items():
        kept.add(f"{position.name}, record", fmr.encode_template(template, position, 50)[40:])
        kept.add(f"{position.name}, x", template.x.astype("<f4").tobytes())
    assert len(person.fingers) == 2
    assert kept.found_below(state) == set()
