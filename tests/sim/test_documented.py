"""The documentation's own examples: their loan can be set up, and their rows have our shape."""

import json
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.coins import COINS, Tier
from flexloan_nb.sim.rules import Settings

LOAN = "/api/v5/finance/flexible-loan/"
WHOLE = (Tier(None, Decimal(1)),)
SETTINGS = Settings(
    initial_ltv=Decimal("0.6"),
    margin_call_ltv=Decimal("0.7374"),
    liquidation_ltv=Decimal("0.8374"),
    liquidation_target_ltv=Decimal("0.7"),
)
# Dollar prices at which the example's amounts are worth what it says.
PRICES = {"COMP": 40.0, "STX": 1.2, "DOT": 5.0, "LUNA": 10.57302, "USDC": 1.000257}


@pytest.fixture
def documented(sample):
    """Return the example's row of loan-info."""
    (row,) = json.loads(sample("loan_info"))["data"]
    return row


@pytest.fixture
def simulated(documented):
    """Return an exchange with the example's loan, at the example's prices and levels."""
    index = pd.date_range("2024-11-15T08:30Z", periods=2, freq="h")
    exchange = SimulatedExchange(
        scenario=None,
        settings=SETTINGS,
        coins=[replace(coin, tiers=WHOLE, min_collateral=Decimal(0)) for coin in COINS],
        prices=pd.DataFrame(PRICES, index=index),
    )
    collateral = {leg["ccy"]: leg["amt"] for leg in documented["collateralData"]}
    for ccy, amt in collateral.items():
        exchange.deposit(ccy, amt)
    (debt,) = documented["loanData"]
    exchange.borrow(debt["ccy"], debt["amt"], collateral=collateral)
    return exchange


def lending_at(rate):
    """Return an exchange whose USDC rate is `rate` in its first hour."""

    def lending_around(level):
        coins = [replace(coin, borrow_rate=level) if coin.ccy == "USDC" else coin for coin in COINS]
        return SimulatedExchange(scenario=None, coins=coins)

    probe = lending_around(100.0)
    probe.advance(hours=1)
    (row,) = probe.lending_rates("USDC", limit=1)
    return lending_around(100.0 * rate / float(row["rate"]))


def test_the_example_loan_answers_with_the_examples_numbers(simulated, documented):
    """Values are within half a millionth of a dollar: a price has seven digits. Loan to value is
    within 0.0002, by which the example itself is off its quotient.
    """
    (loan,) = simulated.loan_info()
    for field in ("collateralData", "loanData", "riskWarningData", "marginCallLTV", "liqLTV"):
        assert loan[field] == documented[field]
    for field in ("collateralNotionalUsd", "loanNotionalUsd"):
        assert float(loan[field]) == pytest.approx(float(documented[field]), abs=5e-7)
    assert abs(Decimal(loan["curLTV"]) - Decimal(documented["curLTV"])) <= Decimal("0.0002")


def test_the_examples_hour_of_interest_comes_out_to_the_last_digit(sample):
    (documented,) = json.loads(sample("interest_accrued"))["data"]
    exchange = lending_at(float(documented["interestRate"]))
    exchange.deposit("BTC", 1)
    exchange.borrow(documented["ccy"], documented["loan"], collateral={"BTC": 1})
    exchange.advance(hours=1)
    (row,) = exchange.interest_accrued()
    for field in ("ccy", "interest", "interestRate", "loan"):
        assert row[field] == documented[field]


ASKED = {
    "borrow_currencies": ("get", {}),
    "collateral_assets": ("get", {}),
    "max_loan": ("post", {"borrowCcy": "USDT"}),
    "max_collateral_redeem_amount": ("get", {"ccy": "BTC"}),
    "adjust_collateral": ("post", {"type": "add", "collateralCcy": "BTC", "collateralAmt": "1"}),
    "loan_info": ("get", {}),
    "loan_history": ("get", {"limit": 1}),
    "interest_accrued": ("get", {"limit": 1}),
}


def shape(value):
    """Describe what is in a body: names in their order, and text."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items() if name != "ordId"]
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value)


@pytest.mark.parametrize("endpoint", ASKED)
def test_a_body_has_the_examples_names_in_the_examples_order(caller, borrowed, sample, endpoint):
    borrowed.advance(hours=2)
    verb, params = ASKED[endpoint]
    answer = getattr(caller, verb)(endpoint.replace("_", "-"), **params)
    assert shape(answer) == shape(json.loads(sample(endpoint)))
