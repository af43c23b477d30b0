"""Rules about what a card holds, how it is sealed, written and checked."""

from collections import Counter
from collections.abc import Iterator

from gateway.card import SecurityLevel
from gateway.card_profile.content_kind import ContentKind, Option
from gateway.card_profile.contents import CONTENTS
from gateway.card_profile.finding import Finding, error, warning
from gateway.card_profile.finger_template import most_bytes
from gateway.card_profile.lds import GROUPS
from gateway.card_profile.profile import (
    CardFile,
    CardProfile,
    Condition,
    Diversification,
    Operation,
    OptionValue,
)
from gateway.card_profile.seal import seal_size

_REPEATED = ("finger-template", "certificate", "biodata")
_USUAL_SERIAL = 16
"""Bytes of a chip's serial number; eight to ten are usual."""
_MOST_TRIES = 4
_STANDARD_IDS = {"pkcs15-dir": 0x2F00, "pkcs15-odf": 0x5031, "pkcs15-token-info": 0x5032}
"""ISO/IEC 7816-15:2016, 7: readers look there."""
_LDS = ("lds-com", "lds-dg1", "lds-dg2", "lds-sod")
_PKCS15 = ("pkcs15-dir", "pkcs15-odf", "pkcs15-token-info")
_LISTS = ("pkcs15-cdf", "pkcs15-dodf", "pkcs15-aodf")


def contents(profile: CardProfile) -> Iterator[Finding]:
    """Every content is known, lies where it belongs, is there once, and has options of its own."""
    counts = Counter(file.content for file in profile.files)
    for application in profile.applications:
        for file in application.files:
            place, kind = f"{application.name}/{file.name}", CONTENTS.get(file.content)
            if kind is None:
                yield error(
                    "content-known",
                    place,
                    (f"Isi {file.content!r} tidak dikenal.", f"No content is called {file.content!r}."),
                    (f"Ada: {', '.join(CONTENTS)}.", f"There are {', '.join(CONTENTS)}."),
                )
                continue
            if kind.master is not None and kind.master is not application.is_master:
                inside = ("di dalam", "in") if kind.master else ("di luar", "outside of")
                yield error(
                    "content-place",
                    place,
                    (f"Isi ini harus {inside[0]} berkas induk.", f"This content belongs {inside[1]} the master file."),
                    ("Pindahkan.", "Move it."),
                )
            if counts[file.content] > 1 and file.content not in _REPEATED:
                yield error(
                    "content-once",
                    place,
                    (f"Isi {file.content} ada lebih dari sekali.", f"There is more than one {file.content}."),
                    ("Sisakan satu.", "Leave one."),
                )
            for name, value in file.options.items():
                if not _option_fits(kind, name, value):
                    yield error(
                        "option",
                        place,
                        (f"Opsi {name} tidak dikenal atau salah.", f"Option {name} is not known, or wrong."),
                        ("Lihat docs/card-profiles.md.", "See docs/card-profiles.md."),
                    )


def seal(profile: CardProfile) -> Iterator[Finding]:
    """The seal is the very last file, so that a card without it is seen to be half written."""
    seals = [file for file in profile.files if file.content in CONTENTS and CONTENTS[file.content].seals]
    if not profile.seal:
        if seals:
            yield _seal_error("seal-named", seals[0].name, "Segel ini tidak disebut.", "This seal is not named.")
        yield warning(
            "unsealed",
            "profile",
            ("Kartu tidak bersegel.", "Cards have no seal."),
            (
                "Kartu yang setengah tertulis atau diubah tidak dapat dikenali; tambahkan seal.",
                "One that was half written or changed cannot be told; add a seal.",
            ),
        )
        return
    named = next((file for file in profile.files if file.name == profile.seal), None)
    if named is None:
        yield _seal_error("seal-there", "profile", f"Tidak ada berkas {profile.seal}.", f"No file is {profile.seal}.")
        return
    if named not in seals:
        yield _seal_error("seal-signs", named.name, "Berkas ini bukan tanda tangan.", "This file is no signature.")
    if named is not profile.files[-1]:
        yield _seal_error(
            "seal-last",
            named.name,
            "Segel harus berkas terakhir dari aplikasi terakhir.",
            "A seal is the last file of the last application.",
        )
    if not named.required:
        yield _seal_error("seal-required", named.name, "Segel harus wajib.", "A seal is required.")
    for other in seals:
        if other is not named:
            yield _seal_error("seal-one", other.name, "Ini segel kedua.", "This is a second seal.")
    if named.content == "seal" and named.limit < seal_size(profile, _USUAL_SERIAL):
        least = seal_size(profile, _USUAL_SERIAL)
        yield _seal_error(
            "seal-limit",
            named.name,
            f"Segel atas semua berkas berukuran {least} bita, batasnya {named.limit}.",
            f"A seal over all files has {least} bytes, its limit is {named.limit}.",
        )


def holder(profile: CardProfile) -> Iterator[Finding]:
    """The holder is checked against finger templates that there are."""
    templates = {file.name: file for file in profile.files if file.content == "finger-template"}
    if profile.holder is None:
        if templates:
            yield warning(
                "holder-unchecked",
                "profile",
                ("Sidik jari pada kartu tidak dipakai.", "The templates of the card are not used."),
                ("Tambahkan tabel holder.", "Add a table holder."),
            )
    else:
        if not profile.holder.templates:
            yield _holder_error("profile", "Tidak ada berkas yang disebut.", "No file is named.")
        for name in profile.holder.templates:
            if name not in templates:
                yield _holder_error(name, "Ini bukan berkas sidik jari.", "This is no file of a finger template.")
        if not 1 <= profile.holder.tries <= _MOST_TRIES:
            yield warning(
                "holder-tries",
                "profile",
                (f"{profile.holder.tries} kali coba.", f"{profile.holder.tries} tries."),
                (f"Paling banyak {_MOST_TRIES}.", f"At most {_MOST_TRIES} are usual."),
            )
    for file in templates.values():
        yield from _template(file)
    yield from _fingers(list(templates.values()))


def channel(profile: CardProfile) -> Iterator[Finding]:
    """What protects the writing, as far as the profile says."""
    wanted = [
        place
        for place, access in (
            *((each.name, each.access) for each in profile.applications),
            *((file.name, file.access) for file in profile.files),
        )
        if Condition.CHANNEL in access.values()
    ]
    if profile.channel is None:
        for place in wanted:
            yield error(
                "channel-missing",
                place,
                ("Syarat channel, tetapi profil tidak punya channel.", "It asks for a channel, and there is none."),
                ("Tambahkan tabel channel, atau pakai syarat lain.", "Add a table channel, or ask for something else."),
            )
        yield _channel_warning("channel-plain", "Kartu ditulis tanpa sandi.", "Cards are written in the clear.")
        return
    level = profile.channel.level
    if not level.authenticates_answers:
        yield _channel_warning(
            "channel-answers",
            "Jawaban kartu tidak dibuktikan.",
            "The card's answers are not authenticated: somebody between can say that it is done.",
        )
    if not level.encrypts_commands:
        yield _channel_warning(
            "channel-clear", "Data pribadi lewat tanpa sandi.", "Personal data travel to the card in the clear."
        )
    if level is SecurityLevel.C_MAC or profile.channel.mac_length not in (8, 16):
        yield _channel_warning("channel-weak", "Pengaman saluran lemah.", "The channel's protection is weak.")
    if profile.channel.diversification is Diversification.NONE:
        yield _channel_warning(
            "channel-one-key",
            "Semua kartu memakai kunci yang sama.",
            "All cards have the same keys: who opens one chip opens all.",
        )
    if profile.channel.test_keys:
        yield _channel_warning(
            "test-keys",
            "Kunci uji yang diketahui semua orang diterima.",
            "Test keys, which everybody knows, are accepted: for training and demonstrations alone.",
        )


def standards(profile: CardProfile) -> Iterator[Finding]:
    """What ICAO Doc 9303 and ISO/IEC 7816-15 ask for, where a profile follows one of them."""
    present = {file.content for file in profile.files}
    if present & (set(GROUPS) | set(_LDS)):
        yield from (_absent("lds-whole", each) for each in _LDS if each not in present)
        if _has(profile, profile.seal) and profile.file(profile.seal).content != "lds-sod":
            yield _seal_error("lds-seal", profile.seal, "Segel dokumen adalah EF.SOD.", "A document's seal is EF.SOD.")
    if not present & (set(_LISTS) | {"pkcs15-odf", "pkcs15-token-info"}):
        return
    yield from (_absent("pkcs15-whole", each) for each in _PKCS15 if each not in present)
    for file in profile.files:
        if file.content in _STANDARD_IDS and file.fid != _STANDARD_IDS[file.content]:
            fid = _STANDARD_IDS[file.content]
            yield error(
                "pkcs15-id",
                file.name,
                (f"Nomornya harus {fid:04X}.", f"Its identifier has to be {fid:04X}."),
                ("Ganti fid.", "Change fid."),
            )
    with_pin = any(file.access.get(Operation.READ) is Condition.PIN for file in profile.files)
    if with_pin and "pkcs15-aodf" not in present:
        yield _absent("pkcs15-pin", "pkcs15-aodf")
    places = [application.is_master for application in profile.applications]
    if "pkcs15-dir" in present and True in places and False in places[places.index(True) :]:
        yield error(
            "pkcs15-order",
            "profile",
            (
                "Berkas induk dengan EF.DIR harus ditulis terakhir.",
                "The master file with EF.DIR has to be written last: it announces what must be whole by then.",
            ),
            ("Pindahkan aplikasi itu ke akhir.", "Move it to the end."),
        )


def _template(file: CardFile) -> Iterator[Finding]:
    if file.options.get("wrapping") == "block":
        fingers = file.options.get("fingers", ())
        if not isinstance(fingers, tuple) or len(fingers) != 1:
            yield error(
                "template-finger",
                file.name,
                ("Tanpa templat biometrik, jarinya tidak disebut.", "A block alone does not say which finger it is."),
                ("Sebut satu jari saja di fingers.", "Name one finger alone in fingers."),
            )
    if all(_option_fits(CONTENTS[file.content], name, value) for name, value in file.options.items()):
        needed = most_bytes(file)
        if file.limit < needed:
            yield warning(
                "template-limit",
                file.name,
                (f"Sidik jari penuh butuh {needed} bita.", f"A full template needs {needed} bytes."),
                ("Perbesar limit, atau kecilkan most.", "Raise limit, or lower most."),
            )


def _fingers(templates: list[CardFile]) -> Iterator[Finding]:
    """Two files that can only take the same finger."""
    lists = [file.options.get("fingers") for file in templates]
    for index, file in enumerate(templates):
        fingers = lists[index]
        if isinstance(fingers, tuple) and len(fingers) == 1 and fingers in lists[:index] and file.required:
            yield error(
                "template-twice",
                file.name,
                ("Berkas lain sudah mengambil jari ini.", "Another file has taken this finger already."),
                ("Sebut jari lain.", "Name another finger."),
            )


def _option_fits(kind: ContentKind, name: str, value: OptionValue) -> bool:
    option: Option | None = kind.options.get(name)
    if option is None or type(value) is not type(option.default):
        return False
    if option.allowed is None:
        return True
    if isinstance(value, tuple):
        return bool(value) and all(each in option.allowed for each in value)
    return value in option.allowed


def _has(profile: CardProfile, name: str) -> bool:
    return any(file.name == name for file in profile.files)


def _absent(rule: str, content: str) -> Finding:
    return error(
        rule,
        "profile",
        (f"Tidak ada berkas {content}.", f"There is no file of {content}."),
        ("Tambahkan.", "Add one."),
    )


def _seal_error(rule: str, place: str, indonesian: str, english: str) -> Finding:
    return error(rule, place, (indonesian, english), ("Betulkan seal.", "Mend the seal."))


def _holder_error(place: str, indonesian: str, english: str) -> Finding:
    return error(
        "holder-template", place, (indonesian, english), ("Sebut berkas finger-template.", "Name finger templates.")
    )


def _channel_warning(rule: str, indonesian: str, english: str) -> Finding:
    return warning(
        rule,
        "profile",
        (indonesian, english),
        ("Betulkan tabel channel bila tidak dimaksud.", "Mend the table channel if that is not meant."),
    )
