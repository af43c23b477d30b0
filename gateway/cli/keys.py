"""`rekam keys`: the keys with which captures are signed."""

import json
from typing import Annotated, Any

import typer

from gateway.cli import options
from gateway.cli.connection import connect
from gateway.cli.exits import bad_usage
from gateway.cli.output import Output, reporting

keys = typer.Typer(help="The gateway's keys and its trust bundle.", no_args_is_help=True)


@keys.callback()
def _keys() -> None:
    """The gateway's keys and its trust bundle."""


@keys.command()
def show(
    pem: Annotated[bool, typer.Option("--pem", help="The certificates alone, for `rekam verify --trust`.")] = False,
    jwks: Annotated[bool, typer.Option("--jwks", help="The JSON Web Key Set alone.")] = False,
    as_json: options.Json = False,
    gateway: options.GatewayAddress = None,
    state: options.State = None,
) -> None:
    """Show what a verifier needs to know this gateway's captures; nothing in it is secret."""
    with reporting(as_json=as_json) as output:
        if pem + jwks + as_json > 1:
            raise bad_usage("--pem, --jwks and --json exclude each other.")
        from rekam.v1 import gateway_pb2

        with connect(gateway, state) as client:
            bundle = client.call(
                "GatewayService/GetTrustBundle", gateway_pb2.GetTrustBundleRequest(), gateway_pb2.GetTrustBundleResponse
            )
        if pem:
            output.say(bundle.certificates_pem.rstrip("\n"))
        elif jwks:
            output.say(bundle.jwks)
        else:
            _show(bundle.gateway_id, bundle.active_key_id, bundle.certificates_pem, json.loads(bundle.jwks), output)


def _show(gateway_id: str, active_key_id: str, pem: str, jwks: dict[str, Any], output: Output) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    certificates = [
        {
            "subject": certificate.subject.rfc4514_string(),
            "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
            "not_before": certificate.not_valid_before_utc.isoformat(),
            "not_after": certificate.not_valid_after_utc.isoformat(),
        }
        for certificate in x509.load_pem_x509_certificates(pem.encode())
    ]
    output.document(
        {
            "gateway_id": gateway_id,
            "active_key_id": active_key_id,
            "certificates": certificates,
            "certificates_pem": pem,
            "jwks": jwks,
        }
    )
    if output.as_json:
        return
    output.say(f"Gateway  {gateway_id}")
    output.say(f"Key      {active_key_id}")
    for certificate in certificates:
        output.say(f"Valid    {certificate['not_before'][:10]} to {certificate['not_after'][:10]}")
        output.say(f"SHA-256  {certificate['sha256']}")
    output.say("Give `rekam keys show --pem > bundle.pem` to whoever verifies captures.")
