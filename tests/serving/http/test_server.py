"""The address of a server is taken before anything is loaded."""

from __future__ import annotations

import pytest

from shortlist.core.errors import UsageError
from shortlist.serving.http.server import open_listener


def test_an_address_is_had_once_even_before_anybody_answers_there() -> None:
    with open_listener("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen: expected a free address 127.0.0.1:{port}"):
            open_listener("127.0.0.1", port)
    open_listener("127.0.0.1", port).close()
