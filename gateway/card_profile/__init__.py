"""What stands on a card: profiles as data, and the bytes of a person's card by them; the face of the room.

Pure: it knows neither readers nor journals; keys sign through what is handed in.
"""

from gateway.card_profile.card_image import (
    CardContents,
    ContentFault,
    card_image,
    personal_contents,
    read_contents,
    template_of,
)
from gateway.card_profile.content_kind import Reduce
from gateway.card_profile.contents import CONTENTS
from gateway.card_profile.errors import CardProfileProblem, ContentFaultCode, ContentProblem, MalformedContent
from gateway.card_profile.finding import Finding, FindingLevel
from gateway.card_profile.finger_template import CardFinger
from gateway.card_profile.lds import CommonData, DocumentFinger, data_groups
from gateway.card_profile.mrz import Mrz, mrz_of, read_mrz
from gateway.card_profile.person import LIFELONG, Biodata, CardPerson, FingerScan, Picture, Sex
from gateway.card_profile.picture import CardPicture
from gateway.card_profile.pkcs15 import CardInfo, DirectoryEntry, ListedObject
from gateway.card_profile.profile import (
    DF_OPERATIONS,
    EF_OPERATIONS,
    Application,
    CardFile,
    CardImage,
    CardProfile,
    Channel,
    Condition,
    Diversification,
    HolderRule,
    Operation,
    OptionValue,
)
from gateway.card_profile.profile_lint import lint
from gateway.card_profile.profile_reading import builtin_profiles, load_profile, read_profile
from gateway.card_profile.seal import SealStatement
from gateway.card_profile.seal_check import SealFailure, SealFault, SealTrust, SealVerdict, check_seal

__all__ = [
    "CONTENTS",
    "DF_OPERATIONS",
    "EF_OPERATIONS",
    "LIFELONG",
    "Application",
    "Biodata",
    "CardContents",
    "CardFile",
    "CardFinger",
    "CardImage",
    "CardInfo",
    "CardPerson",
    "CardPicture",
    "CardProfile",
    "CardProfileProblem",
    "Channel",
    "CommonData",
    "Condition",
    "ContentFault",
    "ContentFaultCode",
    "ContentProblem",
    "DirectoryEntry",
    "Diversification",
    "DocumentFinger",
    "Finding",
    "FindingLevel",
    "FingerScan",
    "HolderRule",
    "ListedObject",
    "MalformedContent",
    "Mrz",
    "Operation",
    "OptionValue",
    "Picture",
    "Reduce",
    "SealFailure",
    "SealFault",
    "SealStatement",
    "SealTrust",
    "SealVerdict",
    "Sex",
    "builtin_profiles",
    "card_image",
    "check_seal",
    "data_groups",
    "lint",
    "load_profile",
    "mrz_of",
    "personal_contents",
    "read_contents",
    "read_mrz",
    "read_profile",
    "template_of",
]
