"""Seeded prices: consistent at every distance, and of the right kind."""

import numpy as np
import pytest

from flexloan_nb.sim.coins import COINS
from flexloan_nb.sim.paths import HISTORY_HOURS, SeededPrices

START = 489_420  # hours since the epoch, in October 2025
WANDERING = np.array([not coin.stable for coin in COINS])


@pytest.fixture(scope="module")
def prices():
    return SeededPrices(COINS, 7, START)


@pytest.fixture(scope="module")
def returns(prices):
    """Two years of hourly log returns, a column a coin."""
    rows = [prices.at(60 * (START + hour)) for hour in range(2 * 8_760)]
    return np.diff(np.log(np.array(rows)), axis=0)


def test_a_year_of_history_lies_before_the_opening_and_no_more(prices):
    assert (prices.at(60 * (START - HISTORY_HOURS)) > 0).all()
    with pytest.raises(ValueError, match="no history"):
        prices.at(60 * (START - HISTORY_HOURS - 1))


def test_minutes_meet_the_hourly_prices(prices):
    path = prices.between(60 * START, 60 * START + 600)
    hourly = [prices.at(60 * (START + hour)) for hour in range(11)]
    np.testing.assert_allclose(path[::60], hourly, rtol=1e-12)
    steps = np.abs(np.diff(np.log(path[:, 0])))
    assert steps.max() < 10 * np.median(steps) + 0.01


def test_volatility_is_the_coins_own(returns):
    realised = returns.std(axis=0) * np.sqrt(8760)
    wanted = np.array([coin.volatility for coin in COINS])
    np.testing.assert_allclose(realised, wanted, rtol=0.25)


def test_minutes_are_as_volatile_as_hours(prices):
    path = prices.between(60 * START, 60 * (START + 720))
    by_minute = np.diff(np.log(path), axis=0).std(axis=0) * np.sqrt(525_600)
    by_hour = np.diff(np.log(path[::60]), axis=0).std(axis=0) * np.sqrt(8760)
    np.testing.assert_allclose(by_minute, by_hour, rtol=0.2)


def test_returns_are_correlated_fat_tailed_and_clustered(returns):
    bitcoin, ether = returns[:, 0], returns[:, 1]
    size = np.abs(bitcoin)
    assert 0.5 < np.corrcoef(bitcoin, ether)[0, 1] < 0.8
    assert (bitcoin**4).mean() / (bitcoin**2).mean() ** 2 > 5
    assert np.corrcoef(size[:-24], size[24:])[0, 1] > 0.05
    assert abs(np.corrcoef(bitcoin[:-1], bitcoin[1:])[0, 1]) < 0.05
