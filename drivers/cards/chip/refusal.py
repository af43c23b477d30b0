"""How a chip's command ends early: with a status word."""


class Refused(Exception):
    """The command ends with this status word and no data; seen inside the chip only."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw
