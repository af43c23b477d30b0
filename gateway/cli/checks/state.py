"""The state folder, its lock and the signing key."""

import os
import pwd
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.checks.finding import Finding, ok, problem, warning

if TYPE_CHECKING:
    from cryptography import x509

ROTATE = "rekam keys rotate, then hand out what `rekam keys export --pem` gives"
LOCKS = Path("/proc/locks")


def check_folder(state: Path, reserve_mb: int) -> Iterator[Finding]:
    """Rights of the folder, and room on its disk."""
    if not state.exists():
        parent = next(each for each in state.absolute().parents if each.exists())
        if os.access(parent, os.W_OK):
            yield ok("state folder", f"{state} is made at the first start")
            yield _room(parent, reserve_mb)
        else:
            yield problem("state folder", f"{state} does not exist and cannot be made", _make_command(state))
        return
    if not state.is_dir():
        yield problem("state folder", f"{state} is a file", "Name a folder with --state")
        return
    if not os.access(state, os.W_OK | os.X_OK):
        owner = _user_name(state.stat().st_uid)
        detail = f"{state} belongs to {owner}; this user may not write there"
        yield problem("state folder", detail, f"sudo chown -R {_user_name(os.geteuid())} {shlex.quote(str(state))}")
        return
    if os.statvfs(state).f_flag & os.ST_RDONLY:
        yield problem("state folder", f"{state} lies on a disk that is mounted read-only", "sudo mount -o remount,rw …")
        return
    mode = state.stat().st_mode & 0o777
    if mode & 0o022:
        yield warning(
            "state folder",
            f"{state} has mode {mode:04o}: others may write there",
            f"chmod 700 {shlex.quote(str(state))}",
        )
    else:
        yield ok("state folder", f"{state}, mode {mode:04o}")
    yield _room(state, reserve_mb)


def check_lock(state: Path, locks: Path = LOCKS) -> Iterator[Finding]:
    """Whether a gateway works on the folder, without touching the lock: one that starts just now must get it."""
    path = state / "lock"
    try:
        inode = path.stat().st_ino
        held = any(line.split()[5].endswith(f":{inode}") for line in locks.read_text("ascii").splitlines())
        holder = path.read_text("ascii").strip()
    except (OSError, IndexError, UnicodeDecodeError):
        return
    yield ok("state lock", f"held by the gateway of process {holder}" if held else "free")


def check_key(state: Path) -> Iterator[Finding]:
    """Rights of the signing key's file, whether it can be opened, and how long its certificate is valid."""
    from gateway.trust import KeyProblem
    from gateway.trust.key_index import INDEX_FILE, InFile, KeyState, read_index
    from gateway.trust.keys import KEY_FILE

    folder = state / "keys"
    try:
        records = read_index(folder / INDEX_FILE)
    except KeyProblem as error:
        yield problem("signing key", error.cause, error.remedy)
        return
    except OSError as error:
        yield _unreadable(folder / INDEX_FILE, error)
        return
    active = next((each for each in records or () if each.state is KeyState.ACTIVE), None)
    if active is None:
        yield from _check_file(folder / KEY_FILE, None)
        return
    revocation = active.public.revocation
    if revocation is not None:
        detail = f"revoked on {revocation.wall:%Y-%m-%d} ({revocation.reason.value}): captures are refused"
        yield problem("signing key", detail, ROTATE)
        return
    certificates = active.public.chain
    if isinstance(active.location, InFile):
        yield from _check_file(folder / active.location.name, certificates)
    else:
        yield ok("signing key", f"in the token {active.location.label}; a running gateway says whether it answers")
        yield _validity(certificates)


def _check_file(path: Path, certificates: "tuple[x509.Certificate, ...] | None") -> Iterator[Finding]:
    """The file of a private key, and the certificates: those of the list, or where there is none, the file's own."""
    from cryptography import x509

    from gateway.trust import KeyProblem, read_passphrase

    quoted = shlex.quote(str(path))
    damaged = problem(
        "signing key", f"{path} is damaged", "Put it back from a backup, or move it away: one is made then"
    )
    try:
        status = path.stat()
        pem = path.read_bytes()
    except FileNotFoundError:
        if certificates is None:
            yield ok("signing key", f"{path} is made at the first start")
        else:
            yield problem("signing key", f"{path} is missing", "Put it back from a backup")
        return
    except OSError as error:
        yield _unreadable(path, error)
        return
    if status.st_mode & 0o077:
        yield problem("signing key", f"{path} may be read by others", f"chmod 600 {quoted}")
        return
    try:
        passphrase = read_passphrase()
        own = x509.load_pem_x509_certificate(pem)
    except KeyProblem as error:
        yield problem("signing key", error.cause, error.remedy)
        return
    except ValueError:
        yield damaged
        return
    if b"ENCRYPTED PRIVATE KEY" in pem and passphrase is None:
        yield warning(
            "signing key",
            "encrypted, and no passphrase is set here",
            "Set REKAM_KEY_PASSPHRASE, or give the credential",
        )
    yield _validity(certificates or (own,))


def _unreadable(path: Path, error: OSError) -> Finding:
    remedy = f"sudo chown {_user_name(os.geteuid())} {shlex.quote(str(path))}"
    return problem("signing key", f"{path} cannot be read: {error.strerror}", remedy)


def _validity(certificates: "tuple[x509.Certificate, ...]") -> Finding:
    from gateway.trust import expiry_notice
    from gateway.trust.signer import last_valid

    now = datetime.now(UTC)
    start, end = max(each.not_valid_before_utc for each in certificates), last_valid(certificates)
    dates = f"valid {start:%Y-%m-%d} to {end:%Y-%m-%d}"
    if now < start:
        return problem(
            "signing key", f"{dates}: not yet valid by this machine's clock", "sudo timedatectl set-ntp true"
        )
    notice = expiry_notice(end, now)
    if notice is None:
        return ok("signing key", dates)
    if notice.days == 0:
        return problem("signing key", f"{dates}: over", ROTATE)
    left = f"{notice.remaining.days} days are left" if notice.days > 1 else "it ends within a day"
    return warning("signing key", f"{dates}: {left}", ROTATE)


def _room(folder: Path, reserve_mb: int) -> Finding:
    status = os.statvfs(folder)
    free_mb = status.f_bavail * status.f_frsize // 1_000_000
    detail = f"{free_mb:,} MB free on the disk of {folder}"
    remedy = (
        f"Free space there (`du -xh {shlex.quote(str(folder))} | sort -h | tail`), or name another disk with --state"
    )
    if free_mb < reserve_mb:
        return problem("disk", f"{detail}; {reserve_mb} MB are kept in reserve, so captures are refused", remedy)
    if free_mb < 4 * reserve_mb:
        return warning("disk", detail, remedy)
    return ok("disk", detail)


def _make_command(state: Path) -> str:
    return f"sudo install -d -m 700 -o {_user_name(os.geteuid())} {shlex.quote(str(state))}"


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
