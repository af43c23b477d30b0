"""The machine readable zone of a card: three lines of thirty characters (ICAO Doc 9303-5, 4.2; size TD1)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from gateway.card import check_digit
from gateway.card_profile.person import LIFELONG, Biodata, Sex

LINE = 30
LENGTH = 3 * LINE
_CHARACTERS = re.compile(r"[A-Z0-9<]*")
_STATE = re.compile(r"[A-Z][A-Z<]{2}")
_SEXES = {Sex.MALE: "M", Sex.FEMALE: "F", Sex.UNSPECIFIED: "<", None: "<"}
_CITIZENSHIPS = {"WNI": "IDN"}
# Letters that a decomposition does not turn into A to Z (Doc 9303-3, 6, table A).
_LETTERS = str.maketrans({"Æ": "AE", "Ø": "OE", "Œ": "OE", "Þ": "TH", "Ð": "D", "Ł": "L", "Đ": "D"})
_DROPPED = "'`\u2018\u2019\u02bc"


@dataclass(frozen=True, repr=False)
class Mrz:
    """The fields of a TD1 zone, fillers taken away; the text form shows none."""

    document_code: str
    state: str
    number: str
    optional: str
    birth: str
    """YYMMDD, `<` where it is not known."""
    sex: Sex
    expiry: str
    nationality: str
    optional_2: str
    names: str
    """Words divided by `<`, primary from secondary identifiers by `<<`."""

    def __repr__(self) -> str:
        return "<machine readable zone>"


def mrz_of(biodata: Biodata, document_code: str, state: str) -> bytes:
    """The zone of a person's card.

    The whole name is the primary identifier: Indonesian names do not part into family and given names (9303-3, 4.6).

    Parameters
    ----------
    document_code : str
        One or two letters; the first is A, C or I.
    state : str
        The issuer's code of three letters.

    Raises
    ------
    ValueError
        A field is missing or cannot be written in the zone's characters; names it alone.
    """
    number = biodata.card_number
    if not re.fullmatch(r"[A-Z0-9]{1,9}", number):
        raise ValueError("the card's number is not 1 to 9 of A-Z and 0-9")
    if biodata.valid_until is None or biodata.valid_until == LIFELONG:
        raise ValueError("the zone has room for a day on which the card ends, and none for a card without end")
    nationality = _CITIZENSHIPS.get(biodata.citizenship, biodata.citizenship)
    if not _STATE.fullmatch(nationality) or nationality == "WNA":  # of another state, and does not say of which
        raise ValueError("citizenship is neither WNI nor a state's code of three letters")
    upper = f"{document_code:<<2}{state}{number:<<9}{check_digit(f'{number:<<9}')}".ljust(LINE, "<")
    birth = _digits(biodata.birth_date)
    expiry = _digits(biodata.valid_until)
    middle = f"{birth}{check_digit(birth)}{_SEXES[biodata.sex]}{expiry}{check_digit(expiry)}{nationality}".ljust(
        29, "<"
    )
    total = check_digit(upper[5:30] + middle[0:7] + middle[8:15] + middle[18:29])
    return (upper + middle + total + _names(biodata.name)).encode("ascii")


def read_mrz(octets: bytes) -> Mrz:
    """Take a zone apart.

    Raises
    ------
    ValueError
        Its length, characters, sex or a check digit is wrong; names the field, never its value.
    """
    try:
        text = octets.decode("ascii")
    except UnicodeDecodeError:
        raise ValueError("the zone is not ASCII") from None
    if len(text) != LENGTH or not _CHARACTERS.fullmatch(text):
        raise ValueError(f"the zone is not {LENGTH} of A-Z, 0-9 and <")
    upper, middle, names = text[:LINE], text[LINE : 2 * LINE], text[2 * LINE :]
    number, optional = upper[5:14], upper[15:30]
    if upper[14] == "<":  # a longer number goes on in the optional field (9303-5, 4.2.4)
        rest = optional.split("<")[0]
        whole, digit, optional = number + rest[:-1], rest[-1:], optional[len(rest) + 1 :]
    else:
        whole, digit = number, upper[14]
    total = upper[5:30] + middle[0:7] + middle[8:15] + middle[18:29]
    fields = (("number", whole, digit), ("birth", middle[0:6], middle[6]), ("expiry", middle[8:14], middle[14]))
    for name, value, expected in (*fields, ("zone as a whole", total, middle[29])):
        if check_digit(value) != expected:
            raise ValueError(f"the check digit of the {name} is wrong")
    sexes = {"M": Sex.MALE, "F": Sex.FEMALE, "<": Sex.UNSPECIFIED}
    if middle[7] not in sexes:
        raise ValueError("the sex is none of M, F and <")
    return Mrz(
        upper[:2].rstrip("<"),
        upper[2:5].rstrip("<"),
        whole.rstrip("<"),
        optional.rstrip("<"),
        middle[0:6],
        sexes[middle[7]],
        middle[8:14],
        middle[15:18].rstrip("<"),
        middle[18:29].rstrip("<"),
        names.rstrip("<"),
    )


def _digits(day: date | None) -> str:
    return "<<<<<<" if day is None else f"{day:%y%m%d}"


def _names(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.upper().translate(_LETTERS))
    words = re.split(
        r"[\s,.-]+", "".join(each for each in plain if not unicodedata.combining(each) and each not in _DROPPED)
    )
    written = "<".join(word for word in words if word)
    if not written or not re.fullmatch(r"[A-Z<]+", written):
        raise ValueError("the name is missing, or has letters that the zone has not")
    return written[:LINE].ljust(LINE, "<")
