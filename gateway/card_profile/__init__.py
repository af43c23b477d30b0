"""What stands on a card: profiles as data, and the bytes of a person's card by them; the face of the room."""

from gateway.card_profile.profile import (
    Application,
    CardFile,
    CardImage,
    CardProfile,
    Channel,
    Condition,
    Diversification,
    HolderRule,
    Operation,
)

__all__ = [
    "Application",
    "CardFile",
    "CardImage",
    "CardProfile",
    "Channel",
    "Condition",
    "Diversification",
    "HolderRule",
    "Operation",
]
