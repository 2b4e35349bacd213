"""The table of checks, and a function that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shortlist.app.doctor import home_checks, service_checks
from shortlist.app.doctor.finding import Finding, Report, broken, ok, run_check
from shortlist.core.config import Config
from shortlist.core.errors import ShortlistError
from shortlist.engine.build import open_home
from shortlist.store.home import Home
from shortlist.store.known_damage import remember

SERVICES: Mapping[str, Callable[[Config], Finding]] = {
    "versions": service_checks.versions,
    "plugins": service_checks.plugins,
    "disk": service_checks.disk,
    "encoder": service_checks.encoder,
    "language model": service_checks.language_model,
}
# The order matters: each check relies on those before it.
STATE: Mapping[str, Callable[[Home, Config], Finding]] = {
    "catalogue": home_checks.catalogue,
    "caches": home_checks.caches,
    "embeddings": home_checks.embeddings,
    "documents": home_checks.documents,
    "indexes": home_checks.indexes,
    "self-retrieval": home_checks.self_retrieval,
    "trained models": home_checks.trained_models,
}
OF_FOLLOWERS = ("catalogue", "caches", "indexes", "trained models")  # the others check what a snapshot does not have
# What no command repairs by itself.
LASTING = ("catalogue", "caches", "embeddings", "documents")


def checkup(config: Config) -> Report:
    """Run every check and report errors as findings. Downloads and repairs nothing.

    The home remembers the damage that was found, for the notes of answers.
    """
    findings = {name: run_check(lambda check=check: check(config)) for name, check in SERVICES.items()}  # type: ignore[misc]
    try:
        home = open_home(config)
    except ShortlistError as error:
        said = f"{error.problem}: expected {error.expected}, found {error.found}"
        return Report({**findings, "home": broken(said, error.remedy, error.exit_code)})
    with home:
        findings["home"] = run_check(lambda: _writable(home))
        for name in OF_FOLLOWERS if home.is_follower else STATE:
            findings[name] = run_check(lambda examine=STATE[name]: examine(home, config))  # type: ignore[misc]
        broken_ones = [name for name in LASTING if name in findings and findings[name].state == "broken"]
        remember(home.path, {name: findings[name].found for name in broken_ones})
    return Report(findings)


def _writable(home: Home) -> Finding:
    if home.is_follower:
        return ok(f"{home.location}, encoder {home.encoder}, id {home.home_id}")
    with home.writing("examining the home"):
        return ok(f"{home.location} can be written, encoder {home.encoder}, id {home.home_id}")
