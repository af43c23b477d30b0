"""The centres that packets are sealed for: read from their files, or made up for a demonstration."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.certificate_parts import plain_key_pem
from gateway.durable_file import write_durably
from gateway.guidance import LocalizedText
from gateway.packet import Recipient, RecipientKeyUnusable

DEMO_KEY, DEMO_PUBLIC = "demo-centre.pem", "demo-centre.pub.pem"
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Centres:
    """Those who can open this gateway's packets.

    Parameters
    ----------
    recipients : tuple of Recipient
        None while one of them cannot be read: a packet that a centre was left out of is not mended later.
    problems : tuple of LocalizedText
        What a person has to see to before anything is sealed.
    demonstration : bool
        The key is the one that lies in the state folder.
    """

    recipients: tuple[Recipient, ...]
    problems: tuple[LocalizedText, ...] = ()
    demonstration: bool = False

    def warnings(self, now: datetime) -> tuple[LocalizedText, ...]:
        """What a person should know, certificates that have ended included."""
        ended = [each for each in self.recipients if each.not_after is not None and each.not_after < now]
        return (
            *self.problems,
            *((_DEMONSTRATION,) if self.demonstration else ()),
            *(
                LocalizedText(
                    id=f"Sertifikat pusat {each.key_id} berakhir pada {each.not_after:%Y-%m-%d}; paket tetap disegel "
                    "untuknya. Mintalah yang baru dari pusat.",
                    en=f"The certificate of centre {each.key_id} ended on {each.not_after:%Y-%m-%d}; packets are still "
                    "sealed for it. Ask the centre for its new one.",
                )
                for each in ended
            ),
        )


def read_centres(files: Sequence[Path]) -> Centres:
    """The centres of the configuration: of each file a PEM public key or certificate, or a JWK, or a set of these.

    A key that stands in two files is taken once. Nothing is raised: captures go on while nothing can be sealed.
    """
    if not files:
        return Centres((), (_NONE,))
    found: dict[str, Recipient] = {}
    problems = []
    for path in files:
        try:
            for recipient in _recipients_of(path):
                found[recipient.key_id] = recipient
        except RecipientKeyUnusable as error:
            problems.append(_unusable(path, str(error)))
        except OSError as error:
            problems.append(_unusable(path, f"it cannot be read: {error.strerror or error}"))
    return Centres((), tuple(problems)) if problems else Centres(tuple(found.values()))


def demonstration_centre(folder: Path) -> Centres:
    """A centre whose private key lies in `folder`, made when it is first asked for; for synthetic persons alone."""
    try:
        recipient = _demonstration_recipient(folder)
    except (OSError, ValueError, RecipientKeyUnusable) as error:
        return Centres((), (_unusable(folder / DEMO_KEY, str(error)),))
    return Centres((recipient,), demonstration=True)


def _demonstration_recipient(folder: Path) -> Recipient:
    path = folder / DEMO_KEY
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        write_durably(path, plain_key_pem(made))
    private = serialization.load_pem_private_key(path.read_bytes(), None)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    beside = folder / DEMO_PUBLIC
    if not beside.exists() or beside.read_bytes() != public:  # a power cut may have come between the two
        write_durably(beside, public)
    return Recipient.from_pem(public)


def _recipients_of(path: Path) -> list[Recipient]:
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise RecipientKeyUnusable("The file is too large for a key.", "Name the file of the centre's public key.")
    if not content.lstrip().startswith(b"{"):
        return [Recipient.from_pem(content)]
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RecipientKeyUnusable("The file is no JSON Web Key.", "Ask the centre for the file again.") from error
    keys = document.get("keys", [document])
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise RecipientKeyUnusable("The set of JSON Web Keys holds no key.", "Ask the centre for the file again.")
    return [Recipient.from_jwk(key) for key in keys]


def _unusable(path: Path, why: str) -> LocalizedText:
    return LocalizedText(
        id=f"Kunci pusat {path} tidak dapat dipakai: {why}. Perekaman dapat berjalan, tetapi tidak ada yang disegel "
        "sampai ini diperbaiki dan gateway dijalankan ulang.",
        en=f"The centre's key {path} cannot be used: {why}. Enrolments go on, but nothing is sealed until that is "
        "mended and the gateway started again.",
    )


_NONE = LocalizedText(
    id="Tidak ada kunci pusat: perekaman dapat berjalan, tetapi tidak dapat disegel. Sebutkan berkasnya di "
    "[enrolment] recipients.",
    en="No centre's key is configured: enrolments can be made, but not sealed. Name its file in [enrolment] "
    "recipients.",
)
_DEMONSTRATION = LocalizedText(
    id=f"Paket disegel untuk pusat peragaan, yang kuncinya ada di folder keadaan ({DEMO_KEY}): siapa pun yang memegang "
    "komputer ini dapat membukanya. Hanya untuk orang buatan; untuk penduduk, sebutkan kunci pusat di "
    "[enrolment] recipients.",
    en=f"Packets are sealed for a demonstration centre whose key lies in the state folder ({DEMO_KEY}): whoever has "
    "this machine can open them. For synthetic persons alone; for residents name the centre's key in "
    "[enrolment] recipients.",
)
