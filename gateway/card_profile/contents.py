"""Every content that a profile may ask for, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.card_profile.biodata import decode_biodata, encode_biodata
from gateway.card_profile.content_kind import ContentKind, Making, not_fitting
from gateway.card_profile.finger_template import FINGER_TEMPLATE
from gateway.card_profile.handed_in import CARD_ACCESS, CERTIFICATE, DG14, DG15, SOD
from gateway.card_profile.lds import COM, DG1, DG2, DG3
from gateway.card_profile.person import Biodata
from gateway.card_profile.pkcs15 import AODF, CDF, DIR, DODF, ODF, TOKEN_INFO
from gateway.card_profile.portrait import PORTRAIT
from gateway.card_profile.profile import CardFile, CardProfile
from gateway.card_profile.seal import SEAL
from gateway.card_profile.signature_image import SIGNATURE
from gateway.guidance import LocalizedText


def _make_biodata(file: CardFile, making: Making) -> bytes:
    content = encode_biodata(making.person.biodata, making.random)
    if len(content) > file.limit:
        raise not_fitting(
            file,
            LocalizedText(
                id=f"Biodata berukuran {len(content)} bita, batasnya {file.limit}.",
                en=f"The biodata have {len(content)} bytes, the file at most {file.limit}.",
            ),
        )
    return content


def _read_biodata(profile: CardProfile, file: CardFile, content: bytes) -> Biodata:
    return decode_biodata(content)


BIODATA = ContentKind("biodata", _make_biodata, _read_biodata, personal=True)

CONTENTS: Mapping[str, ContentKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            BIODATA,
            PORTRAIT,
            SIGNATURE,
            FINGER_TEMPLATE,
            CERTIFICATE,
            SEAL,
            COM,
            DG1,
            DG2,
            DG3,
            DG14,
            DG15,
            SOD,
            CARD_ACCESS,
            DIR,
            ODF,
            CDF,
            DODF,
            AODF,
            TOKEN_INFO,
        )
    }
)
