"""The table of checks, and running it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shortlist.app.build import open_home
from shortlist.app.doctor import services, state
from shortlist.app.doctor.finding import Finding, Report, broken, examined, fine
from shortlist.core.config import Config
from shortlist.core.errors import ShortlistError
from shortlist.store.home import Home

SERVICES: Mapping[str, Callable[[Config], Finding]] = {
    "versions": services.versions,
    "disk": services.disk,
    "encoder": services.encoder,
    "language model": services.language_model,
}
# In this order: what a check rests on was looked at before.
STATE: Mapping[str, Callable[[Home, Config], Finding]] = {
    "catalogue": state.catalogue,
    "caches": state.caches,
    "embeddings": state.embeddings,
    "documents": state.documents,
    "indexes": state.indexes,
    "self-retrieval": state.self_retrieval,
}


def checkup(config: Config) -> Report:
    """Run every check. Nothing is mended, downloaded or made; no error of ours is raised."""
    findings = {name: examined(lambda check=check: check(config)) for name, check in SERVICES.items()}  # type: ignore[misc]
    try:
        home = open_home(config)
    except ShortlistError as error:
        said = f"{error.problem}: expected {error.expected}, found {error.found}"
        return Report({**findings, "home": broken(said, error.remedy, error.exit_code)})
    with home:
        findings["home"] = examined(lambda: _writable(home))
        for name, examine in STATE.items():
            findings[name] = examined(lambda examine=examine: examine(home, config))  # type: ignore[misc]
    return Report(findings)


def _writable(home: Home) -> Finding:
    with home.writing("examining the home"):
        return fine(f"{home.place} can be written, encoder {home.encoder}, id {home.home_id}")
