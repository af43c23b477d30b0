"""Python, the libraries and the drivers."""

import importlib
import importlib.metadata
import sys
from collections.abc import Iterator

from gateway.cli.checks.finding import Finding, ok, problem, warning

LIBRARIES = {
    "numpy": "numpy",
    "scipy.fft": "scipy",
    "cv2": "opencv-python-headless",
    "imagecodecs": "imagecodecs",
    "grpc": "grpcio",
    "grpc_health": "grpcio-health-checking",
    "grpc_reflection": "grpcio-reflection",
    "google.rpc.status_pb2": "googleapis-common-protos",
    "protovalidate": "protovalidate",
    "cryptography": "cryptography",
    "joserfc": "joserfc",
    "rfc8785": "rfc8785",
    "pydantic": "pydantic",
    "structlog": "structlog",
    "prometheus_client": "prometheus-client",
    "usb": "pyusb",
    "serial": "pyserial",
    "smartcard": "pyscard",
}
"""Module and the package that brings it."""


def check_python() -> Iterator[Finding]:
    """The interpreter."""
    version = sys.version.split()[0]
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever reads this has just that question
        yield problem("python", f"{version} at {sys.executable}", "apt-get install python3.11")
    else:
        yield ok("python", f"{version} at {sys.executable}")


def check_libraries() -> Iterator[Finding]:
    """Every library is imported: one that is there may still lack a shared object of the system."""
    bad = 0
    for module, package in LIBRARIES.items():
        try:
            importlib.import_module(module)
        except ImportError as error:
            bad += 1
            yield problem(package, f"cannot be loaded: {error}", f"{sys.executable} -m pip install {package}")
    if not bad:
        shown = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "grpcio", "cryptography"))
        yield ok("libraries", f"all {len(LIBRARIES)} load ({shown}, …)")


def check_drivers() -> Iterator[Finding]:
    """The installed drivers, each of which may need a library of its vendor."""
    from drivers import DeviceError, installed_drivers

    entries = installed_drivers()
    loaded = []
    for name, entry in entries.items():
        try:
            entry.load()
            loaded.append(name)
        except DeviceError as error:
            yield warning(
                f"driver {name}", str(error), "Install what its vendor names, or remove the driver's package."
            )
    if loaded:
        yield ok("drivers", ", ".join(loaded))
    elif not entries:
        yield problem("drivers", "none is installed", f"{sys.executable} -m pip install --force-reinstall rekam")
