"""Whose card it is: what an office keeps of a person until their card is made."""

from typing import Protocol

from gateway.card_holders.errors import unknown
from gateway.card_profile import CardPerson


class CardPeople(Protocol):
    """Gives people of sealed enrolments; any thread may call."""

    def person(self, enrolment_id: str) -> CardPerson:
        """Biodata with the reference alone, portrait, signature and templates.

        Raises
        ------
        HolderUnknown
            Nothing is kept of this enrolment.
        HolderError, KeyProblem
            It cannot be read now.
        """
        ...

    def forget(self, enrolment_id: str) -> object:
        """Erase what is kept: the card is made."""
        ...


class NobodyKept:
    """Of an office that keeps nobody for a card: it makes those alone that a centre hands in."""

    def person(self, enrolment_id: str) -> CardPerson:
        """`HolderUnknown`."""
        raise unknown(enrolment_id)

    def forget(self, enrolment_id: str) -> object:
        """There is nothing."""
        return None
