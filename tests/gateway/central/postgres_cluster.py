"""A PostgreSQL server of the tests' own: in a temporary folder, on a unix socket, gone with the block."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def bin_folder() -> Path | None:
    """Where initdb and pg_ctl are; None where PostgreSQL is not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    return Path(found).parent if found and (Path(found).parent / "pg_ctl").exists() else None


class Cluster:
    """A running server; each `database` is empty."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self._programs = folder, programs
        self._count = 0

    def database(self) -> str:
        """The URL of a new database."""
        self._count += 1
        name = f"centre_{os.getpid()}_{self._count}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql:///{database}?host={self.folder}&user=rekam"

    def start(self, more: str = "") -> None:
        # Its settings are those that it comes with: what is measured and killed is what a centre would run.
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c max_connections=40 {more}"
        self._as_owner(
            *("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-o", options, "-w", "-t", "60", "start")
        )

    def stop(self, mode: str = "fast") -> None:
        self._as_owner("pg_ctl", "-D", self.folder / "data", "-m", mode, "-w", "-t", "60", "stop")

    def make(self) -> None:
        self._as_owner("initdb", "-D", self.folder / "data", "-U", "rekam", "-A", "trust", "-E", "UTF8", "--locale=C")

    def _as_owner(self, program: str, *arguments: object) -> None:
        user = _unprivileged()
        with (self.folder / "said").open("ab") as said:  # a pipe would be held open by the server for its whole life
            done = subprocess.run(
                [str(self._programs / program), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self.folder,
                env={**os.environ, "LC_ALL": "C"},
                check=False,
                timeout=90,
                user=user,
                group=None if user is None else pwd.getpwuid(user).pw_gid,
                extra_groups=None if user is None else [],
            )
        if done.returncode:
            raise RuntimeError(f"{program}: {(self.folder / 'said').read_text()}")


def _unprivileged() -> int | None:
    """PostgreSQL refuses to run as root: whose it is then; None where we are nobody special."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return None


@contextmanager
def cluster(scratch: Path | None = None) -> Iterator[Cluster | None]:
    """A running server; None where PostgreSQL is not installed."""
    programs = bin_folder()
    if programs is None:
        yield None
        return
    # A socket's path has 107 bytes at most, and its owner has to reach it: not below a test's own folder.
    folder = Path(tempfile.mkdtemp(prefix="rekam-pg-", dir=scratch))
    try:
        user = _unprivileged()
        if user is not None:
            os.chown(folder, user, -1)
        made = Cluster(folder, programs)
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
