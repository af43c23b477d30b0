"""An office for the tests: a spool, a key, captures of persons whom nobody is, and small neighbours that are real."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from drivers import DeviceIdentity, Frame, IrisFrame
from drivers.fingerprint.synthetic import draw_fingerprint
from drivers.iris.synthetic import drawn_eye
from gateway.capture.judged_eyes import JudgedEye, JudgedEyes, judged_eyes
from gateway.capture.recorder import Recorder
from gateway.capture.values import CaptureRequest, MissingReason
from gateway.enrolment import (
    AuditEntry,
    DuplicateHit,
    Enrolments,
    EnrolmentSnapshot,
    EnrolmentStatement,
    EnrolmentStore,
    PacketPart,
    Profiles,
    SealedPacket,
    SpoolCaptures,
    StrokePoint,
    read_profile,
    read_profiles,
)
from gateway.eye import EyePosition
from gateway.face import FacePosition
from gateway.finger import FingerPosition, FingerTemplate, ImpressionType
from gateway.fingerprint import FingerAnalysis, analyze, compare, score_at_fmr
from gateway.iris import IrisCode
from gateway.records import fmr
from gateway.records.representation import Edition, QualityBlock
from gateway.spool import Blob, ChainHead, SignedCapture, Spool
from gateway.trust import (
    BlobDigest,
    NamedCode,
    SigningKey,
    TrustAnchors,
    boot_id,
    open_signing_key,
    payload_digest,
    sign_manifest,
    time_now,
)
from tests.gateway.fingerprint.synthetic_templates import finger_template, impression
from tests.gateway.trust.signed_captures import manifest

NIK = "3602041211870001"
OPERATOR, SUPERVISOR = "sari", "ibu kepala"
IDENTITY = DeviceIdentity("synthetic", "Rekam", "drawn", "T-1", ppi=500.0)
SLAPS = {"right-four": (13, (2, 3, 4, 5)), "left-four": (14, (7, 8, 9, 10)), "two-thumbs": (15, (1, 6))}
POSITIONS = {each.name.lower().replace("_", "-"): each for each in FingerPosition}
QUICK = """
id = "quick"
version = 3
most_tries = 2
duplicates = "none"
[name]
id = "Cepat"
en = "Quick"
[[step]]
parts = ["right-index", "right-middle"]
[[step]]
parts = ["portrait"]
missing = "reason"
"""


class KeyCipher:
    """AES-256-GCM under a key that is given."""

    def __init__(self, key: bytes = b"k" * 32) -> None:
        self._aead = AESGCM(key)

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._aead.encrypt(nonce, plain, aad)

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        try:
            return self._aead.decrypt(sealed[:12], sealed[12:], aad)
        except InvalidTag as error:
            raise ValueError("another key, or changed") from error


class FolderSealer:
    """Packets as files of a folder: a line of JSON, the parts, and a digest of it all at the end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.seals = 0

    def seal(self, packet_id: str, statement: EnrolmentStatement, parts: Sequence[PacketPart]) -> SealedPacket:
        self.seals += 1
        torn, path = self.folder / f"{packet_id}.torn", self.folder / f"{packet_id}.packet"
        digest = hashlib.sha256()
        try:
            with torn.open("wb") as file:
                for chunk in (json.dumps(statement.as_json()).encode() + b"\n", *(part.read() for part in parts)):
                    file.write(chunk)
                    digest.update(chunk)
                file.write(digest.digest())
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            torn.unlink(missing_ok=True)
            raise
        torn.replace(path)
        found = self.find(packet_id)
        assert found is not None
        return found

    def find(self, packet_id: str) -> SealedPacket | None:
        try:
            data = (self.folder / f"{packet_id}.packet").read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(data[:-32]).digest() != data[-32:]:
            return None
        return SealedPacket(packet_id, hashlib.sha256(data).hexdigest(), len(data))

    def statements(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_bytes().split(b"\n")[0]) for path in sorted(self.folder.glob("*.packet"))]


class FileAudit:
    """A line of JSON for each entry, on the disk; one that is told twice is written once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known = {entry["event_id"] for entry in self.entries()}

    def append(self, entry: AuditEntry) -> None:
        if entry.event_id in self.known:
            return
        with self.path.open("ab") as file:
            file.write(json.dumps({**vars(entry), "details": dict(entry.details)}).encode() + b"\n")
        self.known.add(entry.event_id)

    def entries(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().split(b"\n")
        found = []
        for line in lines:
            with suppress(ValueError):  # cut by a kill
                found.append(json.loads(line))
        return found


class Everybody:
    """Everybody who was remembered, in memory."""

    def __init__(self) -> None:
        self.people: dict[str, Mapping[FingerPosition, FingerTemplate]] = {}
        self.eyes: dict[str, int] = {}

    def search(
        self, fingers: Mapping[FingerPosition, FingerTemplate], eyes: Mapping[EyePosition, IrisCode]
    ) -> list[DuplicateHit]:
        found = []
        for enrolment_id, known in self.people.items():
            scores = [compare(fingers[each], known[each]) for each in fingers.keys() & known.keys()]
            if scores and max(scores) >= score_at_fmr(1e-4):
                found.append(DuplicateHit(enrolment_id, "2026-01-01T00:00:00Z", "budi", max(scores), 1e-4))
        return found

    def remember(
        self,
        enrolment_id: str,
        fingers: Mapping[FingerPosition, FingerTemplate],
        eyes: Mapping[EyePosition, IrisCode],
        operator: str,
        retention_days: int,
    ) -> None:
        self.people[enrolment_id] = dict(fingers)
        self.eyes[enrolment_id] = len(eyes)


class Erased:
    """Remembers what it was told to erase."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def erase(self, capture_ids: Sequence[str]) -> None:
        self.ids += capture_ids


@cache
def _analysis() -> FingerAnalysis:
    return analyze(draw_fingerprint(3, 0, "clean"), 500.0)


@cache
def _eye() -> JudgedEyes:
    return judged_eyes(IrisFrame(drawn_eye(17, 1).pixels, 1.0), EyePosition.RIGHT)


def print_of(finger: int, seed: int) -> FingerTemplate:
    """An impression of a finger that nobody has, within its image."""
    found = impression(finger_template(finger), seed)
    inside = (found.x >= 0) & (found.x < found.width) & (found.y >= 0) & (found.y < found.height)
    arrays = {name: getattr(found, name)[inside] for name in ("x", "y", "angle", "kind", "quality")}
    return replace(found, **arrays)


def code_of(eye: int, seed: int) -> IrisCode:
    """An impression of an iris that nobody has: a sixteenth of its bits are others."""
    bits = np.random.default_rng([eye, 5]).integers(0, 1 << 64, (8, 16, 4), np.uint64)
    rng = np.random.default_rng([eye, seed, 6])
    flips = [rng.integers(0, 1 << 64, (8, 16, 4), np.uint64) for _ in range(4)]
    return IrisCode(
        bits ^ (flips[0] & flips[1] & flips[2] & (flips[3] | flips[0] << np.uint64(1))), ~np.zeros_like(bits)
    )


class Office:
    """A state folder with all that an enrolment needs, open until `close`."""

    def __init__(self, directory: Path, *profiles: str, **neighbours: Any) -> None:
        self.directory = directory
        self.spool = Spool.open(directory)
        self.key: SigningKey = open_signing_key(directory / "keys")
        self.recorder = Recorder(self.spool, self.key, lambda: None)
        self.store = EnrolmentStore.open(directory, neighbours.pop("cipher", KeyCipher()))
        self.sealer = neighbours.pop("sealer", None) or FolderSealer(directory / "packets")
        self.audit = neighbours.pop("audit", None) or FileAudit(directory / "audit.jsonl")
        self.everybody = neighbours.pop("duplicates", None) or Everybody()
        self.erased = Erased()
        anchors = TrustAnchors.from_pem(self.key.trust_bundle().certificates_pem)
        own = {each.id: each for each in (read_profile(text, "test") for text in (QUICK, *profiles))}
        self.enrolments = Enrolments(
            self.store,
            Profiles({**read_profiles().found, **own}),
            neighbours.pop("captures", None) or SpoolCaptures(self.spool),
            lambda: anchors,
            self.sealer,
            self.audit,
            self.everybody,
            self.erased,
            **neighbours,
        )

    def __enter__(self) -> "Office":
        return self

    def __exit__(self, *exc: object) -> None:
        self.store.close()
        self.spool.close()

    def create(self, profile: str = "quick") -> EnrolmentSnapshot:
        return self.enrolments.create(profile, OPERATOR, nik=NIK)

    def finger(
        self, transaction: str, unit: str, finger: int, seed: int = 1, score: int = 80, retake_of: str = ""
    ) -> str:
        """Record an impression of a finger as `unit`; gives the capture's id."""
        request = self._request(transaction, POSITIONS[unit], retake_of)
        base = _analysis()
        analysis = replace(base, quality=replace(base.quality, score=score), template=print_of(finger, seed))
        frame = Frame(np.full((40, 40), 200, np.uint8), 500.0, 1.0)
        self.recorder.record_finger(request, IDENTITY, frame, analysis)
        return request.capture_id

    def missing(self, transaction: str, unit: str, reason: MissingReason, retake_of: str = "") -> str:
        request = self._request(transaction, POSITIONS[unit], retake_of)
        self.recorder.record_missing(request, IDENTITY, reason)
        return request.capture_id

    def eyes(self, transaction: str, retake_of: str = "", **eyes: int) -> str:
        """Record one eye, or both: `right=17, left=18`, each with the seed of its impression as 100 * seed + eye."""
        base = _eye()
        judged = tuple(
            JudgedEye(
                EyePosition[side.upper()],
                base.eyes[0].pixels,
                replace(base.eyes[0].analysis, template=code_of(eye % 100, eye // 100)),
            )
            for side, eye in sorted(eyes.items(), reverse=True)
        )
        position = EyePosition.BOTH if len(judged) == 2 else judged[0].eye
        request = self._request(transaction, position, retake_of)
        self.recorder.record_iris(request, IDENTITY, replace(base, eyes=judged))
        return request.capture_id

    def slap(self, transaction: str, part: str, fingers: Sequence[int | None], seed: int = 1, score: int = 80) -> str:
        """Record a slap; its fingers as they are named, None where one is not shown."""
        code, positions = SLAPS[part]
        views = tuple(
            fmr.FingerView(
                FingerPosition(position),
                ImpressionType.LIVE_SCAN_PLAIN,
                print_of(finger, seed),
                (QualityBlock(score, algorithm=0),),
            )
            for position, finger in zip(positions, fingers, strict=True)
            if finger is not None
        )
        record = fmr.encode(fmr.FingerMinutiaeRecord(Edition.ISO_2005, views))
        blobs = (Blob.of("template.fmr", "application/vnd.rekam.iso19794-2-2005", record),)
        return self.signed(transaction, position=NamedCode(code, part), blobs=blobs)

    def signed(self, transaction: str, *, blobs: tuple[Blob, ...] = (), **changes: Any) -> str:
        """Any capture, signed by the office's key."""
        capture_id = uuid4().hex

        def build(head: ChainHead) -> SignedCapture:
            stated = manifest(
                head.next_sequence,
                head.previous,
                capture_id=capture_id,
                transaction_id=transaction,
                chain_id=head.chain_id,
                gateway_id=self.key.gateway_id,
                time=time_now(),
                boot_id=boot_id(),
                blobs=tuple(BlobDigest(b.name, b.media_type, len(b.content), payload_digest(b.content)) for b in blobs),
                **changes,
            )
            signed = sign_manifest(stated, self.key)
            return SignedCapture(capture_id, signed.jws, signed.digest, blobs)

        self.spool.append(build)
        return capture_id

    def add(self, snapshot: EnrolmentSnapshot, *captures: str) -> EnrolmentSnapshot:
        for capture_id in captures:
            snapshot = self.enrolments.add_capture(snapshot.enrolment_id, capture_id, OPERATOR)
        return snapshot

    def filled(self, person: int = 0, profile: str = "quick") -> EnrolmentSnapshot:
        """A quick enrolment that wants nothing but its seal."""
        snapshot = self.create(profile)
        it = snapshot.enrolment_id
        captures = (
            self.finger(it, "right-index", 100 * person + 1),
            self.finger(it, "right-middle", 100 * person + 2),
        )
        snapshot = self.add(snapshot, *captures)
        return self.enrolments.add_portrait(it, portrait(), OPERATOR, snapshot.version)

    def _request(
        self, transaction: str, position: FingerPosition | EyePosition | FacePosition, retake_of: str = ""
    ) -> CaptureRequest:
        return CaptureRequest(
            uuid4().hex, "synthetic:T-1", position, 5.0, 30, transaction, operator=OPERATOR, retake_of=retake_of
        )


@cache
def portrait(width: int = 240, height: int = 320, kind: str = ".jpg") -> bytes:
    """A picture of nobody."""
    rows = np.linspace(40, 220, height)[:, None] * np.ones(width)[None]
    picture = np.stack([rows, rows[:, ::-1], 255 - rows], axis=2).astype(np.uint8)
    picture[height // 3 : height // 2, width // 4 : width // 2] = (20, 90, 200)
    return bytes(cv2.imencode(kind, picture)[1])


def strokes() -> list[list[StrokePoint]]:
    return [[StrokePoint(float(n), n * 0.5, n * 8.0, 0.5) for n in range(40)], [StrokePoint(9.0, 3.0, 400.0, 1.0)]]
