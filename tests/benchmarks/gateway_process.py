"""A gateway in a process of its own, on free ports and a folder of its own, for figures taken from outside."""

import contextlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.state_folder import Addresses, read_addresses

START_S = 30.0
STOP_S = 20.0


class ServingGateway:
    """`rekam serve`, running."""

    def __init__(self, process: "subprocess.Popen[bytes]", addresses: Addresses, start_s: float) -> None:
        self._process = process
        self.pid = process.pid
        self.addresses = addresses
        self.start_s = start_s
        """Seconds from the start of the process until its health check over gRPC said SERVING."""

    def resident_mb(self) -> float:
        """Resident memory in megabytes (10^6 bytes)."""
        return _status_number(self.pid, "VmRSS:") * 1024 / 1e6

    def cpu_s(self) -> float:
        """Seconds of processor time of all its threads so far."""
        return _cpu_s(Path(f"/proc/{self.pid}/stat"))

    def loop_cpu_s(self) -> float:
        """Seconds of processor time of its event loop, which runs in the main thread."""
        return _cpu_s(Path(f"/proc/{self.pid}/task/{self.pid}/stat"))

    def threads(self) -> int:
        """Threads of the process."""
        return _status_number(self.pid, "Threads:")

    def open_files(self) -> int:
        """Open files, sockets among them."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def stop(self) -> int:
        """Have it stop as a service is stopped, and give its exit status; it is killed where that takes too long."""
        self._process.terminate()
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def metrics(self) -> dict[str, float]:
        """Every sample that Prometheus would see, by its name and labels."""
        with urllib.request.urlopen(f"http://{self.addresses.metrics}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        samples = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}


@contextlib.contextmanager
def serving(
    state: Path, config: str | None = None, environment: Mapping[str, str] | None = None, web: str = ""
) -> Iterator[ServingGateway]:
    """Run `rekam serve` until the end of the block: the synthetic devices, or those of a configuration's text.

    `environment` is the process's, this one's by default; `web` is the web door's address, none by default.
    """
    command = [str(Path(sys.executable).with_name("rekam")), "serve", "--state", str(state)]
    command += ["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--web", web]
    if config is None:
        command.append("--synthetic")
    else:
        state.mkdir(parents=True, exist_ok=True)
        path = state.with_suffix(".toml")
        path.write_text(config, encoding="utf-8")
        command += ["--config", str(path)]
    log = state.with_suffix(".log")
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
    gateway = ServingGateway(process, Addresses(), 0.0)
    try:
        gateway.addresses = _await_serving(process, state, log)
        gateway.start_s = time.perf_counter() - began
        yield gateway
    finally:
        gateway.stop()


def _await_serving(process: "subprocess.Popen[bytes]", state: Path, log: Path) -> Addresses:
    deadline = time.monotonic() + START_S
    while (addresses := read_addresses(state)) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the gateway did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.002)
    with grpc.insecure_channel(addresses.grpc) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        while True:
            answer = health.Check(health_pb2.HealthCheckRequest(), timeout=START_S, wait_for_ready=True)
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return addresses
            if time.monotonic() > deadline:
                raise RuntimeError("the gateway's health check never said SERVING")
            time.sleep(0.002)


def _cpu_s(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _status_number(pid: int, key: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    raise LookupError(f"the kernel does not tell {key}")
