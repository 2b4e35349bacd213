"""Titles that say nothing: names of files, shouting, hashtags only."""

from __future__ import annotations

import re

_FILE = re.compile(
    r"(?:(?:video|vid|img|image|clip|mov|dsc|pxl|gopr|gh|recording|screen ?recording|untitled|final|whatsapp"
    r"|snaptik|tiktok|short|copy|new|export|output|trim|wa|audio|track|part)[\W_\d]*)+(?:of[\W_\d]*)?(?:at[\W_\d]*)?",
    re.IGNORECASE,
)
_CODE = re.compile(r"[0-9a-f]{8,}|[\d\W_]+|(?=\w*\d)[\w-]{1,16}", re.IGNORECASE)
_ENDING = re.compile(r"\.(?:mp4|mov|mkv|webm|avi|mpe?g|mp3|wav|flac|m4a|m4v|3gp|ogg)$", re.IGNORECASE)
_TAG = re.compile(r"[#@][\w.]+")
SHOUT = 6  # letters, from which capitals only are no abbreviation


def is_uninformative(title: str) -> bool:
    """Whether `title` is a file's name, all in capitals, or only hashtags, so that a better one is worth a try."""
    letters = [char for char in _TAG.sub(" ", _bare(title)) if char.isalpha()]
    shouting = len(letters) >= SHOUT and all(char.isupper() for char in letters) and letters[0].lower() != letters[0]
    return not letters or shouting or is_file_name(title)


def is_file_name(title: str) -> bool:
    """Whether `title` is the name that a camera, a program or a site gave to a file."""
    bare = _bare(title)
    coded = " " not in bare.strip() and bool(_CODE.fullmatch(bare))
    return bool(_FILE.fullmatch(bare)) or coded


def _bare(title: str) -> str:
    return _ENDING.sub("", title.strip())
