"""The `rekam` command: a client of the service, one file per command group.

The modules here load typer and little else; grpc, numpy and OpenCV load inside the commands that need them, so that
`rekam serve` serves soon and `rekam --help` answers at once.
"""

from gateway.cli.app import app


def main() -> None:
    """Run the command line."""
    app(prog_name="rekam")


__all__ = ["app", "main"]
