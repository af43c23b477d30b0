"""`[card]`: cards that are made here, and where their keys are."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.config.table import Table

KeyReference = Annotated[int, Field(ge=1, le=255)]


class CardModuleSettings(Table):
    """`[card.module]`: a security module (SAM) in a reader of its own that holds the issuer's keys; docs/cards.md."""

    reader: str = Field(min_length=1, max_length=100)
    """Id of that reader, as `rekam devices` tells it; no card is made, read or looked for in it."""
    application: str = Field(pattern=r"^([0-9A-Fa-f]{2}){5,16}$")
    """Name of the module's application (AID), in hexadecimal."""
    pin: str = Field("rekam-card-module-pin", pattern=r"^[a-z0-9-]{1,64}$")
    """systemd credential with the module's PIN; `REKAM_CARD_MODULE_PIN` stands for it elsewhere."""
    pin_reference: int = Field(1, ge=1, le=31)
    key_master: KeyReference | None = None
    """Reference of the issuer's master key, for profiles with `diversification = "kdf3"`."""
    key_enc: KeyReference | None = None
    """References of the cards' own keys, for profiles with `diversification = "none"`."""
    key_mac: KeyReference | None = None
    key_bits: Literal[128, 192, 256] = 128
    mechanism: int | None = Field(None, ge=0, le=255)
    """What the module calls AES-CMAC, where it has to be told."""

    @model_validator(mode="after")
    def _has_keys(self) -> "CardModuleSettings":
        if (self.key_enc is None) != (self.key_mac is None):
            raise ValueError("key_enc and key_mac belong together: give both")
        if self.key_master is None and self.key_enc is None:
            raise ValueError("no key is named: give key_master, or key_enc and key_mac")
        return self


class CardSettings(Table):
    """`[card]`: cards that are made here; docs/card-holders.md."""

    profile: str = Field("", max_length=400)
    """Name of a built-in card profile, or the path of one; empty: this office makes no cards, and keeps nobody for
    one. It stands here and not in enrolment profiles, as those are handed to offices without a writer, too."""
    enrolments: tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")], ...] = Field(
        ("ktp-el",), max_length=64
    )
    """Ids of the enrolment profiles whose people get one."""
    keep_days: int = Field(180, ge=1, le=3650)
    """What a card needs of a person is erased after so many days, made or not; once it is made, at once."""
    profiles: Path | None = None
    """Folder with the office's own card profiles, `*.toml`; docs/card-profiles.md."""
    needs_print_ready: bool | None = None
    """Make a card only for whom the centre called unique; it is so, save with `--synthetic`."""
    keys: Literal["test", "pkcs11", "module"] = "test"
    """The issuer's keys for cards: those that every new card has and everybody knows, in the token of `[key]`, or in
    the security module of `[card.module]`."""
    key_label: str = Field("rekam-cards", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """Label of those keys in the token; docs/cards.md."""
    allow_test_keys: bool = False
    """Take keys that everybody knows for real chips too, where a profile says that they will do: for training."""
    anchors: Path | None = None
    """PEM: authorities (CSCA) whose documents are genuine, and who may have signed what is handed in."""
    issuers: Path | None = None
    """PEM, `rekam keys export --pem`: other gateways whose seals are genuine; this one's always are."""
    job_days: int = Field(14, ge=1, le=365)
    """A job that nobody began is given up after so many, and what was to stand on its card erased."""
    module: CardModuleSettings | None = None

    @model_validator(mode="after")
    def _names_its_module(self) -> "CardSettings":
        if (self.keys == "module") != (self.module is not None):
            raise ValueError('keys = "module" and the section [card.module] belong together: give both, or neither')
        return self
