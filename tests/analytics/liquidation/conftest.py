"""The loan that the tests of this room look at."""

import pytest

from flexloan_nb.analytics.position import Position


@pytest.fixture
def example():
    return Position(
        {"BTC": 1, "ETH": 20},
        {"USDT": 90_000},
        {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
        discount_rates={"BTC": 0.98, "ETH": 0.95},
        margin_call_ltv=0.7374,
        liquidation_ltv=0.8374,
    )
