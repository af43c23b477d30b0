"""What is true of the way between a synthetic reader and its card: noise, time and reach."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from math import exp, inf, isfinite
from random import Random

from drivers.truth_option import check_known, truth_of

READ_BINARY = 0xB0


@dataclass(frozen=True)
class LineTruth:
    """One reader with one card. What is measured of it can be held against this.

    Parameters
    ----------
    bit_error_rate : float
        Of bits that are read wrongly and go unnoticed by the protocol.
    refused : float
        Share of commands that the card answers with 6F00 and does not carry out.
    lost : float
        Share of commands at which the card drops out of the field.
    command_s, byte_s, power_up_s : float
        Time of a command, of each byte of it and of its answer, and of a reset.
    spread : float
        By which times scatter upwards, as a share: exponentially.
    reach_mm : float
        Distance at which a card answers half of its resets; `inf` for a reader with contacts.
    reach_softness_mm : float
    seed : int
    """

    bit_error_rate: float = 0.0
    refused: float = 0.0
    lost: float = 0.0
    command_s: float = 0.004
    byte_s: float = 1e-4
    power_up_s: float = 0.12
    spread: float = 0.1
    reach_mm: float = inf
    reach_softness_mm: float = 0.4
    seed: int = 0

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in (self.bit_error_rate, self.refused, self.lost)):
            raise ValueError("bit_error_rate, refused and lost are shares of 0 to 1")
        times = (self.command_s, self.byte_s, self.power_up_s, self.spread, self.reach_softness_mm)
        if not all(isfinite(value) and value >= 0 for value in times) or not self.reach_mm > 0:
            raise ValueError("times must be finite and not negative, and reach_mm positive")


def drawn_line(seed: int, *, contactless: bool) -> LineTruth:
    """A reader and card as good as new, for a serial number: and without a fault that would lose writes."""
    random = Random(seed)  # noqa: S311 - a drawn device, no secret
    return LineTruth(
        command_s=random.uniform(0.003, 0.006),
        byte_s=random.uniform(0.8e-4, 1.2e-4),
        power_up_s=random.uniform(0.09, 0.15),
        spread=random.uniform(0.05, 0.15),
        reach_mm=random.uniform(25, 40) if contactless else inf,
        seed=seed,
    )


def line_of(
    options: "LineTruth | Mapping[str, float] | str", serial_seed: int = 0, *, contactless: bool = False
) -> "CardLine":
    """A line of a truth, of one made of plain options as a configuration has them, or of one drawn for a serial number.

    Parameters
    ----------
    options : LineTruth, mapping or str
        `DRAWN`, or values by the names of `LineTruth`'s fields.
    serial_seed : int
    contactless : bool
        The drawn reader has no contacts, and so a reach.

    Raises
    ------
    ValueError
        No such option; the message lists those there are. A value out of range.
    """
    drawn = partial(drawn_line, serial_seed, contactless=contactless)
    return CardLine(truth_of(options, LineTruth, "of a card writer", drawn, _of_values))


def _of_values(options: Mapping[str, float]) -> LineTruth:
    check_known(options, [field.name for field in fields(LineTruth)], "of a card writer")
    plain = {name: float(value) for name, value in options.items() if name != "seed"}
    return LineTruth(**plain, seed=int(options.get("seed", 0)))


class CardLine:
    """The line at work; it has a clock of its own, so that nobody has to wait for what it takes."""

    def __init__(self, truth: LineTruth | None = None) -> None:
        self.truth = truth or LineTruth()
        self.distance_mm = 0.0
        """Of the card from the reader; may be set at any time."""
        self._random = Random(self.truth.seed)  # noqa: S311 - noise, no secret
        self._now = 0.0

    def now(self) -> float:
        """Seconds that all has taken so far."""
        return self._now

    def powers_up(self) -> bool:
        """Whether the card answers this reset; its time passes."""
        self._pass(self.truth.power_up_s)
        if self.truth.reach_mm == inf:
            return True
        beyond = (self.distance_mm - self.truth.reach_mm) / max(self.truth.reach_softness_mm, 1e-6)
        return self._random.random() >= 1 / (1 + exp(-max(-60.0, min(60.0, beyond))))

    def drops(self) -> bool:
        """Whether the card is lost at this command."""
        return self.truth.lost > 0 and self._random.random() < self.truth.lost

    def refuses(self) -> bool:
        """Whether the card refuses this command."""
        return self.truth.refused > 0 and self._random.random() < self.truth.refused

    def carried(self, command: bytes, answer: bytes) -> bytes:
        """The answer as it arrives; its time passes."""
        self._pass(self.truth.command_s + self.truth.byte_s * (len(command) + len(answer)))
        if not self.truth.bit_error_rate or command[1] != READ_BINARY:
            return answer
        octets = bytearray(answer)
        for bit in range(8 * max(0, len(octets) - 2)):  # a wrong status word would not go unnoticed
            if self._random.random() < self.truth.bit_error_rate:
                octets[bit // 8] ^= 1 << bit % 8
        return bytes(octets)

    def _pass(self, seconds: float) -> None:
        late = self._random.expovariate(1.0) if self.truth.spread else 0.0
        self._now += seconds * (1 + self.truth.spread * late)
