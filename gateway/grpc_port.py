"""A gRPC server's port, bound or said not to be."""

from collections.abc import Callable


def bound_port(add_port: Callable[[str], int], address: str) -> int:
    """Bind an address; the port in use.

    Parameters
    ----------
    add_port : callable
        The server's own: `add_insecure_port`, or `add_secure_port` with its credentials.
    address : str
        `HOST:PORT` or `unix:PATH`.

    Raises
    ------
    OSError
        The address is in use, or not ours.
    """
    failed = OSError(f"{address} cannot be bound: it is in use, or not an address of this machine")
    try:
        port = add_port(address)
    except RuntimeError as error:
        raise failed from error
    if port == 0:
        raise failed
    return int(port)
