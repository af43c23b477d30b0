"""Finger templates of a card: which finger, how many of its minutiae, and how they are wrapped."""

from dataclasses import dataclass

from gateway.card import MalformedCardData, data_object, only_object
from gateway.card_profile.biometric_template import (
    BLOCK_CONSTRUCTED,
    BiometricKind,
    BiometricTemplate,
    BlockFormat,
    decode_template,
    encode_template,
)
from gateway.card_profile.content_kind import (
    ContentKind,
    Making,
    Option,
    missing,
    not_fitting,
    number_option,
    text_option,
    words_option,
)
from gateway.card_profile.errors import MalformedContent
from gateway.card_profile.profile import CardFile, CardProfile
from gateway.finger import FingerPosition, FingerTemplate
from gateway.fingerprint.reduced import best_first, with_ranked_quality
from gateway.guidance import LocalizedText
from gateway.records import RecordError, compact_card
from gateway.records.compact_card import MINUTIA_BYTES, MinutiaOrder

FINGERS = {
    position.name.lower().replace("_", "-"): position
    for position in FingerPosition
    if position is not FingerPosition.UNKNOWN
}
"""As profiles name them."""
_PREFERRED = tuple(
    f"{side}-{name}" for name in ("index", "thumb", "middle", "ring", "little") for side in ("right", "left")
)
_MINUTIAE = 0x81
"""Inside 7F2E (ISO/IEC 19794-2:2005, card formats)."""
_QUALITY = "quality"
LEAST_MINUTIAE = 8
"""A template of fewer tells nobody from anybody."""


@dataclass(frozen=True, eq=False, repr=False)
class CardFinger:
    """A template of a card: 256 x 256 at 254 ppi; the text form shows no minutia."""

    position: FingerPosition
    template: FingerTemplate

    def __repr__(self) -> str:
        return f"<{self.position.name} with {len(self.template)} minutiae>"


def most_bytes(file: CardFile) -> int:
    """Bytes of a template with the most minutiae that the file's options ask for."""
    most = number_option(file, FINGER_TEMPLATE, "most")
    return len(_wrapped(file, FingerPosition.RIGHT_INDEX, bytes(MINUTIA_BYTES * most)))


def _make(file: CardFile, making: Making) -> bytes | None:
    position = _chosen(file, making)
    if position is None:
        missing(
            file,
            LocalizedText(
                id=f"Tidak ada jari yang diminta profil dengan {LEAST_MINUTIAE} minusi atau lebih.",
                en=f"There is none of the fingers that the profile takes with {LEAST_MINUTIAE} minutiae or more.",
            ),
            LocalizedText(
                id="Rekam salah satu jarinya, atau pakai profil yang mengizinkan kartu tanpa sidik jari.",
                en="Record one of them, or use a profile that allows a card without templates.",
            ),
        )
        return None
    making.fingers_taken.add(position)
    most = number_option(file, FINGER_TEMPLATE, "most")
    room = (file.limit - (most_bytes(file) - MINUTIA_BYTES * most)) // MINUTIA_BYTES
    template = making.person.fingers[position]
    if room < LEAST_MINUTIAE:
        raise not_fitting(
            file,
            LocalizedText(
                id=f"Dalam {file.limit} bita hanya muat {max(room, 0)} minusi.",
                en=f"Only {max(room, 0)} minutiae fit into {file.limit} bytes.",
            ),
        )
    return _wrapped(file, position, _coded(file, making, template, min(most, room)))


def _coded(file: CardFile, making: Making, template: FingerTemplate, most: int) -> bytes:
    """At most so many minutiae within the format's reach, those furthest from the centroid dropped first."""
    if _by_quality(file):
        template = best_first(template)  # reduction keeps the order
    kept = template if len(template) <= most else making.reduced(template, most)
    if len(kept) > most:
        raise RuntimeError(f"{len(kept)} minutiae were left where {most} were asked for")
    while True:
        try:
            return compact_card.encode(compact_card.within_reach(kept), _order(file))
        except ValueError as error:
            if len(kept) <= LEAST_MINUTIAE:
                raise not_fitting(
                    file,
                    LocalizedText(
                        id=f"Sidik jari itu tidak muat dalam format kartu: {error}.",
                        en=f"The template does not fit the card format: {error}.",
                    ),
                ) from error
        # Of a rolled finger the rim goes first, as it does where there are too many.
        kept = making.reduced(kept, len(kept) - 1)


def _chosen(file: CardFile, making: Making) -> FingerPosition | None:
    """The first finger of the file's list that has a template worth comparing and that no earlier file took."""
    for name in words_option(file, FINGER_TEMPLATE, "fingers"):
        position = FINGERS[name]
        template = making.person.fingers.get(position)
        if template is not None and len(template) >= LEAST_MINUTIAE and position not in making.fingers_taken:
            return position
    return None


def _wrapped(file: CardFile, position: FingerPosition, minutiae: bytes) -> bytes:
    block = data_object(_MINUTIAE, minutiae)
    if text_option(file, FINGER_TEMPLATE, "wrapping") == "block":
        return data_object(BLOCK_CONSTRUCTED, block)
    return encode_template(
        BiometricTemplate(BiometricKind.FINGER, BlockFormat.FINGER_CARD_COMPACT, block, True, position)
    )


def _read(profile: CardProfile, file: CardFile, content: bytes) -> CardFinger:
    fingers = words_option(file, FINGER_TEMPLATE, "fingers")
    if text_option(file, FINGER_TEMPLATE, "wrapping") == "block":
        position: FingerPosition | None = FINGERS[fingers[0]]
        block = _only(content, BLOCK_CONSTRUCTED)
    else:
        template = decode_template(content)
        if template.block_format is not BlockFormat.FINGER_CARD_COMPACT or not template.constructed:
            raise MalformedContent("the data block is no compact card template")
        position, block = template.position, template.block
    if position is None or position not in {FINGERS[name] for name in fingers}:
        raise MalformedContent("it is of a finger that the profile does not take here")
    minutiae = _only(block, _MINUTIAE)
    most = number_option(file, FINGER_TEMPLATE, "most")
    if len(minutiae) > most * MINUTIA_BYTES:
        raise MalformedContent(f"it has more than {most} minutiae")
    try:
        decoded = compact_card.decode(minutiae, _order(file))
    except RecordError as error:
        raise MalformedContent(str(error)) from error
    return CardFinger(position, with_ranked_quality(decoded) if _by_quality(file) else decoded)


def _by_quality(file: CardFile) -> bool:
    """Whether the order tells the qualities, for which the format has no room."""
    return text_option(file, FINGER_TEMPLATE, "order") == _QUALITY


def _order(file: CardFile) -> MinutiaOrder:
    return MinutiaOrder.NONE if _by_quality(file) else MinutiaOrder(text_option(file, FINGER_TEMPLATE, "order"))


def _only(octets: bytes, tag: int) -> bytes:
    try:
        return only_object(octets, tag)
    except MalformedCardData as error:
        raise MalformedContent(str(error)) from error


FINGER_TEMPLATE = ContentKind(
    "finger-template",
    _make,
    _read,
    personal=True,
    finger_template=True,
    options={
        "fingers": Option(_PREFERRED, tuple(FINGERS)),
        "most": Option(60, range(LEAST_MINUTIAE, compact_card.MAX_MINUTIAE + 1)),
        "order": Option(MinutiaOrder.NONE.value, (*(order.value for order in MinutiaOrder), _QUALITY)),
        "wrapping": Option("template", ("template", "block")),
    },
)
