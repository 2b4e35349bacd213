"""Where browsers and players keep their histories on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

FIREFOX, CHROMIUM, QUTEBROWSER = "*/places.sqlite", "*/History", "history.sqlite"
FREETUBE = "history.db"
PLEX = "Plex Media Server/Plug-in Support/Databases/com.plexapp.plugins.library.db"
# Folders below the home folder, or from the root, and the files in each profile.
PLACES: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "linux": (
        ("Firefox", ".mozilla/firefox", FIREFOX),
        ("Firefox", ".config/mozilla/firefox", FIREFOX),
        ("Firefox", "snap/firefox/common/.mozilla/firefox", FIREFOX),
        ("Firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox", FIREFOX),
        ("LibreWolf", ".librewolf", FIREFOX),
        ("Floorp", ".floorp", FIREFOX),
        ("Waterfox", ".waterfox", FIREFOX),
        ("Zen", ".zen", FIREFOX),
        ("Chrome", ".config/google-chrome", CHROMIUM),
        ("Chromium", ".config/chromium", CHROMIUM),
        ("Chromium", "snap/chromium/common/chromium", CHROMIUM),
        ("Brave", ".config/BraveSoftware/Brave-Browser", CHROMIUM),
        ("Edge", ".config/microsoft-edge", CHROMIUM),
        ("Vivaldi", ".config/vivaldi", CHROMIUM),
        ("Opera", ".config/opera", "History"),
        ("qutebrowser", ".local/share/qutebrowser", QUTEBROWSER),
        ("FreeTube", ".config/FreeTube", FREETUBE),
        ("FreeTube", ".var/app/io.freetubeapp.FreeTube/config/FreeTube", FREETUBE),
        ("Jellyfin", "/var/lib/jellyfin/data", "jellyfin.db"),
        ("Plex", "/var/lib/plexmediaserver/Library/Application Support", PLEX),
    ),
    "darwin": (
        ("Safari", "Library/Safari", "History.db"),
        ("Firefox", "Library/Application Support/Firefox/Profiles", FIREFOX),
        ("LibreWolf", "Library/Application Support/LibreWolf/Profiles", FIREFOX),
        ("Zen", "Library/Application Support/zen/Profiles", FIREFOX),
        ("Chrome", "Library/Application Support/Google/Chrome", CHROMIUM),
        ("Chromium", "Library/Application Support/Chromium", CHROMIUM),
        ("Brave", "Library/Application Support/BraveSoftware/Brave-Browser", CHROMIUM),
        ("Edge", "Library/Application Support/Microsoft Edge", CHROMIUM),
        ("Vivaldi", "Library/Application Support/Vivaldi", CHROMIUM),
        ("Arc", "Library/Application Support/Arc/User Data", CHROMIUM),
        ("Opera", "Library/Application Support/com.operasoftware.Opera", "History"),
        ("qutebrowser", "Library/Application Support/qutebrowser", QUTEBROWSER),
        ("FreeTube", "Library/Application Support/FreeTube", FREETUBE),
        ("Plex", "Library/Application Support", PLEX),
    ),
    "win32": (
        ("Firefox", "AppData/Roaming/Mozilla/Firefox/Profiles", FIREFOX),
        ("LibreWolf", "AppData/Roaming/librewolf/Profiles", FIREFOX),
        ("Chrome", "AppData/Local/Google/Chrome/User Data", CHROMIUM),
        ("Brave", "AppData/Local/BraveSoftware/Brave-Browser/User Data", CHROMIUM),
        ("Edge", "AppData/Local/Microsoft/Edge/User Data", CHROMIUM),
        ("Vivaldi", "AppData/Local/Vivaldi/User Data", CHROMIUM),
        ("Opera", "AppData/Roaming/Opera Software/Opera Stable", "History"),
        ("qutebrowser", "AppData/Local/qutebrowser/data", QUTEBROWSER),
        ("FreeTube", "AppData/Roaming/FreeTube", FREETUBE),
        ("Plex", "AppData/Local", PLEX),
    ),
}


def histories(home: Path, system: str = sys.platform) -> Iterator[tuple[str, Path]]:
    """Yield the program and the file of each history that this user may read. No file is opened."""
    for program, folder, pattern in PLACES.get(system, ()):
        try:
            yield from ((program, path) for path in sorted((home / folder).glob(pattern)) if path.is_file())
        except OSError:  # somebody else's
            continue
