import pandas as pd
import pytest
from lives import random_life

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.history.event_types import CAUSES, EVENT_TYPES, require_known_types
from flexloan_nb.sim.ledger import EFFECTS

# As OKX's page lists them.
DOCUMENTED = [
    "borrowed", "repaid", "collateral_locked", "collateral_released", "forced_repayment_buy",
    "forced_repayment_sell", "forced_liquidation", "partial_liquidation", "sell_collateral",
    "buy_transition_coin", "sell_transition_coin", "buy_borrowed_coin",
]  # fmt: skip


def test_every_documented_type_has_an_effect():
    assert list(EVENT_TYPES) == DOCUMENTED


def test_every_type_has_a_cause_and_a_direction_where_it_changes_an_amount():
    for kind in EVENT_TYPES.values():
        assert kind.cause in CAUSES
        assert (kind.side is None) == (kind.direction == 0)
        assert kind.meaning


def test_effects_are_those_of_the_embedded_exchange():
    met = set()
    for seed in range(8):
        for row in random_life(seed).client.loan_history().itertuples():
            kind, effect = EVENT_TYPES[row.type], EFFECTS[row.type]
            added = kind.direction * abs(row.amt)
            assert effect.debt * row.amt == (added if kind.side == "loan" else 0)
            assert effect.collateral * row.amt == (added if kind.side == "collateral" else 0)
            met.add(row.type)
    assert met == set(DOCUMENTED)


def test_an_unknown_type_is_refused_by_its_name():
    require_known_types(pd.Series(DOCUMENTED))
    with pytest.raises(InvalidArgumentError, match="'airdropped', 'rebated'"):
        require_known_types(pd.Series(["repaid", "rebated", "airdropped"]))
