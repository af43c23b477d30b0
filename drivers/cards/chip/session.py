"""What a chip remembers while it has power, and which file a command means (ISO/IEC 7816-4:2013, 7.3 and 11.1)."""

from drivers.cards.chip.files import Files
from drivers.cards.chip.header import ALWAYS, MF, NEVER, WITH_CHANNEL, FileHeader, LifeCycle
from drivers.cards.chip.pins import Pins
from drivers.cards.chip.refusal import Refused


class Session:
    """Current files and record, from power-up to power-down."""

    def __init__(self, files: Files, pins: Pins) -> None:
        self.files = files
        self.pins = pins
        self._directory = files.root.number
        self._elementary: int | None = None
        self.record = 0
        """Number of the current record; 0 for none."""
        self.secured = False
        """Whether the command that is carried out came over the secure channel."""

    @property
    def directory(self) -> FileHeader:
        """The current dedicated file."""
        return self.files.header(self._directory)

    @property
    def current(self) -> FileHeader:
        """The file selected last, of either kind."""
        return self.files.header(self._directory if self._elementary is None else self._elementary)

    def elementary(self, sfi: int) -> FileHeader:
        """The elementary file with this short identifier, which becomes current; for 0 the current one.

        Raises
        ------
        Refused
            6A82: no such file. 6986: none is current.
        """
        if sfi:
            found = [h for h in self.files.children(self.directory) if h.sfi == sfi]
            if not found:
                raise Refused(0x6A82)
            self.enter(found[0])
        if self._elementary is None:
            raise Refused(0x6986)
        return self.files.header(self._elementary)

    def enter(self, header: FileHeader) -> None:
        """Make a file current."""
        self.record = 0
        if header.dedicated:
            self._directory, self._elementary = header.number, None
        else:
            self._directory, self._elementary = header.parent, header.number

    def allow(self, header: FileHeader, operation: str) -> None:
        """Let an operation on a file pass, or not.

        Until a file is activated its access conditions do not hold: that is the issuer's time (7816-9).

        Raises
        ------
        Refused
            6982: the condition is not met. 6985: the file's life is in a state that forbids it.
        """
        content = operation in ("read", "update", "write", "create_df", "create_ef", "delete_child")
        if header.life is LifeCycle.TERMINATED and operation != "delete":
            raise Refused(0x6985)
        if header.life is LifeCycle.DEACTIVATED and content:
            raise Refused(0x6985)
        if header.life in (LifeCycle.CREATION, LifeCycle.INITIALISATION):
            return
        condition = header.access.get(operation, ALWAYS)
        if condition == WITH_CHANNEL:
            if not self.secured:
                raise Refused(0x6982)
            return
        if condition == NEVER or (condition != ALWAYS and not self.pins.verified(condition & 0xF)):
            raise Refused(0x6982)

    def find(self, how: int, wanted: bytes, occurrence: int) -> FileHeader:
        """The file that a SELECT with P1 `how` means.

        Raises
        ------
        Refused
            6A82: there is none. 6A86: no such way. 6A87: `wanted` has the wrong length for it.
        """
        if how == 0x04:
            return self._by_name(wanted, occurrence)
        if how in (0x08, 0x09):
            return self._by_path(self.files.root if how == 0x08 else self.directory, wanted)
        if how == 0x03:
            if wanted:
                raise Refused(0x6A87)
            return self.files.header(self.directory.parent)
        if how not in (0x00, 0x01, 0x02):
            raise Refused(0x6A86)
        if how == 0x00 and not wanted:
            return self.files.root
        if len(wanted) != 2:
            raise Refused(0x6A87)
        return self._by_identifier(how, int.from_bytes(wanted, "big"))

    def _by_identifier(self, how: int, fid: int) -> FileHeader:
        here = self.directory
        if how == 0x00 and fid == MF:
            return self.files.root
        candidates = self.files.children(here)
        if how == 0x00:
            above = self.files.header(here.parent)
            candidates = [*candidates, here, above, *(h for h in self.files.children(above) if h.dedicated)]
        for header in candidates:
            fits = how == 0x00 or header.dedicated == (how == 0x01)
            if header.fid == fid and fits:
                return header
        raise Refused(0x6A82)

    def _by_name(self, name: bytes, occurrence: int) -> FileHeader:
        found = self.files.named(name) if name else []
        if occurrence == 0x02:  # the next one after the current application
            numbers = [h.number for h in found]
            start = numbers.index(self._directory) + 1 if self._directory in numbers else 0
            found = found[start:]
        elif occurrence != 0x00:
            raise Refused(0x6A86)
        if not found:
            raise Refused(0x6A82)
        return found[0]

    def _by_path(self, start: FileHeader, path: bytes) -> FileHeader:
        if not path or len(path) % 2:
            raise Refused(0x6A87)
        here = start
        for position in range(0, len(path), 2):
            fid = int.from_bytes(path[position : position + 2], "big")
            found = [h for h in self.files.children(here) if h.fid == fid] if here.dedicated else []
            if not found:
                raise Refused(0x6A82)
            here = found[0]
        return here
