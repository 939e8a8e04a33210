"""Random requests over all pages: whatever is asked, the server does not fail.
``random_requests.py`` sends as many as one likes.
"""

from __future__ import annotations

from flask import Flask
from random_requests import Requests, failures

pytest_plugins = ("web",)
COUNT = 400
KEPT = (346,)
"""Seeds that once failed, or were near to a failure."""


def test_no_random_request_makes_the_server_fail(app: Flask) -> None:
    """No 5xx and no exception; and the requests are not all refused at the door, or this would
    prove nothing.
    """
    wrong, counts = failures(app, [*KEPT, *range(COUNT)])
    assert not wrong, "\n".join(wrong)
    assert counts[200] > 0.25 * COUNT
    assert counts[400] > 0.1 * COUNT


def test_every_page_is_asked(app: Flask) -> None:
    """Each address of the app comes up among five thousand seeds, and a seed always makes the same
    request.
    """
    requests = Requests(app)
    asked = {requests.make(seed).path.split("/")[1] for seed in range(5000)}
    assert {rule.split("/")[1] for _, rule in requests.rules} <= asked
    assert [str(requests.make(seed)) for seed in range(50)] == [
        str(Requests(app).make(seed)) for seed in range(50)
    ]
