"""How many bytes a second come in, and what one more upload would add; times are seconds that are given."""

from gateway.central.turns import Intake

_YOUNG_S = 2.0
"""Before that, an upload's rate is not known: it counts as a usual one."""
_TELLING_BYTES = 64 << 10
"""Shorter uploads say more of the calls than of the line."""
_WEIGHT = 0.05
_FIRST_GUESS_BYTES_PER_S = 125_000.0
"""A line of 1 Mbit/s."""


class UploadIntake:
    """What came of one upload."""

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.received = 0


class IntakeMeter:
    """Measures all uploads that are under way."""

    def __init__(self) -> None:
        self._under_way: set[UploadIntake] = set()
        self._s_per_byte = 1 / _FIRST_GUESS_BYTES_PER_S

    def begin(self, now: float) -> UploadIntake:
        """One more upload; add to its `received`, and `end` it."""
        upload = UploadIntake(now)
        self._under_way.add(upload)
        return upload

    def end(self, upload: UploadIntake, now: float) -> None:
        """An upload is over, whole or not."""
        self._under_way.discard(upload)
        if upload.received >= _TELLING_BYTES:
            # Means of the time that a byte takes: slow lines are under way for longer, and there are more of them.
            taken = max(now - upload.began_s, 1e-3) / upload.received
            self._s_per_byte += _WEIGHT * (taken - self._s_per_byte)

    def intake(self, now: float) -> Intake:
        """Of now."""
        typical = 1 / self._s_per_byte
        rates = (
            typical if now - each.began_s < _YOUNG_S else each.received / (now - each.began_s)
            for each in self._under_way
        )
        return Intake(sum(rates), typical)
