"""People whose card is still to be made: what it needs of them, from the seal until then; the face of the room.

The sealed packet is encrypted to the centre, and the office cannot open it again.
"""

from gateway.card_holders.errors import (
    HolderError,
    HoldersDamaged,
    HoldersFull,
    HoldersTooNew,
    HoldersUnwritable,
    HolderUnfit,
    HolderUnknown,
)
from gateway.card_holders.fingers import FINGERS_KEPT, RatedFinger, fingers_for_card
from gateway.card_holders.purger import CardHolderPurger
from gateway.card_holders.store import CardHolders

__all__ = [
    "FINGERS_KEPT",
    "CardHolderPurger",
    "CardHolders",
    "HolderError",
    "HolderUnfit",
    "HolderUnknown",
    "HoldersDamaged",
    "HoldersFull",
    "HoldersTooNew",
    "HoldersUnwritable",
    "RatedFinger",
    "fingers_for_card",
]
