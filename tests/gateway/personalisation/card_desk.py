"""A desk for cards: a journal on the disk, keys, a small profile, and a synthetic reader with a card in it."""

import random
import secrets as randomness
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from drivers.cards.chip import secure_channel
from drivers.cards.synthetic import CardOptions, SmartCard, SyntheticCardWriter
from gateway.card import SecurityLevel, public_test_keys
from gateway.card_profile import (
    Application,
    CardFile,
    CardImage,
    CardProfile,
    Channel,
    Condition,
    Diversification,
    Operation,
)
from gateway.guidance import LocalizedText
from gateway.personalisation import (
    CardSecrets,
    Journal,
    PersonalisationJob,
    PersonalisationOutcome,
    Personaliser,
    Seal,
    image_digest,
)
from gateway.personalisation.database import FILE_NAME
from gateway.trust import ClockQuality, SignedTime, SigningKey, TrustAnchors
from gateway.trust.keys import self_signed_certificate

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
AID = bytes.fromhex("F052454B414D01")
GATEWAY = "kedoya-1"

READABLE = {Operation.READ: Condition.ALWAYS}
GUARDED = {Operation.READ: Condition.CHANNEL, Operation.UPDATE: Condition.CHANNEL}
HOLDERS = {Operation.READ: Condition.PIN}
"""Access of files."""

FILES = (
    CardFile("seal", 0x0105, "seal", 400, sfi=5, access=READABLE),
    CardFile("biodata", 0x0101, "biodata", 2000, sfi=1, access=READABLE),
    CardFile("portrait", 0x0102, "portrait", 6000, sfi=2, access=GUARDED),
    CardFile("signature", 0x0103, "signature", 2000, access=HOLDERS),
    CardFile("finger", 0x0104, "finger", 800, sfi=4, access=GUARDED, required=False),
)
SMALL = {"biodata": 40, "portrait": 300, "signature": 64, "finger": 33, "seal": 70}
"""Bytes of each file of a small card: one of them takes two blocks."""


def profile(**changes: Any) -> CardProfile:
    made = CardProfile(
        name="test-id",
        version=1,
        title=LocalizedText(id="Kartu uji", en="Test card"),
        capacity=1024,
        atr="",
        channel=Channel(SecurityLevel.C_ENC_R_MAC, diversification=Diversification.NONE),
        applications=(Application("identity", 0x4F01, AID, FILES, {Operation.TERMINATE: Condition.CHANNEL}),),
        seal="seal",
    )
    return replace(made, **changes)


def contents(sizes: Mapping[str, int] = SMALL) -> dict[str, bytes]:
    return {name: random.Random(name).randbytes(size) for name, size in sizes.items()}


def chip(serial: str = "SYN-CARD-0001", **options: Any) -> SmartCard:
    return SmartCard(CardOptions(serial=serial, **({"channel": secure_channel.public_test_keys()} | options)))


def serial_of(card: SmartCard) -> str:
    return card.serial.hex().upper()


class MemoryCipher:
    """A local key in memory, as the gateway's is once it is open."""

    def __init__(self) -> None:
        self._key = AESGCM.generate_key(256)

    def encrypt(self, plain: bytes, aad: bytes) -> bytes:
        nonce = randomness.token_bytes(12)
        return nonce + AESGCM(self._key).encrypt(nonce, plain, aad)

    def decrypt(self, sealed: bytes, aad: bytes) -> bytes:
        try:
            return AESGCM(self._key).decrypt(sealed[:12], sealed[12:], aad)
        except InvalidTag as error:
            raise ValueError("changed, or under another key") from error


class DeskClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.wall = NOON

    def __call__(self) -> SignedTime:
        return SignedTime(self.wall, 100.0, ClockQuality.TRUSTED, 0.01)


def signing_key(name: str = GATEWAY) -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    return SigningKey(private, self_signed_certificate(private, name, NOON - timedelta(days=10)))


def anchors(*keys: SigningKey) -> TrustAnchors:
    return TrustAnchors.from_pem(*(key.trust_bundle().certificates_pem for key in keys))


@dataclass(repr=False)
class CardDesk:
    """What a test works at."""

    folder: Path
    profile: CardProfile = field(default_factory=profile)
    cipher: MemoryCipher = field(default_factory=MemoryCipher)
    clock: DeskClock = field(default_factory=DeskClock)
    signer: SigningKey = field(default_factory=signing_key)
    secrets: CardSecrets = field(default_factory=lambda: CardSecrets(public_test_keys(), allow_test_keys=True))
    sizes: Mapping[str, int] = field(default_factory=lambda: dict(SMALL))
    seal: Seal | None = None
    _open: Journal | None = None

    @property
    def journal(self) -> Journal:
        if self._open is None:
            self._open = Journal.open(self.folder, self.cipher, self.clock)
            self._personaliser = Personaliser(
                self._open, lambda *_: self.profile, lambda _: self.secrets, self.signer, self.seal
            )
        return self._open

    @property
    def personaliser(self) -> Personaliser:
        assert self.journal
        return self._personaliser

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def restarted_from(self, left: Path) -> "CardDesk":
        """The desk of a gateway that is started on the files that another left when it was killed."""
        return replace(self, folder=left, _open=None)

    def image(self) -> CardImage:
        return CardImage(self.profile, contents(self.sizes))

    def job(self, job_id: str = "job-1", **changes: Any) -> PersonalisationJob:
        digest = image_digest(self.profile.name, self.profile.version, contents(self.sizes))
        made = PersonalisationJob(
            job_id,
            GATEWAY,
            self.profile.name,
            self.profile.version,
            digest,
            "enrolment-7",
            "Ibu Sari",
            self.clock.wall,
            self.clock.wall + timedelta(days=7),
        )
        return replace(made, **changes)

    def take(self, job_id: str = "job-1") -> str:
        self.personaliser.take(self.job(job_id), self.image())
        return job_id

    def personalise(self, writer: Any, job_id: str = "job-1", **options: Any) -> PersonalisationOutcome:
        options = {"wait_s": 5.0, "cancel": Event()} | options
        cancel = options.pop("cancel")
        with writer:
            return self.personaliser.personalise(job_id, writer, cancel, **options)


def reader(card: SmartCard, **options: Any) -> SyntheticCardWriter:
    return SyntheticCardWriter(card=card, card_delay_s=0.0, **options)


def commands_of(desk: CardDesk, **options: Any) -> int:
    """How many commands a personalisation takes on such a card."""
    card = chip(**options)
    desk.take("counted")
    desk.personalise(reader(card), "counted")
    return card.commands


def copy_left_by_a_kill(folder: Path, target: Path) -> Path:
    """The journal's files as they lie on the disk at this moment, nothing closed, committed or tidied up."""
    target.mkdir(parents=True)
    for suffix in ("", "-wal"):
        source = folder / (FILE_NAME + suffix)
        if source.exists():
            shutil.copy2(source, target / source.name)
    return target


class Line:
    """A reader whose line a test looks at and tampers with: every command before it goes, every answer as it comes.

    It is a `CardWriter` by all that it does not change.
    """

    def __init__(
        self,
        writer: SyntheticCardWriter,
        before: Callable[[int, Any], Any] = lambda _, command: command,
        after: Callable[[int, Any], Any] = lambda _, answer: answer,
    ) -> None:
        self._writer, self._before, self._after = writer, before, after
        self.sent: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def __enter__(self) -> "Line":
        self._writer.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._writer.__exit__(*exc)

    def transmit(self, command: Any) -> Any:
        number = len(self.sent)
        self.sent.append(command)
        command = self.sent[number] = self._before(number, command)
        return self._after(number, self._writer.transmit(command))
