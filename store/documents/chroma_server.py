"""A collection on a Chroma server (`chroma run`). Homes may share a server: each has a collection with its id."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from shortlist.core.errors import ConfigError, HomeDamaged, ServiceError, ShortlistError
from shortlist.store.documents.chroma_folder import COSINE, REBUILD, Ledger, Metadata

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

CONNECT_TIMEOUT_S, TIMEOUT_S = 10.0, 120.0


class ChromaServer:
    """The collection of the home `home_id` on the server at `url`, `http[s]://host[:port]`.

    The server synchronises its clients, so reading takes no lock. All its errors are raised as `ServiceError`.
    """

    def __init__(self, url: str, home_id: str, ledger: Ledger) -> None:
        self._url = url.rstrip("/")
        self._name = f"shortlist-{home_id}"
        self._ledger = ledger
        self._client: Client | None = None
        self._host, self._port, self._ssl = _parse_address(url)

    def exists(self) -> bool:
        """Return whether anything was delivered. The next ingest and `shortlist doctor` notice lost documents."""
        return self._ledger.delivered() > 0

    def was_interrupted(self) -> bool:
        """Return False: the server outlives its clients."""
        return False

    def reading(self, doing: str) -> AbstractContextManager[None]:
        """Take no lock."""
        return nullcontext()

    def collection(self) -> Collection | None:
        """Request the collection again: another machine may have replaced it."""
        from chromadb.errors import NotFoundError

        client = self._get_client()
        with self.errors(), suppress(NotFoundError):
            return client.get_collection(self._name, embedding_function=None)
        return None

    def recreate(self, metadata: Metadata) -> None:
        """Delete the collection and create an empty one."""
        from chromadb.errors import NotFoundError

        client = self._get_client()
        with self.errors():
            with suppress(NotFoundError):
                client.delete_collection(self._name)
            client.create_collection(
                self._name,
                metadata=dict(metadata),
                configuration=COSINE,
                embedding_function=None,
            )

    def max_batch_size(self) -> int:
        """Return the server's limit."""
        client = self._get_client()
        with self.errors():
            return client.get_max_batch_size()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Translate exceptions to `ServiceError`."""
        try:
            yield
        except ShortlistError:
            raise
        except Exception as error:  # the client raises bare exceptions for unexpected responses
            raise self._unusable(str(error) or type(error).__name__) from error

    def damaged(self, found: str) -> HomeDamaged:
        """Return the error for a collection that is missing or of another home."""
        problem, expected = f"the documents on the Chroma server {self._url}", "the collection of this home and encoder"
        return HomeDamaged(problem, expected=expected, found=found, remedy=REBUILD)

    def release(self) -> None:
        """Stay connected."""

    def close(self) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _get_client(self) -> Client:
        if self._client is None:
            self._client = self._open()
        return self._client

    def _open(self) -> Client:
        with self.errors():
            self._check_server()
            import chromadb
            from chromadb.config import Settings

            settings = Settings(anonymized_telemetry=False)
            client = cast("Client", chromadb.HttpClient(self._host, self._port, self._ssl, settings=settings))
            client._server._session.timeout = TIMEOUT_S  # type: ignore[attr-defined]  # the default is no timeout
            return client

    def _check_server(self) -> None:
        """Raise a clear error quickly if no supported Chroma server answers."""
        import httpx

        address = httpx.URL(scheme="https" if self._ssl else "http", host=self._host, port=self._port)
        answer = httpx.get(address.join("/api/v2/heartbeat"), timeout=CONNECT_TIMEOUT_S)
        if not (answer.is_success and b"heartbeat" in answer.content):
            raise self._unusable(f"status {answer.status_code} {answer.text[:80]!r}")

    def _unusable(self, found: str) -> ServiceError:
        return ServiceError(
            f"the Chroma server {self._url}",
            expected="a running server of Chroma 1",
            found=found[:300],
            remedy=f"start it with `chroma run --path DIR --port {self._port}`, or correct store.chroma",
        )


def _parse_address(url: str) -> tuple[str, int, bool]:
    parts = urlsplit(url)
    with suppress(ValueError):  # an invalid port
        if (
            parts.scheme in ("http", "https")
            and parts.hostname
            and not parts.username
            and parts.path in ("", "/")
            and not parts.query
        ):
            secure = parts.scheme == "https"
            return parts.hostname, parts.port or (443 if secure else 8000), secure
    raise ConfigError(
        "setting store.chroma",
        expected="an address as http://host:8000, without user, password or path",
        found="another text",
        remedy="correct it",
    )
