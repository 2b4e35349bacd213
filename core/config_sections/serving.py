"""Configuration of servers."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shortlist.core.config_sections.section import Positive, Section


class ServeConfig(Section):
    """The HTTP API, the web page and the MCP server."""

    host: str = Field("127.0.0.1", description="address to listen on; without keys only this machine can connect")
    key: SecretStr | None = Field(
        None,
        min_length=32,
        description="secret of a key with the scope write that the server has besides those of `shortlist keys`; best "
        "in the environment, for deployments that create it",
    )
    port: int = Field(
        8000, ge=0, le=65535, description="port of the HTTP API and of `shortlist serve`; 0 chooses a free one"
    )
    web_port: int = Field(7860, ge=0, le=65535, description="port of `shortlist serve web`")
    mcp_port: int = Field(8001, ge=0, le=65535, description="port of the MCP server over HTTP")
    workers: int = Field(1, ge=1, le=64, description="processes that answer the HTTP API")
    threads: int = Field(
        1,
        ge=1,
        description="answers that each process computes at once, without those of the language model; more wait for "
        "each other in the interpreter",
    )
    requests: int = Field(256, ge=1, description="requests that each process accepts at once; more get 503")
    llm_at_once: int = Field(1, ge=1, description="requests that use the language model at once, in all processes")
    llm_waiting: int = Field(8, ge=0, description="requests that wait for it; more get 503")
    deadline_s: Positive = Field(
        20.0,
        description="longest wait for a rerank, then the answer comes without it, or for a free thread, then 503",
    )
    rate_per_s: Positive = Field(
        200.0, description="requests a second of one key, on average; bursts have twice as many"
    )
    body_bytes: int = Field(8_000_000, ge=1, description="largest body of a request")
    body_timeout_s: Positive = Field(
        30.0, description="time for the head of a request, and for its body, which has a second more for each 100 KB"
    )
    connections: int = Field(1024, ge=1, description="open connections of each process; the longest idle make room")
    connections_per_client: int = Field(256, ge=1, description="the same for each client address, such as a proxy")
    batch: int = Field(1000, ge=1, description="most events or videos of one request")
    upload_bytes: int = Field(
        500_000_000, ge=1, description="largest table to upload to the laboratory, or history to import"
    )
    write_wait_s: float = Field(
        10.0, ge=0, description="longest time that a request to write videos waits for another writer"
    )
    kept_answers: int = Field(2048, ge=0, description="recommendations to cache until the reader or the home changes")
    refresh_s: Positive = Field(1.0, description="seconds between two checks for what another process has ingested")
    core_hour_price: float = Field(
        0.04, ge=0, description="price of an hour of a core, for the cost of answers in /metrics; in your currency"
    )
    shutdown_s: Positive = Field(15.0, description="longest wait for running requests when the server stops")
