"""A token of a PKCS#11 module: opened when it is needed, and again when it went away and came back.

python-pkcs11 initialises a module without asking it for locks of its own, so that no two threads may be in it at once
(PKCS#11 v3.1 clause 5.4, C_Initialize with a null argument): one lock guards all calls of this process.
"""

import contextlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from gateway.trust.key_problem import KeyModuleGone, KeyPinWrong, KeyUnreadable
from gateway.trust.keys import variable_of

if TYPE_CHECKING:
    from pkcs11 import Session

T = TypeVar("T")

LABEL = "Rekam signing key"
_PIN_FINAL_TRY, _PIN_LOCKED = 0x00020000, 0x00040000  # PKCS#11 v3.1 clause 3.2, CKF_USER_PIN_…
_MODULE_LOCK = threading.RLock()
_LIBRARIES: dict[str, Any] = {}
_PROBE = b"rekam: is this key at hand"
"""No JWS begins so: a signature over it can be taken for none of ours."""


@dataclass(frozen=True)
class TokenPlace:
    """Where the token is.

    Parameters
    ----------
    module : str
        Path of the module's shared library.
    label : str
        Of the token.
    pin_name : str
        Credential or variable that the PIN comes from, for messages.
    """

    module: str
    label: str
    pin_name: str


class Pkcs11Token:
    """One token and the session on it; safe in any thread.

    Parameters
    ----------
    place : TokenPlace
    pin : str or None
        Of the token's user; None where no source has one. Never shown.
    """

    def __init__(self, place: TokenPlace, pin: str | None) -> None:
        self.place = place
        self._pin = pin
        self._session: Session | None = None
        self._handles: dict[bytes, Any] = {}
        self._pin_refused: tuple[str, str] | None = None

    def close(self) -> None:
        """End the session; the next use opens one."""
        with _MODULE_LOCK:
            session, self._session, self._handles = self._session, None, {}
            if session is None:
                return
            import pkcs11

            try:
                session.close()
            except pkcs11.PKCS11Error:
                return  # it is gone already

    def open(self) -> None:
        """Log in, where that is not done.

        Raises
        ------
        KeyModuleGone
            The token is not there.
        KeyPinWrong
            The PIN is missing, or the token refuses it.
        KeyUnreadable
            The module cannot be loaded.
        """
        with _MODULE_LOCK:
            if self._session is None:
                self._reopen()

    def generate(self) -> tuple[bytes, ec.EllipticCurvePublicKey]:
        """Make an EC P-256 key in the token, sensitive and not extractable.

        Returns
        -------
        bytes
            CKA_ID, 16 random bytes: what the key is found by.
        ec.EllipticCurvePublicKey

        Raises
        ------
        KeyProblem
            There is no key.
        """
        object_id = secrets.token_bytes(16)
        return object_id, self._call(lambda session: _generate(session, object_id))

    def sign(self, object_id: bytes, public_key: ec.EllipticCurvePublicKey, data: bytes) -> bytes:
        """ECDSA with SHA-256 over `data` by the key of that id: r and s, 32 bytes each.

        Raises
        ------
        KeyProblem
            There is no signature.
        """
        digest = _sha256(data)
        return self._call(lambda session: _sign_digest(self._handle(session, object_id, public_key), digest))

    def probe(self, object_id: bytes, public_key: ec.EllipticCurvePublicKey) -> None:
        """Whether the key would sign now; KeyProblem where not."""
        self.sign(object_id, public_key, _PROBE)

    def destroy(self, object_id: bytes) -> None:
        """Destroy a key in the token; one that is not there is destroyed already.

        Raises
        ------
        KeyProblem
            The token could not be asked.
        """
        self._call(lambda session: _destroy(session, object_id))
        self._handles.pop(object_id, None)

    def use(self, work: "Callable[[Session], T]") -> T:
        """What `work` makes of the session; called once more on a new one where the token had been away.

        Raises
        ------
        KeyProblem
            The token cannot be used.
        """
        return self._call(work)

    def _call(self, use: "Callable[[Session], T]") -> T:
        """Use the session; where it fails, once more on a new one: the module may have been away meanwhile."""
        import pkcs11

        with _MODULE_LOCK:
            if self._session is not None:
                try:
                    return use(self._session)
                except pkcs11.PKCS11Error:
                    self._session = None
            session = self._reopen()
            try:
                return use(session)
            except pkcs11.PKCS11Error as error:
                self._session = None
                raise self._gone(error) from error

    def _reopen(self) -> "Session":
        import pkcs11

        if self._pin_refused is not None:
            raise KeyPinWrong(*self._pin_refused)
        if self._pin is None:
            raise KeyPinWrong(
                f"The token {self.place.label} needs a PIN, and none was given.",
                f"Give the systemd credential {self.place.pin_name} or set {variable_of(self.place.pin_name)}.",
            )
        self._session, self._handles = None, {}
        try:
            library = self._initialised()
            token = library.get_token(token_label=self.place.label)
            if int(token.flags) & (_PIN_FINAL_TRY | _PIN_LOCKED):
                raise KeyPinWrong(
                    f"The token {self.place.label} has one try of its PIN left, or none.",
                    "Log in with another program, e.g. `pkcs11-tool --login --test`; the gateway takes no last try.",
                )
            self._session = token.open(rw=True, user_pin=self._pin)
        except (
            pkcs11.PinIncorrect,
            pkcs11.PinLocked,
            pkcs11.PinExpired,
            pkcs11.PinLenRange,
            pkcs11.PinInvalid,
        ) as error:
            self._pin_refused = (
                f"The token {self.place.label} refuses the PIN ({type(error).__name__}).",
                f"Mend {self.place.pin_name} and start the gateway again; it does not try again by itself, as the "
                "token would lock.",
            )
            raise KeyPinWrong(*self._pin_refused) from error
        except pkcs11.MultipleTokensReturned as error:
            raise KeyUnreadable(
                f"Several tokens are labelled {self.place.label}.", "Give each token a label of its own."
            ) from error
        except pkcs11.PKCS11Error as error:
            raise self._gone(error) from error
        return self._session

    def _initialised(self) -> Any:
        """The module, initialised anew: whatever it knew of sessions, logins and tokens is forgotten."""
        import pkcs11

        module = self.place.module
        library = _LIBRARIES.get(module)
        if library is not None:
            with contextlib.suppress(pkcs11.PKCS11Error):  # somebody else may have ended it already
                library.finalize()
            library.initialize()
            return library
        try:
            library = _LIBRARIES[module] = pkcs11.lib(module)
        except pkcs11.PKCS11Error as error:
            if type(error) is not pkcs11.PKCS11Error:  # the module's own answers are children of it
                raise
            raise KeyUnreadable(
                f"The PKCS#11 module {module} cannot be loaded: {error}.",
                "Install it, or mend `module` in the section [key] of the configuration.",
            ) from error
        return library

    def _handle(self, session: "Session", object_id: bytes, public_key: ec.EllipticCurvePublicKey) -> Any:
        from pkcs11 import ObjectClass

        handle = self._handles.get(object_id)
        if handle is None:
            handle = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=object_id)
            _check_pair(handle, public_key, self.place.label)
            self._handles[object_id] = handle
        return handle

    def _gone(self, error: Exception) -> KeyModuleGone:
        from pkcs11 import NoSuchKey

        if isinstance(error, NoSuchKey):
            return KeyModuleGone(
                f"The token {self.place.label} does not hold the gateway's key.",
                "Plug in the token that the key was made in, or run `rekam keys rotate`.",
            )
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return KeyModuleGone(
            f"The token {self.place.label} does not answer ({said}).",
            "Plug it in, or start its service; the gateway tries again by itself at the next signature.",
        )


def _generate(session: "Session", object_id: bytes) -> ec.EllipticCurvePublicKey:
    from pkcs11 import Attribute, KeyType, MechanismFlag
    from pkcs11.util.ec import encode_named_curve_parameters

    parameters = session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
    )
    public, private = parameters.generate_keypair(
        id=object_id,
        label=LABEL,
        store=True,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        private_template={
            Attribute.PRIVATE: True,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
            Attribute.SIGN: True,
        },
    )
    if private[Attribute.EXTRACTABLE] or not private[Attribute.SENSITIVE]:
        public.destroy()
        private.destroy()
        raise KeyUnreadable("The module made a key that could be taken out of it.", "Use a module that keeps its keys.")
    return _read_point(public[Attribute.EC_POINT])


def _read_point(encoded: bytes) -> ec.EllipticCurvePublicKey:
    """CKA_EC_POINT: the point in an OCTET STRING (PKCS#11 v3.1 clause 6.3.3), bare in some modules."""
    point = encoded[2:] if len(encoded) == 67 and encoded[:2] == b"\x04\x41" else encoded
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def _sign_digest(handle: Any, digest: bytes) -> bytes:
    from pkcs11 import Mechanism

    signature: bytes = handle.sign(digest, mechanism=Mechanism.ECDSA)
    if len(signature) != 64:
        raise KeyUnreadable(
            f"The module gave {len(signature)} bytes as a signature, not the 64 of P-256.", "Use another module."
        )
    return signature


def _check_pair(handle: Any, public_key: ec.EllipticCurvePublicKey, label: str) -> None:
    """A key that is met for the first time in a session signs once for trial: an id alone proves nothing."""
    raw = _sign_digest(handle, _sha256(_PROBE))
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    try:
        public_key.verify(encode_dss_signature(r, s), _PROBE, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise KeyUnreadable(
            f"The key in the token {label} is not that of the gateway's certificate.",
            "Plug in the token that the key was made in, or run `rekam keys rotate`.",
        ) from error


def _destroy(session: "Session", object_id: bytes) -> None:
    from pkcs11 import Attribute

    for each in list(session.get_objects({Attribute.ID: object_id})):
        each.destroy()


def _sha256(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize()
