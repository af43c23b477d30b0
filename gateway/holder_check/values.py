"""The values of a holder check: whose card, which finger, what was decided and who answers for it."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from gateway.finger import FingerPosition, FingerTemplate
from gateway.guidance import LocalizedText
from gateway.trust import StatedLiveness

LIVENESS_WORDS = LocalizedText(
    "Tanda-tanda pemalsuan dinilai secara heuristik; tidak dievaluasi menurut ISO/IEC 30107-3.",
    "Signs of a presentation attack are judged by heuristics, not evaluated under ISO/IEC 30107-3.",
)
"""Goes with every report of liveness to people."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_PERSON = re.compile(r"[^\x00-\x1f\x7f]{1,128}")


@dataclass(frozen=True)
class HandOver:
    """A card on its way to its holder: tries are counted for the two together.

    Raises
    ------
    ValueError
        Either is empty, longer than 128 characters, or not of letters, digits and `._:-`.
    """

    card_serial: str
    """As the chip tells it, in hexadecimal, or as it is printed."""
    job_id: str
    """Of the personalisation."""

    def __post_init__(self) -> None:
        for name in ("card_serial", "job_id"):
            if not _NAME.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} is 1 to 128 of A to Z, a to z, 0 to 9 and ._:-")


class CardTemplate(Protocol):
    """A finger as the card has it, e.g. `CardFinger` of the profiles."""

    @property
    def position(self) -> FingerPosition:
        """Which finger it is said to be."""
        ...

    @property
    def template(self) -> FingerTemplate:
        """Its minutiae; none where the file is empty."""
        ...


@dataclass(frozen=True, eq=False)
class LiveFinger:
    """One placement of a finger; its text form shows no minutiae.

    Parameters
    ----------
    templates : tuple of FingerTemplate
        Of its frames, the best first; one is enough.
    position : FingerPosition
        Which finger was asked for; UNKNOWN where any may come.
    capture_id : str
        Of the capture, where there is one.
    liveness : tuple of StatedLiveness
        What heuristics said of the placement, passed on as it is; none where nothing was assessed. They were not
        evaluated under ISO/IEC 30107-3, and change no outcome: a suspicion asks a supervisor to look.
    """

    templates: tuple[FingerTemplate, ...] = field(repr=False)
    position: FingerPosition = FingerPosition.UNKNOWN
    capture_id: str = ""
    liveness: tuple[StatedLiveness, ...] = ()


class HolderOutcome(StrEnum):
    """What a check came to."""

    MATCHED = "matched"
    NOT_MATCHED = "not_matched"
    NO_TRIES_LEFT = "no_tries_left"
    """In the journal or on the card; nothing was compared."""
    NO_TEMPLATE = "no_template"
    """The card has none of this finger, or an empty one; nothing was compared, no try was taken."""
    POOR_PROBE = "poor_probe"
    """The live finger shows too little; nothing was compared, no try was taken."""
    SUPERVISED = "supervised"
    """A supervisor answers for it in place of a finger."""

    @property
    def hands_over(self) -> bool:
        """Whether the card may go to the person."""
        return self in (HolderOutcome.MATCHED, HolderOutcome.SUPERVISED)

    @property
    def text(self) -> LocalizedText:
        """What the operator reads."""
        return _TEXTS[self]


class ComparisonPlace(StrEnum):
    """Who compared."""

    GATEWAY = "gateway"
    CARD = "card"


class SupervisedReason(StrEnum):
    """Why no finger proves the holder; deliberately nothing that tells of somebody's health."""

    FINGERS_NOT_USABLE = "fingers_not_usable"
    NO_TEMPLATE_ON_CARD = "no_template_on_card"
    TRIES_USED_UP = "tries_used_up"
    DEVICE_FAILED = "device_failed"


@dataclass(frozen=True)
class SupervisedApproval:
    """A supervisor hands the card over without a matching finger.

    Raises
    ------
    ValueError
        No supervisor is named, or a name has control characters or more than 128 characters.
    """

    supervisor: str
    """Who is signed in."""
    reason: SupervisedReason
    paper: str = ""
    """Number of what was written down and signed on paper, if anything was."""

    def __post_init__(self) -> None:
        if not _PERSON.fullmatch(self.supervisor):
            raise ValueError("a supervisor is named by 1 to 128 characters")
        if self.paper and not _PERSON.fullmatch(self.paper):
            raise ValueError("a paper is named by up to 128 characters")


@dataclass(frozen=True)
class HolderDecision:
    """What was decided, once, and written into the journal before it is told."""

    hand_over: HandOver
    outcome: HolderOutcome
    tries_left: int
    """In the journal, after this."""
    place: ComparisonPlace | None = None
    """None where nothing was compared."""
    finger: FingerPosition | None = None
    """The card's finger that matched, or that the card compared with."""
    fmr: float | None = None
    """Share of other people's fingers that would have passed this try, by the table of `score_at_fmr`; None where
    the card compared by limits of its own, or nothing was compared."""
    card_tries_left: int | None = None
    """On the card, of that finger; None where the card does not count."""
    capture_id: str = ""
    liveness: tuple[StatedLiveness, ...] = ()
    approval: SupervisedApproval | None = None


_TEXTS = {
    HolderOutcome.MATCHED: LocalizedText("Jari cocok dengan kartu.", "The finger matches the card."),
    HolderOutcome.NOT_MATCHED: LocalizedText(
        "Jari tidak cocok dengan kartu. Coba lagi, atau gunakan jari lain yang ada di kartu.",
        "The finger does not match the card. Try again, or use another finger that the card has.",
    ),
    HolderOutcome.NO_TRIES_LEFT: LocalizedText(
        "Tidak ada kesempatan lagi. Panggil penyelia.", "No tries are left. Call a supervisor."
    ),
    HolderOutcome.NO_TEMPLATE: LocalizedText(
        "Kartu tidak memuat jari ini. Gunakan jari lain, atau panggil penyelia.",
        "The card does not have this finger. Use another finger, or call a supervisor.",
    ),
    HolderOutcome.POOR_PROBE: LocalizedText(
        "Jari terlalu sedikit terbaca. Bersihkan jari dan kaca, lalu tempelkan lagi; kesempatan tidak berkurang.",
        "Too little of the finger is seen. Clean finger and glass and place it again; no try was taken.",
    ),
    HolderOutcome.SUPERVISED: LocalizedText(
        "Diserahkan atas persetujuan penyelia, tanpa pencocokan jari.",
        "Handed over on a supervisor's approval, without a matching finger.",
    ),
}
