"""What the tests of B2B clients share."""

from __future__ import annotations

import pytest


@pytest.fixture
def put(client):
    """`put({…}, …)`: one upsert that is accepted; the uids."""

    def put(*elements, **how):
        answer = client.post("/api/v1/client", {"data": list(elements)}, **how)
        assert answer.status == 200, answer
        return answer.json["data"]

    return put
