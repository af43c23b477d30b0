"""The gateways that a person at the command line says to know."""

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.exits import bad_file
from gateway.cli.image_file import read_file

if TYPE_CHECKING:
    from gateway.trust import TrustAnchors


def trusted_gateways(bundle: Path | None) -> "TrustAnchors | None":
    """Whom the PEM of `--trust` names; None where none was given.

    Raises
    ------
    CommandFailure
        It cannot be read, or holds no certificates.
    """
    from gateway.trust import TrustAnchors

    if bundle is None:
        return None
    try:
        return TrustAnchors.from_pem(read_file(bundle).decode("ascii"))
    except ValueError as error:
        raise bad_file(
            f"{bundle} holds no certificates. Make it with `rekam keys export --pem --out {bundle}`."
        ) from error
