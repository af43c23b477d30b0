"""Where keys lie: in a file with its passphrase, in a token with its PIN; they are made, opened and destroyed there."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.durable_file import flush_folder
from gateway.trust.certificate import self_signed_certificate
from gateway.trust.key_index import INDEX_FILE, InFile, InToken, KeyRecord, KeyState, read_index, write_index
from gateway.trust.key_problem import KeyModuleGone, KeyPinWrong, KeyProblem, KeyUnreadable
from gateway.trust.keys import (
    KEY_FILE,
    SigningKey,
    check_gateway_id,
    check_same_gateway,
    load_key_file,
    make_key_file,
    new_gateway_id,
)
from gateway.trust.pkcs11_key import ModulePrivateKey, Pkcs11Key
from gateway.trust.pkcs11_token import Pkcs11Token
from gateway.trust.trust_bundle import PublishedKey


@dataclass(frozen=True)
class KeyPlaces:
    """Where keys are, and where new ones are made.

    Parameters
    ----------
    passphrase : bytes, optional
        Of key files; see `read_passphrase`.
    token : Pkcs11Token, optional
        Where keys of a module are.
    makes_in_token : bool
        Whether new keys are made in the token rather than in files.
    """

    passphrase: bytes | None = field(default=None, repr=False)
    token: Pkcs11Token | None = None
    makes_in_token: bool = False

    def __post_init__(self) -> None:
        if self.makes_in_token and self.token is None:
            raise ValueError("keys are to be made in a token, but there is none")

    def open(self, directory: Path, record: KeyRecord) -> SigningKey | Pkcs11Key:
        """A key that the list names; of a token that is away, one that signs once it is back.

        A PIN that the token refuses is no failure here either: a gateway that ended would be started again and again
        by its service manager, and each start costs the token a try.

        Raises
        ------
        KeyProblem
        """
        if isinstance(record.location, InToken):
            token = self._token(record.location)
            with suppress(KeyModuleGone, KeyPinWrong):
                token.open()
            return Pkcs11Key(token, record.location.object_id, record.public.chain)
        path = directory / record.location.name
        try:
            key = load_key_file(path, self.passphrase)
        except FileNotFoundError as error:
            raise KeyUnreadable(
                f"The signing key {path} is missing.",
                "Put it back from a backup. Without one, move the keys folder to a safe place: a new key is made then, "
                "and those who verify need its trust bundle beside the old one.",
            ) from error
        except OSError as error:
            raise _unreadable(path, error) from error
        if key.key_id != record.key_id:
            raise KeyUnreadable(
                f"The key in {path} is not the one that {INDEX_FILE} names.", "Put both back from one backup."
            )
        return key.certified(record.public.chain)

    def make(
        self, directory: Path, name: str, gateway_id: str, now: datetime
    ) -> tuple[InFile | InToken, SigningKey | Pkcs11Key]:
        """Make a key and its self-signed certificate.

        Parameters
        ----------
        directory : Path
        name : str
            Of the file in it, where it is made in a file.
        gateway_id : str
        now : datetime
            UTC.

        Raises
        ------
        OSError, KeyProblem
            There is no key.
        """
        if not self.makes_in_token:
            return InFile(name), make_key_file(directory / name, gateway_id, self.passphrase, now)
        assert self.token is not None
        object_id, public_key = self.token.generate()
        location = InToken(self.token.place.label, object_id)
        private_key = ModulePrivateKey(self.token, object_id, public_key)
        try:
            certificate = self_signed_certificate(private_key, gateway_id, now)
        except BaseException:
            with suppress(KeyProblem):
                self.destroy(directory, location)
            raise
        return location, Pkcs11Key(self.token, object_id, (certificate,))

    def destroy(self, directory: Path, location: InFile | InToken) -> None:
        """Destroy a private key; one that is not there is destroyed already.

        Raises
        ------
        OSError, KeyProblem
            It stands.
        """
        if isinstance(location, InToken):
            self._token(location).destroy(location.object_id)
        elif (directory / location.name).exists():
            (directory / location.name).unlink(missing_ok=True)
            flush_folder(directory)

    def _token(self, location: InToken) -> Pkcs11Token:
        if self.token is None or self.token.place.label != location.label:
            raise KeyUnreadable(
                f"A signing key lies in the token {location.label}, and the configuration names "
                f"{self.token.place.label if self.token else 'no token'}.",
                "Name its `module` and `token` in the section [key]; to leave it, set `store` there, and rotate.",
            )
        return self.token


def open_records(
    directory: Path, gateway_id: str | None, places: KeyPlaces, now: datetime
) -> tuple[tuple[KeyRecord, ...], SigningKey | Pkcs11Key]:
    """The keys of a folder and the active one, opened; at the first start they are made.

    Raises
    ------
    KeyProblem
    """
    check_gateway_id(gateway_id)
    index = directory / INDEX_FILE
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        records = read_index(index)
        if records is None:
            record, key = _first(directory, gateway_id, places, now)
            check_same_gateway(key.gateway_id, gateway_id, directory)
            records = (record,)
            write_index(index, records)
        else:
            active = next(each for each in records if each.state is KeyState.ACTIVE)
            key = places.open(directory, active)
            check_same_gateway(key.gateway_id, gateway_id, directory)
    except OSError as error:
        raise _unreadable(directory, error) from error
    return records, key


def _first(
    directory: Path, gateway_id: str | None, places: KeyPlaces, now: datetime
) -> tuple[KeyRecord, SigningKey | Pkcs11Key]:
    """The key of a folder without a list: one that an older version made, or a new one."""
    path = directory / KEY_FILE
    key: SigningKey | Pkcs11Key
    location: InFile | InToken = InFile(KEY_FILE)
    if path.exists():
        key = load_key_file(path, places.passphrase)
    elif any(directory.glob("*.pem")):
        raise KeyUnreadable(
            f"{directory / INDEX_FILE} is missing, though there are keys.",
            "Put it back from a backup. Without one, move the keys folder to a safe place: a new key is made then.",
        )
    else:
        location, key = places.make(directory, KEY_FILE, gateway_id or new_gateway_id(), now)
    return KeyRecord(PublishedKey(key.key_id, key.certificates), KeyState.ACTIVE, location, now), key


def _unreadable(path: Path, error: OSError) -> KeyUnreadable:
    return KeyUnreadable(
        f"The signing key {path} cannot be read or made: {error.strerror}.",
        "Give the gateway's user the right to read and write that folder.",
    )
