"""What every secured session with a card is to those who use it, and how one lives and dies."""

from collections.abc import Callable
from threading import Lock
from typing import NoReturn, Protocol

from drivers import CommandApdu, ResponseApdu
from gateway.card.errors import SessionDead

Transmit = Callable[[CommandApdu], ResponseApdu]
"""Carries one APDU to the card and gives the whole answer, as `CardWriter.transmit`; its errors pass through."""

MAX_SHORT_BLOCK = 0xDF
"""Bytes of data, either way, that fit the short form under any of the protocols and key lengths here."""


class SecureSession(Protocol):
    """A conversation with a card under keys that both sides proved to know.

    It takes commands as they would be sent plainly, and gives answers as they would have come plainly. After any fault
    it is dead, whoever's fault it was: its keys are forgotten, and no counter of it is ever used again.
    """

    @property
    def alive(self) -> bool:
        """Whether it may still be used."""
        ...

    @property
    def max_block(self) -> int:
        """The most bytes of command data, and of response data, that one command may carry."""
        ...

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command secured, and give the answer that was checked.

        Raises
        ------
        ValueError
            The command cannot be secured: too long, or of a class that is none of this protocol's. Nothing was sent,
            and the session lives.
        SessionDead
            The answer was not secured as it must be, or the session was dead before. Whether the card carried the
            command out is not known.
        Exception
            Whatever the transport raised; the session is dead.
        """
        ...

    def close(self) -> None:
        """End it, and forget its keys."""
        ...


class SessionLife:
    """Whether a session is alive, and a turn for each command: two threads cannot use one counter.

    Parameters
    ----------
    forget : callable
        Overwrites the keys; may be called again.
    """

    def __init__(self, forget: Callable[[], None]) -> None:
        self._forget = forget
        self._cause: str | None = None
        self._turn = Lock()

    @property
    def alive(self) -> bool:
        """Whether nothing ended it."""
        return self._cause is None

    def end(self, cause: str) -> None:
        """End it; a second cause changes nothing.

        A command that is under way in another thread is finished first with the keys it began with: half of it under
        overwritten ones would be as good as plain. Then they are forgotten.
        """
        self._note(cause)
        self._erase()

    def _note(self, cause: str) -> None:
        if self._cause is None:
            self._cause = cause

    def _erase(self) -> None:
        if self._turn.acquire(blocking=False):
            try:
                self._forget()
            finally:
                self._turn.release()

    def fail(self, cause: str) -> NoReturn:
        """End it and say so.

        Raises
        ------
        SessionDead
            Always.
        """
        self.end(cause)
        raise SessionDead(cause)

    def turn(self, exchange: Callable[[CommandApdu], ResponseApdu], command: CommandApdu) -> ResponseApdu:
        """Carry out one exchange, alone; whatever it raises ends the session, an interrupt too.

        Raises
        ------
        SessionDead
            It was dead, or `exchange` ended it.
        """
        try:
            with self._turn:
                if self._cause is not None:
                    raise SessionDead(self._cause)
                try:
                    return exchange(command)
                except SessionDead as dead:
                    # This one's, or that of a session through which this one travels.
                    self._note(dead.cause)
                    raise
                except BaseException as error:
                    # The class names what happened; the text of an unknown error might hold what must not be told.
                    self._note(f"a command failed on its way ({type(error).__name__})")
                    raise
        finally:
            if self._cause is not None:
                self._erase()
