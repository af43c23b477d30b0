"""What is said to a test card, written down exchange by exchange for the procedures to measure.

Only one scratch file is ever written, and only one that this conversation made: it begins with a mark. So nothing has
to be put back after a pulled cable or a power cut; the next run finds its own file, and takes it over.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from threading import Event
from time import monotonic
from typing import TypeVar

from calibration.errors import CardUnfit
from drivers import (
    CaptureCancelled,
    CardLost,
    CardProtocol,
    CardTimeout,
    CardUnusable,
    CardWriter,
    CommandApdu,
    DeviceUnsupported,
    ResponseApdu,
    status_text,
)

MARK = b"REKAM TEST FILE\x00"
FILE_ID = 0x7E57
PATTERN_BYTES = 112
MAX_RETRIES = 3
MAX_FAILED_IN_A_ROW = 5
_TIMEOUT_S = 10.0
_SELECT, _READ, _UPDATE, _CREATE, _DELETE = 0xA4, 0xB0, 0xD6, 0xE0, 0xE4
_ROOT = b"\x3f\x00"
_NOT_FOUND = 0x6A82
_Given = TypeVar("_Given")


@dataclass(frozen=True)
class PowerUp:
    """One reset of the card: the answer to it, or why there was none."""

    seconds: float
    atr: bytes
    failure: str = ""


@dataclass(frozen=True)
class Cycle:
    """One pattern written, read back and compared.

    Parameters
    ----------
    retries : int
        Exchanges that had to be made again.
    select_s, write_s, read_s : tuple of float
        Times of the exchanges that went well.
    bytes_written : int
    bits_compared, bits_wrong : int
    failure : str
        Why the cycle was given up; empty where it was not.
    refusals : tuple of int
        Status words other than 9000, in order.
    """

    retries: int
    select_s: tuple[float, ...]
    write_s: tuple[float, ...]
    read_s: tuple[float, ...]
    bytes_written: int
    bits_compared: int
    bits_wrong: int
    failure: str = ""
    refusals: tuple[int, ...] = ()


@dataclass(frozen=True)
class CardExercise:
    """All that was written down.

    Parameters
    ----------
    protocol : CardProtocol
    cycles : tuple of Cycle
    left_behind : str
        Why the scratch file could not be deleted; empty where it was.
    stopped : str
        Why fewer cycles were made than asked; empty where they were not.
    """

    protocol: CardProtocol
    cycles: tuple[Cycle, ...]
    left_behind: str = ""
    stopped: str = ""


def power_ups(
    writer: CardWriter,
    times: int,
    cancel: Event,
    *,
    clock: Callable[[], float] = monotonic,
    lost_within_s: float | None = None,
) -> tuple[PowerUp, ...]:
    """Reset the card so many times, and write down its answers.

    Parameters
    ----------
    writer : CardWriter
    times : int
    cancel : Event
    clock : callable
        Seconds.
    lost_within_s : float, optional
        A card that the reader does not find within that time is written down as one that did not answer: it is too far
        away. By default it is waited for, and that none came is an error.

    Raises
    ------
    CaptureCancelled, CardTimeout, DeviceLost
        As the writer says; a card that is mute, or was lost, is written down and no error.
    """
    found = []
    for _ in range(times):
        if cancel.is_set():
            raise CaptureCancelled("the test of the card was cancelled")
        began = clock()
        try:
            # A card that is held is reset by that.
            card = writer.await_card(_TIMEOUT_S if lost_within_s is None else lost_within_s, cancel)
            found.append(PowerUp(clock() - began, card.atr))
        except (CardUnusable, CardLost) as error:
            found.append(PowerUp(clock() - began, b"", str(error)))
        except CardTimeout as error:
            if lost_within_s is None:
                raise
            found.append(PowerUp(clock() - began, b"", str(error)))
    return tuple(found)


def exercise(
    writer: CardWriter,
    cycles: int,
    cancel: Event,
    *,
    clock: Callable[[], float] = monotonic,
    told: Callable[[float], None] | None = None,
    seed: int = 0,
) -> CardExercise:
    """Write, read back and compare a pattern so many times in a file made for it, then delete the file.

    Parameters
    ----------
    writer : CardWriter
        With a test card in it, or about to be.
    cycles : int
    cancel : Event
    clock : callable
        Seconds.
    told : callable, optional
        Called with the share that is done.
    seed : int
        Of the patterns.

    Raises
    ------
    CardUnfit
        It does not let the file be made: it is no test card. Nothing was written.
    CaptureCancelled, CardTimeout, DeviceLost
        As the writer says. The file is deleted first where the card can still be reached.
    """
    if cycles < 1:
        raise ValueError(f"at least one cycle is made, not {cycles}")
    writer.await_card(_TIMEOUT_S, cancel)
    talk = _Conversation(writer, cancel, clock)
    random = Random(seed)  # noqa: S311 - patterns, no secret
    made: list[Cycle] = []
    stopped = ""
    with talk.scratch_file():
        protocol = talk.protocol
        for number in range(cycles):
            if cancel.is_set():
                raise CaptureCancelled("the test of the card was cancelled; its file was deleted")
            made.append(talk.cycle(_pattern(number, random)))
            if told is not None:
                told((number + 1) / cycles)
            if len(made) >= MAX_FAILED_IN_A_ROW and all(cycle.failure for cycle in made[-MAX_FAILED_IN_A_ROW:]):
                stopped = f"{MAX_FAILED_IN_A_ROW} cycles in a row failed: {made[-1].failure}"
                break
    return CardExercise(protocol, tuple(made), talk.left_behind, stopped)


def _pattern(number: int, random: Random) -> bytes:
    """All zeros, all ones, alternating, and from then on any: cells stuck at either value, and lines that touch."""
    fixed = (b"\x00", b"\xff", b"\x55", b"\xaa")
    return fixed[number] * PATTERN_BYTES if number < len(fixed) else random.randbytes(PATTERN_BYTES)


def _is_marked(begun: bytes) -> bool:
    """Whether a file is a test's: marked, or cut off by a power cut before the mark was whole.

    What was not written yet is as memory is made, all zeros or all ones.
    """
    cuts = range(len(MARK) + 1)
    return any(begun == MARK[:cut] + blank * (len(MARK) - cut) for cut in cuts for blank in (b"\x00", b"\xff"))


class _Refused(Exception):
    """The card answered with a status word that was not wanted."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{status_text(sw)} (SW {sw:04X})")
        self.sw = sw


class _Conversation:
    """With the card in the writer; finds back to the file after a card that was lost."""

    def __init__(self, writer: CardWriter, cancel: Event, clock: Callable[[], float]) -> None:
        self._writer, self._cancel, self._clock = writer, cancel, clock
        self.left_behind = ""
        self._retries = 0
        self._times: dict[int, list[float]] = {}
        self._refusals: list[int] = []

    @property
    def protocol(self) -> CardProtocol:
        card = self._writer.card
        if card is None:
            raise CardUnfit("the card was lost before the test began; put it in again, and leave it in")
        return card.protocol

    @contextmanager
    def scratch_file(self) -> Iterator[None]:
        """The file, made before the block and deleted after it however that ends."""
        try:
            self._again(self._make_file)
        except (_Refused, CardLost, CardUnusable, DeviceUnsupported) as error:
            raise CardUnfit(f"no test file can be made on this card: {error}; use a blank test card") from error
        try:
            yield
        finally:
            self._delete_file()

    def cycle(self, pattern: bytes) -> Cycle:
        self._retries, self._times, self._refusals = 0, {}, []
        read, failure = b"", ""
        written = 0
        try:
            self._again(self._select)
            self._again(lambda: self._update(pattern))
            written = len(pattern)
            read = self._again(lambda: self._read(len(pattern), len(MARK)))
        except (CardLost, CardUnusable, CardTimeout, _Refused) as error:
            failure = str(error)
        wrong = sum((a ^ b).bit_count() for a, b in zip(pattern, read, strict=False)) + 8 * (
            len(pattern) - len(read) if not failure else 0
        )
        select, write, seen = (tuple(self._times.get(ins, ())) for ins in (_SELECT, _UPDATE, _READ))
        bits = 0 if failure else 8 * len(pattern)
        return Cycle(self._retries, select, write, seen, written, bits, wrong, failure, tuple(self._refusals))

    def _make_file(self) -> None:
        answer = self._answer(_SELECT, 0x00, 0x0C, _ROOT)
        answer = self._answer(_SELECT, 0x00, 0x0C, FILE_ID.to_bytes(2, "big"))
        if answer.sw == _NOT_FOUND:
            size = len(MARK) + PATTERN_BYTES
            body = b"\x80\x02" + size.to_bytes(2, "big") + b"\x82\x01\x01\x83\x02" + FILE_ID.to_bytes(2, "big")
            self._wanted(self._answer(_CREATE, 0x00, 0x00, bytes((0x62, len(body))) + body))
        elif not answer.ok:
            raise _Refused(answer.sw)
        else:
            begun = self._read(len(MARK), 0)
            if not _is_marked(begun):
                raise CardUnfit(f"the card has a file {FILE_ID:04X} that is not a test's; use a blank test card")
        self._wanted(self._answer(_UPDATE, 0x00, 0x00, MARK))

    def _delete_file(self) -> None:
        try:
            self._again(self._select)
            self._again(lambda: self._wanted(self._answer(_DELETE, 0x00, 0x00)))
        except Exception as error:  # what ended the block is told, not what cleaning up met
            self.left_behind = f"the test file {FILE_ID:04X} is still on the card: {error}"

    def _again(self, step: Callable[[], _Given]) -> _Given:
        """A step, made again after a lost card or a refusal, a few times."""
        for attempt in range(MAX_RETRIES + 1):
            try:
                return step()
            except (CardLost, CardUnusable, _Refused) as error:
                if attempt == MAX_RETRIES:
                    raise
                self._retries += 1
                if not isinstance(error, _Refused):
                    self._hold_again()
        raise AssertionError("the last attempt returns or raises")

    def _hold_again(self) -> None:
        try:
            self._writer.await_card(_TIMEOUT_S, self._cancel)
            self._select()
        except (CardLost, CardUnusable, _Refused):
            return  # the step will find out, and is counted

    def _select(self) -> None:
        self._wanted(self._answer(_SELECT, 0x00, 0x0C, _ROOT))
        self._wanted(self._answer(_SELECT, 0x00, 0x0C, FILE_ID.to_bytes(2, "big")))

    def _update(self, pattern: bytes) -> None:
        self._wanted(self._answer(_UPDATE, len(MARK) >> 8, len(MARK) & 0xFF, pattern))

    def _read(self, count: int, offset: int) -> bytes:
        return self._wanted(self._answer(_READ, offset >> 8, offset & 0xFF, ne=count)).data

    def _answer(self, ins: int, p1: int, p2: int, data: bytes = b"", ne: int = 0) -> ResponseApdu:
        began = self._clock()
        answer = self._writer.transmit(CommandApdu(0x00, ins, p1, p2, data, ne))
        if answer.ok:
            self._times.setdefault(ins, []).append(self._clock() - began)
        else:
            self._refusals.append(answer.sw)
        return answer

    def _wanted(self, answer: ResponseApdu) -> ResponseApdu:
        if not answer.ok:
            raise _Refused(answer.sw)
        return answer
