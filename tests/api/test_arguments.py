import pandas as pd
import pytest
from fakes import CannedAdapter

from flexloan_nb import InvalidArgumentError


@pytest.mark.parametrize("ord_id", ["", pd.NA, 176070282000042445, float("nan"), ["1"]])
def test_an_order_that_is_not_named_by_a_string_moves_nothing(ord_id, client_of):
    adapter = CannedAdapter()
    client = client_of(adapter, allow_trading=True)
    with pytest.raises(InvalidArgumentError, match="ordId"):
        client.adjust_collateral(type="add", collateral_ccy="BTC", collateral_amt=1, ord_id=ord_id)
    assert not adapter.requests


@pytest.mark.parametrize("ccy", ["", 5, pd.NA])
def test_a_coin_that_is_not_named_by_a_string_is_refused(ccy, client_of):
    adapter = CannedAdapter()
    with pytest.raises(InvalidArgumentError, match="ccy is"):
        client_of(adapter).interest_accrued(ccy)
    assert not adapter.requests
