"""`rekam keys`: the keys with which captures are signed."""

import uuid
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import options
from gateway.cli.connection import connect
from gateway.cli.exits import bad_file, bad_usage
from gateway.cli.image_file import read_file
from gateway.cli.keys_text import bundle_document, key_document, tell_bundle, tell_key, tell_keys, written
from gateway.cli.output import Output, reporting

if TYPE_CHECKING:
    from rekam.v1 import gateway_pb2, key_pb2

    from gateway.cli.connection import GatewayClient

keys = typer.Typer(help="The gateway's keys and its trust bundle.", no_args_is_help=True)

HSM_S = 60.0
"""A security module may take that long to make a key."""

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there (else to standard output).")]


class Reason(StrEnum):
    """Why a key is revoked, as it is typed."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key-compromise"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation-of-operation"


@keys.callback()
def _keys() -> None:
    """The gateway's keys and its trust bundle."""


@keys.command()
def show(
    pem: Annotated[
        bool, typer.Option("--pem", help="The trust bundle alone, as `keys export --pem` gives it.")
    ] = False,
    jwks: Annotated[bool, typer.Option("--jwks", help="The JSON Web Key Set alone.")] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show the gateway's keys, and what a verifier needs to know its captures; nothing in it is secret."""
    with reporting(as_json=as_json) as output:
        if pem + jwks + as_json > 1:
            raise bad_usage("--pem, --jwks and --json exclude each other.")
        from rekam.v1 import key_pb2

        with connect(gateway, state) as client:
            bundle = _bundle(client)
            if pem or jwks:
                output.say(_part(bundle, jwks=jwks))
                return
            listed = client.call(
                "KeyService/ListKeys", key_pb2.ListKeysRequest(), key_pb2.ListKeysResponse, timeout_s=HSM_S
            )
        output.document(bundle_document(bundle, listed))
        if not output.as_json:
            tell_bundle(bundle, output)
            tell_keys(listed, output)


@keys.command()
def export(
    pem: Annotated[bool, typer.Option("--pem", help="As PEM, for `rekam verify --trust`.")] = False,
    jwks: Annotated[bool, typer.Option("--jwks", help="As a JSON Web Key Set.")] = False,
    out: Out = None,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Write the trust bundle for those who verify: every key that the gateway had, and which were revoked."""
    with reporting(as_json=False) as output:
        if pem == jwks:
            raise bad_usage("Give one of --pem and --jwks.")
        with connect(gateway, state) as client:
            text = _part(_bundle(client), jwks=jwks)
        _give(text, out, output)


@keys.command()
def create(as_json: options.Json = False, gateway: options.GatewayAddress = None, state: options.State = None) -> None:
    """Make the key that is to come; it signs nothing before `rekam keys rotate`."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import key_pb2

        with connect(gateway, state) as client:
            request = key_pb2.CreateKeyRequest(idempotency_key=uuid.uuid4().hex)
            answer = client.call("KeyService/CreateKey", request, key_pb2.CreateKeyResponse, timeout_s=HSM_S)
        _changed(answer.key, output)
        output.note("Next: `rekam keys csr`, send it to the authority, `rekam keys install`, `rekam keys rotate`.")


@keys.command()
def csr(
    key_id: Annotated[
        str, typer.Option("--key", metavar="ID", help="Of which key (else the pending one, else the active one).")
    ] = "",
    out: Out = None,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Write a request for a certificate (PKCS #10, PEM) for an authority."""
    with reporting(as_json=False) as output:
        from rekam.v1 import key_pb2

        with connect(gateway, state) as client:
            request = key_pb2.CreateCertificateRequestRequest(key_id=key_id)
            answer = client.call(
                "KeyService/CreateCertificateRequest",
                request,
                key_pb2.CreateCertificateRequestResponse,
                timeout_s=HSM_S,
            )
        _give(answer.request_pem, out, output)


@keys.command()
def install(
    chain: Annotated[Path, typer.Argument(metavar="CHAIN.pem", help="The certificate, then its issuers, PEM.")],
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Install the certificate that an authority issued for the pending or the active key."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import key_pb2

        try:
            text = read_file(chain).decode("ascii")
        except UnicodeDecodeError as error:
            raise bad_file(f"{chain} is no PEM. Convert it: `openssl x509 -inform der -in {chain}`.") from error
        with connect(gateway, state) as client:
            request = key_pb2.InstallCertificateRequest(certificates_pem=text, idempotency_key=uuid.uuid4().hex)
            answer = client.call(
                "KeyService/InstallCertificate", request, key_pb2.InstallCertificateResponse, timeout_s=HSM_S
            )
        _changed(answer.key, output)


@keys.command()
def rotate(
    active: Annotated[
        str, typer.Option("--active", metavar="ID", help="Refuse where another key than this is the active one.")
    ] = "",
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Go on though the old key cannot state that it is followed.")
    ] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Sign with the pending key, or else with a new one, from now on; the chain of captures goes on."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import key_pb2

        with connect(gateway, state) as client:
            request = key_pb2.RotateKeyRequest(active_key_id=active, abandon=abandon, idempotency_key=uuid.uuid4().hex)
            answer = client.call("KeyService/RotateKey", request, key_pb2.RotateKeyResponse, timeout_s=HSM_S)
        _changed(answer.key, output)
        output.note("Give `rekam keys export --pem` to those who verify captures; it knows the old key as well.")
        if not answer.key.vouched_for:
            output.note("The old key does not vouch for this one: those who verify must be told of it by other ways.")


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Of the key; see `rekam keys show`.")],
    reason: Annotated[Reason, typer.Option("--reason", help="Why.")],
    note: Annotated[str, typer.Option("--note", help="In words, at most 200 characters; public.")] = "",
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Let a key sign no more, at once and for good; captures are refused until `rekam keys rotate`."""
    with reporting(as_json=as_json) as output:
        from rekam.v1 import key_pb2

        with connect(gateway, state) as client:
            request = key_pb2.RevokeKeyRequest(
                key_id=key_id,
                reason=f"REVOCATION_REASON_{reason.name}",
                note=note,
                idempotency_key=uuid.uuid4().hex,
            )
            answer = client.call("KeyService/RevokeKey", request, key_pb2.RevokeKeyResponse)
        _changed(answer.key, output)
        output.note("Give `rekam keys export --pem` to those who verify captures: it says so.")
        if answer.key.state == key_pb2.KEY_STATE_ACTIVE:
            output.note("It was the active key: captures are refused until `rekam keys rotate`.")


def _bundle(client: "GatewayClient") -> "gateway_pb2.GetTrustBundleResponse":
    from rekam.v1 import gateway_pb2

    return client.call(
        "GatewayService/GetTrustBundle", gateway_pb2.GetTrustBundleRequest(), gateway_pb2.GetTrustBundleResponse
    )


def _part(bundle: "gateway_pb2.GetTrustBundleResponse", *, jwks: bool) -> str:
    return bundle.jwks if jwks else bundle.certificates_pem.rstrip("\n")


def _give(text: str, out: Path | None, output: Output) -> None:
    if out is None:
        output.say(text.rstrip("\n"))
    else:
        written(out, text)
        output.note(f"{out}: written.")


def _changed(key: "key_pb2.Key", output: Output) -> None:
    output.document(key_document(key))
    if not output.as_json:
        tell_key(key, output)
