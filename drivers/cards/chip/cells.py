"""The chip's lasting memory: cells that are programmed one at a time, a journal, and power that may fail in between."""

from collections.abc import Hashable, Mapping
from typing import Any

PAGE = 32
"""Bytes of one cell of file content; EEPROM of smart cards is programmed in pages of 32 to 128 bytes."""

Key = tuple[int, Hashable]


class PowerLostError(Exception):
    """The chip lost its power in the middle of what it did; only `Cells.recover` may follow."""


class Cells:
    """Cells by key; a key's first part is the number of the file, or whatever, that it belongs to.

    Each step programs one cell, one entry of the journal, or the journal's flag. Power can be made to fail in any
    step: the cell is then left half written, an entry of the journal missing, the flag as it was. The journal keeps
    the old values (an undo journal), so that `recover` finds either all of a change or nothing of it; power may fail
    in `recover`, too.
    """

    def __init__(self) -> None:
        self._cells: dict[Key, Any] = {}
        self._journal: list[tuple[Key, Any]] = []
        self._journal_valid = False
        self._steps_left: int | None = None
        self.steps = 0
        """Steps since the beginning."""

    def lose_power_after(self, steps: int | None) -> None:
        """Fail in the step that follows `steps` more; None: in no step."""
        self._steps_left = steps

    def get(self, key: Key) -> Any:
        """The value of a cell; None where there is none."""
        return self._cells.get(key)

    def taken(self) -> list[Key]:
        """The keys of all cells there are."""
        return list(self._cells)

    def change(self, values: Mapping[Key, Any], *, journalled: bool = True) -> None:
        """Give cells new values, None to free one.

        Raises
        ------
        PowerLostError
            Power failed; a journalled change is whole or undone after `recover`, another may be torn at any cell.
        """
        if journalled:
            for key in values:
                self._step()
                self._journal.append((key, self._cells.get(key)))
            self._step()
            self._journal_valid = True
        for key, value in values.items():
            self._program(key, value)
        if journalled:
            self._step()
            self._journal_valid = False
            self._journal.clear()

    def recover(self) -> None:
        """What the chip does first when it has power: undo a change that was cut short."""
        if self._journal_valid:
            for key, value in self._journal:
                self._program(key, value)
            self._step()
            self._journal_valid = False
        self._journal.clear()

    def _program(self, key: Key, value: Any) -> None:
        try:
            self._step()
        except PowerLostError:
            old = self._cells.get(key)
            if isinstance(value, bytes) and isinstance(old, bytes):
                half = len(value) // 2
                self._cells[key] = value[:half] + b"\xff" * (len(old) - half)
            else:
                self._cells.pop(key, None)
            raise
        if value is None:
            self._cells.pop(key, None)
        else:
            self._cells[key] = value

    def _step(self) -> None:
        if self._steps_left is not None:
            if self._steps_left == 0:
                self._steps_left = None
                raise PowerLostError
            self._steps_left -= 1
        self.steps += 1
