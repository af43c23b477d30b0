"""What is said to a smart card under keys, and what is believed of its answers; the face of the room.

Pure: it takes whatever carries one APDU to a card and brings the answer back, and knows neither readers nor files.
"""

from gateway.card.bac import open_bac
from gateway.card.card_access import PaceOffer, pace_offers
from gateway.card.cmac_keys import Asked, CmacKeys, CmacMaker
from gateway.card.errors import (
    CardNotTrusted,
    CardSecurityError,
    MalformedCardData,
    ModulePinRefused,
    PasswordRefused,
    SessionDead,
    UnsupportedByCard,
)
from gateway.card.pace import open_pace
from gateway.card.passive_authentication import PassiveFailure, PassiveFault, PassiveVerdict, authenticate_passively
from gateway.card.printed_password import CardAccessNumber, MrzPassword, check_digit
from gateway.card.scp03 import Scp03Session, SecurityLevel, open_scp03
from gateway.card.scp03_keys import (
    CardKeys,
    DiversifiedKeys,
    KeySource,
    Scp03Keys,
    StaticKeys,
    diversified_keys,
    public_test_keys,
    session_keys,
)
from gateway.card.secure_messaging import SecureMessaging
from gateway.card.secure_session import MAX_SHORT_BLOCK, SecureSession, Transmit
from gateway.card.security_module import ModuleAccess, module_cmacs
from gateway.card.security_object import SecurityObject, read_security_object
from gateway.card.tlv import DataObject, data_object, data_objects, objects_by_tag, only_object

__all__ = [
    "MAX_SHORT_BLOCK",
    "Asked",
    "CardAccessNumber",
    "CardKeys",
    "CardNotTrusted",
    "CardSecurityError",
    "CmacKeys",
    "CmacMaker",
    "DataObject",
    "DiversifiedKeys",
    "KeySource",
    "MalformedCardData",
    "ModuleAccess",
    "ModulePinRefused",
    "MrzPassword",
    "PaceOffer",
    "PassiveFailure",
    "PassiveFault",
    "PassiveVerdict",
    "PasswordRefused",
    "Scp03Keys",
    "Scp03Session",
    "SecureMessaging",
    "SecureSession",
    "SecurityLevel",
    "SecurityObject",
    "SessionDead",
    "StaticKeys",
    "Transmit",
    "UnsupportedByCard",
    "authenticate_passively",
    "check_digit",
    "data_object",
    "data_objects",
    "diversified_keys",
    "module_cmacs",
    "objects_by_tag",
    "only_object",
    "open_bac",
    "open_pace",
    "open_scp03",
    "pace_offers",
    "public_test_keys",
    "read_security_object",
    "session_keys",
]
