"""Names of files that can be printed, stored and lengthened."""

from __future__ import annotations

import hashlib
import unicodedata

LONGEST = 200  # bytes of a part: numbers and suffixes are added, and file systems allow 255
KEPT = 100  # bytes of a part that is shortened
LONGEST_SUFFIX = 8
LONGEST_PATH = 900  # bytes: object storage allows 1,024 with the prefix
UNSAFE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, surrogates (bytes that are not UTF-8), line ends
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_safe_name(name: str) -> bool:
    """Return whether a path below a folder can be printed, stored in a database, and lengthened."""
    return safe_name(name) == name


def safe_name(name: str) -> str:
    """Return `name` if it is safe, else another path that stands for it: the same for the same name."""
    path = "/".join(map(_safe_part, name.split("/")))
    if len(path.encode()) <= LONGEST_PATH:
        return path
    return _safe_part(name.replace("/", "\n"))


def _safe_part(part: str) -> str:
    plain = "".join("_" if unicodedata.category(one) in UNSAFE or one in BIDI else one for one in part)
    if plain == part and len(part.encode()) <= LONGEST:
        return part
    mark = hashlib.sha256(part.encode(errors="surrogatepass")).hexdigest()[:12]
    stem, dot, suffix = plain.rpartition(".")
    if not stem or not suffix.isascii() or len(suffix) > LONGEST_SUFFIX:
        stem, dot, suffix = plain, "", ""
    return f"{stem.encode()[:KEPT].decode(errors='ignore')}-{mark}{dot}{suffix}"
