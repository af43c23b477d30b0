"""What an issuer wants on a card, as data: applications, files, who may do what, limits, keys."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from gateway.card import SecurityLevel
from gateway.guidance import LocalizedText


class Operation(StrEnum):
    """What is done to a file (ISO/IEC 7816-4:2013, 9.3.2; the names of its access mode bits)."""

    READ = "read"
    UPDATE = "update"
    WRITE = "write"
    DEACTIVATE = "deactivate"
    ACTIVATE = "activate"
    TERMINATE = "terminate"
    DELETE = "delete"
    CREATE_DF = "create_df"
    CREATE_EF = "create_ef"
    DELETE_CHILD = "delete_child"


class Condition(StrEnum):
    """When an operation is allowed once the file is activated."""

    ALWAYS = "always"
    NEVER = "never"
    PIN = "pin"
    """PIN 1 of the card was verified."""
    CHANNEL = "channel"
    """It comes over a secured session."""


EF_OPERATIONS = (
    Operation.READ,
    Operation.UPDATE,
    Operation.WRITE,
    Operation.DEACTIVATE,
    Operation.ACTIVATE,
    Operation.TERMINATE,
    Operation.DELETE,
)
"""What can be done to an elementary file."""
DF_OPERATIONS = (
    Operation.CREATE_DF,
    Operation.CREATE_EF,
    Operation.DELETE_CHILD,
    Operation.DEACTIVATE,
    Operation.ACTIVATE,
    Operation.TERMINATE,
    Operation.DELETE,
)
"""What can be done to a dedicated file."""

OptionValue = str | int | bool | tuple[str, ...]


class Diversification(StrEnum):
    """How the keys of one card come from the issuer's."""

    NONE = "none"
    KDF3 = "kdf3"


@dataclass(frozen=True)
class CardFile:
    """A transparent elementary file."""

    name: str
    """Within the profile, e.g. "portrait"; what the journal and messages call it."""
    fid: int
    content: str
    """What it holds: a name of the contents that a profile may ask for."""
    limit: int
    """The most bytes of content. The file is made as large as what is written."""
    sfi: int = 0
    """Short file identifier 1 to 30; 0 for none."""
    access: Mapping[Operation, Condition] = field(default_factory=lambda: MappingProxyType({}))
    """Operations that are not named are forbidden."""
    required: bool = True
    """Whether a card without it is no card: a person without usable fingers has no templates."""
    public: bool = False
    """Said on purpose: it is personal, and everybody may read it."""
    options: Mapping[str, OptionValue] = field(default_factory=lambda: MappingProxyType({}))
    """Of its content, e.g. the most minutiae of a template; what is not named has the content's default."""


@dataclass(frozen=True)
class Application:
    """A dedicated file and what is in it, in the order of writing."""

    name: str
    fid: int
    aid: bytes
    """5 to 16 bytes; the master file's own entry has none."""
    files: tuple[CardFile, ...]
    access: Mapping[Operation, Condition] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_master(self) -> bool:
        """Whether its files lie in the master file (3F00)."""
        return self.fid == 0x3F00


@dataclass(frozen=True)
class Channel:
    """How the chip is spoken to while it is personalised."""

    level: SecurityLevel
    key_version: int = 0
    mac_length: int = 8
    diversification: Diversification = Diversification.KDF3
    test_keys: bool = False
    """Keys that everybody knows will do: for training and demonstrations. Where it is not said they are refused."""


@dataclass(frozen=True)
class HolderRule:
    """How the holder proves that the card is theirs."""

    templates: tuple[str, ...]
    """Names of the files with finger templates; where the first is missing, the second counts."""
    tries: int = 4
    """Counted in the journal and, where the card can, on the card."""
    on_card: bool = False
    """The chip compares by itself (ISO/IEC 7816-11)."""


@dataclass(frozen=True)
class CardProfile:
    """A whole card."""

    name: str
    version: int
    title: LocalizedText
    capacity: int
    """Bytes that the chip must have free before anything is written."""
    atr: str
    """Regular expression that the chip's answer to reset, in upper-case hex, matches as a whole; empty for any chip."""
    channel: Channel | None
    """None where the chip takes commands plainly, after its PIN where that is asked."""
    applications: tuple[Application, ...]
    """In the order of writing; the one that makes the card a card comes last."""
    seal: str
    """Name of the file that is written last, with the signature over all others; empty where none is."""
    holder: HolderRule | None = None
    file_overhead: int = 32
    """Bytes that the chip takes for the header of each file, dedicated ones among them."""
    page: int = 32
    """Bytes in whole multiples of which the chip gives room to content."""

    @property
    def files(self) -> tuple[CardFile, ...]:
        """Every elementary file, in the order of writing."""
        return tuple(each for application in self.applications for each in application.files)

    def application_of(self, name: str) -> Application:
        """The application that the file of that name lies in.

        Raises
        ------
        KeyError
        """
        return {each.name: application for application in self.applications for each in application.files}[name]

    def room(self, sizes: Iterable[int]) -> int:
        """Bytes that elementary files of these sizes take on the chip, with all headers.

        Parameters
        ----------
        sizes : iterable of int
            Bytes of content of each file.
        """
        directories = sum(not each.is_master for each in self.applications)
        taken = sum(self.file_overhead + -(-size // self.page) * self.page for size in sizes)
        return directories * self.file_overhead + taken

    def needed(self, contents: Mapping[str, bytes]) -> int:
        """Bytes that these contents take on the chip, with all headers."""
        return self.room(len(content) for content in contents.values())

    def file(self, name: str) -> CardFile:
        """The file of that name.

        Raises
        ------
        KeyError
        """
        return {each.name: each for each in self.files}[name]


@dataclass(frozen=True, repr=False)
class CardImage:
    """All that is to stand on one card."""

    profile: CardProfile
    contents: Mapping[str, bytes]
    """By the name of the file; files that are not required may be missing. Personal: never in a log or a message."""
