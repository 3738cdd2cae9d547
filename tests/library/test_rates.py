"""So many requests in a minute, and no more."""

from service.library.rates import Rates
from tests.factories import Clock


def test_a_window_allows_its_number_of_requests_to_each_and_begins_anew() -> None:
    rates, clock = Rates(), Clock()
    assert [rates.take("a", 2, clock()).left for _ in range(3)] == [1, 0, -1]
    assert rates.take("b", 2, clock()).left == 1
    clock.tick(seconds=59)
    late = rates.take("a", 2, clock())
    assert (late.used_up, late.resets, late.headers["Retry-After"]) == (True, 1, "1")
    clock.tick(seconds=1)
    fresh = rates.take("a", 2, clock())
    assert (fresh.left, fresh.used_up) == (1, False)
    assert fresh.headers == {
        "RateLimit-Policy": '"minute";q=2;w=60',
        "RateLimit": '"minute";r=1;t=60',
    }
