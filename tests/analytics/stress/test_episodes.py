"""The falls of the past are what they were."""

import pickle

import numpy as np
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.stress.episodes import (
    BASES,
    DEFAULT_BETA,
    EPISODES,
    STABLECOINS,
    Episode,
)

# Per cent to the lowest close / to the lowest low.
TABLE = """
episode | BTC | ETH | SOL | LTC | DOGE | ADA
2018-11-13 to 2018-12-15 | -49.1 / -49.8 | -59.2 / -60.0 | | -52.8 / -54.1 | -29.9 / -31.9 | -61.6 / -62.8
2020-03-07 to 2020-03-16 | -44.2 / -53.9 | -53.5 / -60.0 | | -48.9 / -57.8 | -36.1 / -48.1 | -51.0 / -60.9
2021-05-11 to 2021-05-23 | -38.7 / -45.9 | -49.4 / -58.3 | -44.6 / -57.1 | -62.0 / -68.6 | -37.8 / -55.9 | -24.9 / -41.7
2022-05-04 to 2022-05-12 | -27.1 / -33.6 | -33.3 / -40.5 | -51.8 / -59.0 | -39.4 / -47.9 | -39.1 / -48.4 | -47.2 / -54.7
2022-06-07 to 2022-06-18 | -39.0 / -43.2 | -45.2 / -50.6 | -28.5 / -33.9 | -32.2 / -36.3 | -34.2 / -38.2 | -25.9 / -31.2
2022-11-05 to 2022-11-09 | -25.4 / -26.3 | -32.4 / -33.5 | -62.1 / -66.0 | -27.3 / -29.2 | -40.3 / -42.0 | -25.5 / -26.8
"""  # noqa: E501


def test_the_episodes_are_the_table():
    header, *lines = [
        line.split(" | ") for line in TABLE.strip().replace("| |", "| - |").split("\n")
    ]
    assert len(EPISODES) == len(lines)
    for episode, (days, *cells) in zip(EPISODES, lines, strict=True):
        assert days == f"{episode.start} to {episode.end}"
        assert episode.name == f"{episode.start:%Y-%m}"
        figures = {
            ccy: tuple(float(figure) for figure in cell.split(" / "))
            for ccy, cell in zip(header[1:], cells, strict=True)
            if cell != "-"
        }
        assert {ccy: tuple(100 * of for of in pair) for ccy, pair in episode.changes.items()} == {
            ccy: pytest.approx(pair) for ccy, pair in figures.items()
        }


@pytest.mark.parametrize("basis", BASES)
def test_the_default_beta_is_the_mean_of_the_coins_with_a_figure(basis):
    ratios = [
        getattr(change, basis) / getattr(episode.changes["BTC"], basis)
        for episode in EPISODES
        for ccy, change in episode.changes.items()
        if ccy != "BTC"
    ]
    assert round(np.mean(ratios), 1) == DEFAULT_BETA
    assert 0.6 <= min(ratios) < max(ratios) <= 2.55


def test_no_stablecoin_has_a_figure():
    assert not {ccy for episode in EPISODES for ccy in episode.changes} & {*STABLECOINS}


def test_an_episode_is_a_value():
    changes = {"BTC": (-0.5, -0.6)}
    episode = Episode("half", changes)
    changes["BTC"] = (0, 0)
    assert episode == Episode("half", {"BTC": (-0.5, -0.6)})
    assert hash(episode) == hash(Episode("half", {"BTC": (-0.5, -0.6)}))
    assert pickle.loads(pickle.dumps(episode)) == episode


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (-0.5, "give a pair"),
        ((-0.5,), "give a pair"),
        ((-0.5, "much"), "not a number"),
        ((float("nan"), 0), "finite"),
        ((-49.1, -49.8), "decimals"),
    ],
)
def test_a_change_that_cannot_be_is_refused(change, says):
    with pytest.raises(InvalidArgumentError, match=says) as refused:
        Episode("half", {"BTC": change})
    assert "BTC" in str(refused.value)
