"""One synthetic person by number: which seeds its fingers and eyes are drawn from, and what a form asks about it."""

from dataclasses import dataclass
from datetime import date, timedelta
from secrets import randbelow
from typing import TYPE_CHECKING

import numpy as np

from drivers.person.part import EYES, FINGERS, PersonPart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from drivers.person.signature import Signature

LARGEST_NUMBER = 99_999
"""Beyond it the seeds of fingers would meet those of the prints that former persons left on a glass."""
_PROVINCE = 90
"""No province of Indonesia has this code, so that no such NIK is anybody's."""
_SERIALS = 9_999
_FIRST_BIRTH, _LAST_BIRTH = date(1946, 1, 1), date(2006, 12, 31)
_WOMEN = 40
"""Added to the day of birth in the NIK of a woman."""


@dataclass(frozen=True)
class SyntheticPerson:
    """Somebody who does not exist; the same number gives the same person in every run, on every machine.

    The pattern of each finger is drawn in its natural proportion, independently of the others; those of a real hand
    are a little alike. The eyes are of one size and one pigment, with textures that are not akin.

    Parameters
    ----------
    number : int
    sex : str
        `male` or `female`.
    birth_date : date
        Between 1946 and 2006.
    nik : str
        Invented: sixteen digits of the right shape, with the day of birth raised by 40 for women, and of a province
        that there is not.
    """

    number: int
    sex: str
    birth_date: date
    nik: str

    def finger_seed(self, part: PersonPart) -> int:
        """The finger, as the synthetic scanners know it: those of one number are the slaps' fingers, too.

        Raises
        ------
        ValueError
            It is no finger.
        """
        if part not in FINGERS:
            raise ValueError(f"{part} is no finger; there are {', '.join(FINGERS)}")
        return 10 * self.number + FINGERS.index(part)

    def eye_seed(self, part: PersonPart) -> int:
        """The eye, as the synthetic iris camera knows it.

        Raises
        ------
        ValueError
            It is no single eye.
        """
        if part not in EYES:
            raise ValueError(f"{part} is no eye; there are {' and '.join(EYES)}")
        return 2 * self.number + EYES.index(part)

    @property
    def face_seed(self) -> int:
        """The figure, as the synthetic portrait camera knows it."""
        return self.number

    def portrait(self, sitting: int, width: int = 480, height: int = 640) -> "NDArray[np.uint8]":
        """See `drivers.person.portrait.person_portrait`."""
        from drivers.person.portrait import person_portrait

        return person_portrait(self.face_seed, sitting, width, height)

    def signature(self, writing: int) -> "Signature":
        """See `drivers.person.signature.person_signature`."""
        from drivers.person.signature import person_signature

        return person_signature(self.number, writing)


def synthetic_person(number: int) -> SyntheticPerson:
    """The person of that number.

    Raises
    ------
    ValueError
        The number is negative or larger than `LARGEST_NUMBER`.

    References
    ----------
    The shape of a NIK, `PPKKCC DDMMYY NNNN`: UU 23/2006 article 13; PP 40/2019.
    """
    if not 0 <= number <= LARGEST_NUMBER:
        raise ValueError(f"synthetic persons have the numbers 0 to {LARGEST_NUMBER}, not {number}")
    rng = np.random.default_rng([number, 0x504552])
    woman = bool(rng.random() < 0.5)
    born = _FIRST_BIRTH + timedelta(days=int(rng.integers((_LAST_BIRTH - _FIRST_BIRTH).days + 1)))
    regency, serial = divmod(number, _SERIALS)
    day = born.day + (_WOMEN if woman else 0)
    nik = f"{_PROVINCE}{regency + 1:02d}01{day:02d}{born:%m%y}{serial + 1:04d}"
    return SyntheticPerson(number, "female" if woman else "male", born, nik)


def any_placement() -> int:
    """A placement as no other: its seed is drawn anew in every run, so that a finger never lies twice alike."""
    return 1 + randbelow(1 << 31)
