"""The address of a server is taken before anything is loaded."""

from __future__ import annotations

import pytest

from shortlist.core.errors import UsageError
from shortlist.serving.http.server import bound


def test_an_address_is_had_once_even_before_anybody_answers_there() -> None:
    with bound("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen: expected a free address 127.0.0.1:{port}"):
            bound("127.0.0.1", port)
    bound("127.0.0.1", port).close()
