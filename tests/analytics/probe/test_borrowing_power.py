import math
from decimal import ROUND_DOWN, Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flexloan_nb import connect
from flexloan_nb.analytics.discount import Tiers
from flexloan_nb.analytics.probe.borrowing_power import plan_probe, probe_borrowing_power
from flexloan_nb.analytics.probe.knees import Reading, straight_pieces, where_to_read
from flexloan_nb.errors import InvalidArgumentError, LoanRuleError, ServiceError
from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.coins import COINS, Coin, Tier
from flexloan_nb.sim.rules import Settings

STEP = Decimal("1e-8")


class FakeMarket:
    def __init__(self, exchange):
        self.exchange = exchange

    def index_prices(self, ccys):
        prices = self.exchange.prices()
        return pd.DataFrame({"ccy": ccys, "idxPx": [float(prices[ccy]) for ccy in ccys]})

    def discount_rates(self, ccy=None):
        rows = [
            {"ccy": name, "minAmt": start, "maxAmt": end, "discountRate": rate}
            for name, tiers in self.exchange.public.items()
            for start, end, rate in zip(
                tiers.starts, [*tiers.starts[1:], math.nan], tiers.rates, strict=True
            )
        ]
        return pd.DataFrame(rows, columns=["ccy", "minAmt", "maxAmt", "discountRate"])


class FakeExchange:
    """Lends by the documented formula, in floats cut to eight decimals; prices may move.

    At each max-loan call `moves` multiplies the prices of all collateral, and `lies` the answer.
    """

    def __init__(self, tiers, prices, pledged, debt, *, initial_ltv=0.65, **options):
        self.tiers = tiers
        self.start_prices = prices | {"USDT": options.pop("loan_price", 1.0)}
        self.pledged = pledged
        self.debt = debt
        self.initial_ltv = initial_ltv
        self.quota = options.pop("quota", 3_000_000.0)
        self.balances = options.pop("balances", None)
        self.public = options.pop("public", tiers)
        self.moves = options.pop("moves", None)
        self.lies = options.pop("lies", {})
        self.fault = options.pop("fault", {})
        assert not options
        self.calls = 0
        self.market = FakeMarket(self)

    def prices(self):
        factor = 1.0 if self.moves is None else self.moves(self.calls)
        return {
            ccy: price if ccy == "USDT" else price * factor
            for ccy, price in self.start_prices.items()
        }

    def value(self, supplement=None):
        prices, more = self.prices(), {c: float(a) for c, a in (supplement or {}).items()}
        coins = self.pledged | {ccy: self.pledged.get(ccy, 0.0) + of for ccy, of in more.items()}
        return sum(self.tiers[ccy].kept(amount) * prices[ccy] for ccy, amount in coins.items())

    def max_loan(self, borrow_ccy, sup_collateral=None, *, ord_id=None):
        self.calls += 1
        if self.calls in self.fault:
            raise self.fault[self.calls]
        for ccy, amount in (sup_collateral or {}).items():
            if self.balances is not None and amount > self.balances.get(ccy, 0.0):
                raise LoanRuleError("51764", "balance", 200, "max_loan", "")
        room = self.initial_ltv * self.value(sup_collateral) - self.debt
        price = self.start_prices["USDT"]
        most = room * self.lies.get(self.calls, 1.0) / price
        loan = Decimal(max(0.0, min(self.quota, most))).quantize(STEP, ROUND_DOWN)
        usd = loan * Decimal(str(price))
        return pd.DataFrame(
            {"maxLoan": [float(loan)], "notionalUsd": float(usd), "remainingQuota": self.quota}
        )

    def collateral_assets(self, ccy=None, *, ord_id=None):
        return pd.DataFrame({"ccy": list(self.balances), "amt": list(self.balances.values())})

    def loan_snapshot(self, *, ord_id=None):
        info = {
            "ordId": "1",
            "loanNotionalUsd": self.debt,
            "collateralNotionalUsd": self.value(),
        }
        legs = [("1", "collateral", ccy, amount) for ccy, amount in self.pledged.items()]
        return SimpleNamespace(
            info=pd.DataFrame([info]),
            legs=pd.DataFrame(
                [*legs, ("1", "loan", "USDT", self.debt)], columns=["ordId", "side", "ccy", "amt"]
            ),
        )


def probed(client, coins, borrow_ccy="USDT", **options):
    return probe_borrowing_power(client, borrow_ccy, coins, **{"progress": False} | options)


def lender(tiers=None, **options):
    """Return an exchange with one coin at 100 USD, of which 20 are pledged for 1,000 USDT."""
    tiers = Tiers.of(tiers or [(0, 100, 0.9), (100, None, 0.8)], "XYZ")
    position = {"pledged": {"XYZ": 20.0}, "debt": 1_000.0}
    return FakeExchange({"XYZ": tiers}, {"XYZ": 100.0}, **position | options)


def assert_found(found, ccy, tiers, initial_ltv, within=1e-3):
    """Assert that what was found of a coin's line is what its tiers and initial LTV make it."""
    rows = found.tiers[found.tiers["ccy"] == ccy]
    first, last = rows["from_amt"].iloc[0], rows["to_amt"].iloc[-1]
    true_knees = [start for start in tiers.starts if first * (1 + 1e-6) < start < last]
    assert rows["to_amt"].iloc[:-1].tolist() == pytest.approx(true_knees, rel=within)
    middles = (rows["from_amt"] + rows["to_amt"]) / 2
    true_powers = initial_ltv * tiers.marginal(middles)
    np.testing.assert_allclose(rows["borrowing_power"], true_powers, rtol=within)
    assert (rows["borrowing_power_low"] <= true_powers).all()
    assert (true_powers <= rows["borrowing_power_high"]).all()
    assert ((rows["to_amt"].iloc[:-1] - true_knees).abs() <= rows["to_amt_error"].iloc[:-1]).all()


@st.composite
def schedules(draw, most=4):
    """Return tiers of one coin: falling rates at least half a per cent apart."""
    count = draw(st.integers(1, most))
    rates = sorted(
        draw(st.lists(st.integers(60, 200), min_size=count, max_size=count, unique=True))
    )
    starts = draw(
        st.lists(st.integers(1, 400), min_size=count - 1, max_size=count - 1, unique=True)
    )
    scale = draw(st.sampled_from([0.01, 1.0, 1_000.0]))
    return Tiers(
        (0.0, *(start * scale for start in sorted(starts))),
        tuple(rate / 200 for rate in reversed(rates)),
    ), scale


# The line by itself


@settings(max_examples=100)
@given(schedules(most=6))
def test_every_knee_of_a_concave_line_is_found_in_a_few_readings_each(drawn):
    tiers, scale = drawn
    end = 500 * scale
    values = {at: float(tiers.kept(at)) for at in (0.0, end / 2, end)}

    def readings():
        return [Reading(at, value, 1e-9 * scale) for at, value in sorted(values.items())]

    while (at := where_to_read(readings(), 1.01)) is not None:
        assert at not in values
        values[at] = float(tiers.kept(at))
    pieces = straight_pieces(readings(), 1.01)
    assert [piece.start for piece in pieces] == pytest.approx(tiers.starts, rel=1e-6)
    assert [piece.slope for piece in pieces] == pytest.approx(tiers.rates, rel=1e-6)
    assert len(values) <= 3 + 4 * (len(pieces) - 1)


def test_a_piece_that_was_not_read_has_the_slopes_of_its_neighbours_as_bounds():
    line = Tiers((0.0, 10.0, 20.0), (0.9, 0.5, 0.1))
    readings = [Reading(at, float(line.kept(at)), 1e-9) for at in (0.0, 5.0, 9.0, 22.0, 30.0, 40.0)]
    first, unclear, last = straight_pieces(readings, 1.0)
    assert (first.slope, last.slope) == (pytest.approx(0.9), pytest.approx(0.1))
    assert (unclear.slope_low, unclear.slope_high) == (pytest.approx(0.1), pytest.approx(0.9))
    assert first.end_error >= 1
    assert unclear.end_error >= 2


# What is found


@settings(max_examples=40)
@example((Tiers((0.0, 1_000.0), (0.305, 0.3)), 1_000.0), 0.5, 0.0, 780.0)
@example((Tiers((0.0, 1_000.0), (0.305, 0.3)), 1_000.0), 0.5, 0.0, 1e6 / 3)
@example((Tiers(rates=(0.875,)), 0.01), 0.8156432924611074, 1.0, 600.0)
@given(
    schedules(),
    st.floats(0.3, 0.85),
    st.floats(0.0, 1.0),
    st.floats(600, 100_000),
)
def test_tiers_and_initial_ltv_are_found_whatever_they_are(drawn, initial_ltv, part, reach):
    tiers, scale = drawn
    price = 1e9 / (reach * scale)
    pledged = {"XYZ": 300 * scale * part, "ABC": 10.0}
    exchange = FakeExchange(
        {"XYZ": tiers, "ABC": Tiers(rates=(0.9,))},
        {"XYZ": price, "ABC": 1_000.0},
        pledged,
        debt=100.0,
        initial_ltv=initial_ltv,
        quota=1e9,
    )
    found = probed(exchange, ["XYZ"])
    assert_found(found, "XYZ", tiers, initial_ltv)
    assert found.initial_ltv == pytest.approx(initial_ltv, rel=1e-6)
    assert found.initial_ltv_low <= initial_ltv <= found.initial_ltv_high
    assert found.agreed
    assert found.calls == exchange.calls


BTC, ETH = (next(coin for coin in COINS if coin.ccy == ccy) for ccy in ("BTC", "ETH"))


def secret_exchange(seed):
    """Return an embedded exchange whose initial LTV and discount tiers nobody has seen."""
    random = np.random.default_rng(seed)

    def tiers():
        rates = sorted(random.choice(np.arange(40, 100), 3, replace=False), reverse=True)
        bounds = np.cumsum(random.integers(1, 40, 2))
        uppers = [Decimal(int(bound)) for bound in bounds]
        return tuple(
            Tier(upper, Decimal(int(rate)) / 100)
            for upper, rate in zip([*uppers, None], rates, strict=True)
        )

    def coin(old, new_tiers):
        return Coin(**{name: getattr(old, name) for name in old.__slots__} | {"tiers": new_tiers})

    coins = [coin(of, tiers()) if of.ccy in ("BTC", "ETH") else of for of in COINS]
    initial = Decimal(int(random.integers(300, 740))) / 1_000
    exchange = SimulatedExchange(
        seed, scenario=None, settings=Settings(initial_ltv=initial), coins=coins
    )
    exchange.deposit("BTC", 2)
    exchange.borrow("USDC", 1_000, collateral={"BTC": 1})
    true_tiers = {
        of.ccy: Tiers(
            (0.0, *(float(tier.upper) for tier in of.tiers[:-1])),
            tuple(float(tier.rate) for tier in of.tiers),
        )
        for of in coins
    }
    return exchange, true_tiers, float(initial)


@pytest.mark.parametrize("seed", range(8))
def test_the_secrets_of_the_embedded_exchange_are_found(seed):
    exchange, tiers, initial_ltv = secret_exchange(seed)
    found = probed(connect(exchange), ["BTC", "ETH"])
    for ccy in ("BTC", "ETH"):
        assert_found(found, ccy, tiers[ccy], initial_ltv)
    assert found.initial_ltv == pytest.approx(initial_ltv, rel=1e-6)
    assert found.initial_ltv_low <= initial_ltv <= found.initial_ltv_high
    assert found.agreed
    of_btc = found.tiers[found.tiers["ccy"] == "BTC"]
    np.testing.assert_allclose(of_btc["implied_discount_rate"], of_btc["discountRate"], rtol=1e-6)


def test_the_default_loan_takes_three_calls_a_coin_and_about_three_a_knee():
    client = connect("simulator")
    straight = probed(client, ["BTC", "ETH", "SOL"], "LTC")
    assert (straight.tiers["ends"] == "quota").all()
    assert straight.calls == plan_probe(["BTC", "ETH", "SOL"]).least_calls == 10
    bent = probed(client, ["BTC", "ETH", "SOL", "OKB", "LTC"])
    knees = (bent.tiers["ends"] == "knee").sum()
    assert knees == 8
    assert bent.calls <= 1 + 3 * 5 + 3.5 * knees


def test_what_is_found_is_a_typed_frame_whatever_the_numbers_of_the_client():
    client = connect("simulator")
    exact = probed(client.with_options(numbers="decimal"), ["BTC", "LTC"]).tiers
    assert exact.dtypes[["ccy", "ends"]].eq("string").all()
    assert exact.dtypes.drop(["ccy", "ends"]).eq("float64").all()
    pd.testing.assert_frame_equal(exact, probed(client, ["BTC", "LTC"]).tiers)


def test_tiers_begin_at_what_the_order_has_pledged():
    client = connect("simulator")
    first, second = client.loan_info()["ordId"]
    for ord_id, pledged in {None: 0.952507, first: 0.952507, second: 0.0}.items():
        tiers = probed(client, ["BTC"], "DOGE", ord_id=ord_id).tiers
        assert tiers["from_amt"].iloc[0] == pytest.approx(pledged, abs=1e-6)


def test_an_initial_ltv_that_depends_on_the_mix_is_found_by_coin_and_not_agreed_on():
    settings_by_coin = Settings(ltv_offsets={"ETH": Decimal("-0.05")})
    exchange = SimulatedExchange(scenario=None, settings=settings_by_coin)
    exchange.deposit("BTC", 1)
    exchange.deposit("ETH", 30)
    exchange.borrow("USDT", 20_000, collateral={"BTC": 1, "ETH": 20})
    found = probed(connect(exchange), ["BTC", "ETH"])
    by_source = found.estimates.groupby("source")["initial_ltv"].mean()
    assert by_source["BTC"] == pytest.approx(0.65, rel=1e-6)
    assert by_source["ETH"] == pytest.approx(0.60, rel=1e-6)
    assert not found.agreed
    assert 0.60 < found.initial_ltv == by_source["loan"] < 0.65
    assert found.initial_ltv_low <= 0.60
    assert found.initial_ltv_high >= 0.65


def test_a_public_table_that_the_loan_does_not_use_is_not_agreed_with():
    exchange = lender(public={"XYZ": Tiers((0.0, 100.0), (0.95, 0.8))})
    found = probed(exchange, ["XYZ"])
    assert not found.agreed
    assert found.tiers["discountRate"].tolist() == [0.95, 0.8]
    assert found.tiers["implied_discount_rate"].tolist() == pytest.approx([0.9, 0.8])
    assert found.initial_ltv == pytest.approx(0.65)


def test_a_tier_over_which_the_public_table_has_several_rates_has_none():
    found = probed(lender(public={"XYZ": Tiers((0.0, 50.0, 100.0), (0.9, 0.85, 0.8))}), ["XYZ"])
    assert np.isnan(found.tiers["discountRate"].iloc[0])
    assert found.tiers["discountRate"].iloc[1] == 0.8


def test_without_a_public_table_the_loan_itself_tells_the_initial_ltv():
    found = probed(lender(public={}), ["XYZ"])
    assert found.tiers["initial_ltv"].isna().all()
    assert found.estimates["source"].tolist() == ["loan"]
    assert found.initial_ltv == pytest.approx(0.65)


def test_with_neither_the_initial_ltv_is_above_the_highest_borrowing_power():
    found = probed(lender(public={}, debt=1_500.0), ["XYZ"])
    assert found.estimates.empty
    assert np.isnan(found.initial_ltv)
    assert found.initial_ltv_low == pytest.approx(0.65 * 0.9)
    assert found.initial_ltv_high == 1
    assert not found.agreed


# What stands in the way


@pytest.mark.parametrize("debt", [1_200.0, 1_400.0, 1_800.0])
def test_a_loan_beyond_its_initial_ltv_is_lifted_until_something_can_be_seen(debt):
    found = probed(lender(debt=debt), ["XYZ"])
    assert_found(found, "XYZ", Tiers((0.0, 100.0), (0.9, 0.8)), 0.65)
    shortfall = (debt / 0.65 - 1_800) / 90
    begins = found.tiers["from_amt"].iloc[0] - 20
    assert shortfall <= begins <= shortfall + 0.02 * debt / 100


@pytest.mark.parametrize("rate", [0.8, 0.6, 0.3])
def test_a_loan_is_lifted_across_a_knee(rate):
    found = probed(lender([(0, 30, 0.9), (30, None, rate)], debt=1_200.0), ["XYZ"])
    assert_found(found, "XYZ", Tiers((0.0, 30.0), (0.9, rate)), 0.65)
    assert found.tiers["ends"].tolist() == ["knee", "quota"]


def test_the_quota_bounds_what_is_seen_and_is_not_taken_for_a_knee():
    exchange = lender([(0, None, 0.9)], quota=3_000.0)
    found = probed(exchange, ["XYZ"])
    (row,) = found.tiers.itertuples()
    assert row.ends == "quota"
    assert row.borrowing_power == pytest.approx(0.585)
    assert row.to_amt == pytest.approx(20 + (3_000 - 170) / 58.5, rel=0.01)
    assert row.to_amt < 20 + (3_000 - 170) / 58.5


def test_an_amount_given_bounds_what_is_asked():
    asked = []
    exchange = lender()
    answer = exchange.max_loan

    def max_loan(borrow_ccy, sup_collateral=None, *, ord_id=None):
        asked.extend((sup_collateral or {}).values())
        return answer(borrow_ccy, sup_collateral, ord_id=ord_id)

    exchange.max_loan = max_loan
    found = probed(exchange, pd.Series({"XYZ": 90}))
    assert max(asked) == 90
    assert found.tiers["ends"].tolist() == ["knee", "limit"]
    assert found.tiers["to_amt"].tolist() == pytest.approx([100, 110])


def test_a_refused_supplement_is_bounded_by_the_balance():
    found = probed(lender(balances={"XYZ": 90.0}), ["XYZ"])
    assert found.tiers["ends"].tolist() == ["knee", "balance"]
    assert found.tiers["to_amt"].tolist() == pytest.approx([100, 110])
    assert_found(found, "XYZ", Tiers((0.0, 100.0), (0.9, 0.8)), 0.65)


def test_a_coin_that_cannot_be_probed_is_named_and_the_others_are_found():
    found = probed(connect("simulator"), ["TRX", "BTC"])
    assert list(found.unseen) == ["TRX"]
    assert "51752" in found.unseen["TRX"]
    assert found.tiers["ccy"].unique().tolist() == ["BTC"]
    held = probed(lender(balances={}), ["XYZ"])
    assert held.unseen == {"XYZ": "the balance leaves no room for XYZ"}
    assert held.tiers.empty
    assert held.estimates["source"].tolist() == ["loan"]
    little = probed(lender(debt=1_500.0), {"XYZ": 1})
    assert little.unseen == {"XYZ": "nothing can be borrowed with 1 XYZ more"}


def test_a_coin_that_counts_for_nothing_has_no_borrowing_power():
    found = probed(lender([(0, 20, 0.9), (20, None, 0.0)]), ["XYZ"])
    (row,) = found.tiers.itertuples()
    assert row.borrowing_power == row.borrowing_power_low == 0
    assert row.borrowing_power_high < 1e-6


def test_fewer_calls_than_knees_leave_bounds_that_hold():
    tiers = Tiers(tuple(np.arange(30.0) ** 2 * 10), tuple(np.linspace(0.95, 0.4, 30)))
    exchange = FakeExchange({"XYZ": tiers}, {"XYZ": 100.0}, {"XYZ": 1.0}, debt=10.0)
    found = probed(exchange, ["XYZ"], calls_per_coin=12)
    assert found.calls <= 13
    for row in found.tiers.itertuples():
        amounts = np.linspace(row.from_amt, row.to_amt, 52)[1:-1]
        powers = 0.65 * tiers.marginal(amounts)
        assert row.borrowing_power_low <= powers.min() + 1e-9
        assert powers.max() <= row.borrowing_power_high + 1e-9


# Prices that move


@pytest.mark.parametrize("seed", range(12))
def test_moving_prices_widen_the_bounds_which_still_hold(seed):
    walk = np.exp(np.cumsum(1e-4 * np.random.default_rng(seed).standard_normal(60)))
    still = probed(lender(), ["XYZ"])
    found = probed(lender(moves=lambda calls: walk[calls]), ["XYZ"])
    width, width_when_still = (
        (of.tiers["borrowing_power_high"] - of.tiers["borrowing_power_low"]).iloc[-1]
        for of in (found, still)
    )
    assert 1e-5 < width < 0.02
    assert width_when_still < 1e-8
    first, last = found.tiers.iloc[0], found.tiers.iloc[-1]
    assert last["borrowing_power_low"] <= 0.65 * 0.8 <= last["borrowing_power_high"]
    assert last["borrowing_power"] == pytest.approx(0.65 * 0.8, rel=2e-3)
    if len(found.tiers) > 1:
        assert first["borrowing_power_low"] <= 0.65 * 0.9 <= first["borrowing_power_high"]
    assert found.initial_ltv == pytest.approx(0.65, rel=2e-3)
    assert found.calls <= 1 + 20


def test_what_can_be_borrowed_without_a_supplement_is_read_again_at_the_end():
    found = probed(lender(lies={7: 2.0}), ["XYZ"])
    assert found.calls == 7
    width = found.tiers["borrowing_power_high"] - found.tiers["borrowing_power_low"]
    assert (width > 1e-4).all()
    assert found.initial_ltv == pytest.approx(0.65, rel=1e-3)


def test_answers_that_contradict_one_another_are_counted_as_doubt():
    found = probed(lender(lies={2: 0.99}), ["XYZ"])  # below the chord of the base and the third
    width = found.tiers["borrowing_power_high"] - found.tiers["borrowing_power_low"]
    assert width.max() > 1e-3


# How it is asked for


def test_the_plan_is_told_before_the_first_call_and_the_calls_as_they_are_made():
    exchange = lender()
    told = []
    found = probed(
        exchange, ["XYZ"], progress=lambda calls, plan: told.append((calls, exchange.calls, plan))
    )
    plan = plan_probe(["XYZ"])
    assert told == [(calls, calls, plan) for calls in range(found.calls + 1)]
    assert plan.least_calls <= found.calls <= plan.most_calls
    assert (plan.least_seconds, plan.most_seconds) == pytest.approx((1.6, 8.4))


@pytest.mark.parametrize(("progress", "shown"), [(True, True), (None, False), (False, False)])
def test_a_bar_is_shown_where_it_is_asked_for(progress, shown, capsys):
    probed(lender(), ["XYZ"], progress=progress)
    assert ("4 to 21 calls" in capsys.readouterr().err) is shown


@pytest.mark.parametrize(
    ("coins", "options", "problem"),
    [
        ([], {}, "name at least one"),
        (["BTC", "BTC"], {}, "each once"),
        ({"BTC": 0}, {}, "amount of BTC is 0"),
        (["BTC"], {"calls_per_coin": 5}, "at least 12"),
        (["BTC"], {"ord_id": "1"}, "no loan order 1"),
        (["BTC", "XRP"], {"borrow_ccy": "XRP"}, "XRP is what would be borrowed"),
        (["USDC"], {}, "USDC is borrowed and cannot be pledged"),
        (["BTC"], {"borrow_ccy": "ETH"}, "ETH is pledged and cannot be borrowed"),
        (["NOPE"], {}, "No USD index price of NOPE"),
    ],
)
def test_what_cannot_be_probed_is_refused(coins, options, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        probed(connect("simulator"), coins, **options)


def test_a_name_alone_is_one_coin():
    assert plan_probe("BTC") == plan_probe(["BTC"])


def test_without_a_loan_order_there_is_nothing_to_probe():
    client = connect(SimulatedExchange(scenario=None))
    with pytest.raises(InvalidArgumentError, match="no loan order to probe"):
        probed(client, ["BTC"])


@pytest.mark.parametrize("quota", [100.01, 100.02, 100.03, 100.04, 100.05])
def test_a_quota_that_is_reached_already_leaves_nothing_to_see(quota):
    with pytest.raises(InvalidArgumentError, match="quota of USDT"):
        probed(lender(quota=quota, loan_price=1.001538), ["XYZ"])


def test_without_quota_there_is_nothing_to_see():
    exchange = SimulatedExchange()
    exchange.set_utilisation("USDT", 1)
    with pytest.raises(InvalidArgumentError, match="quota of USDT"):
        probed(connect(exchange), ["BTC"])


def test_an_exchange_that_cannot_answer_ends_the_probe():
    fault = {3: ServiceError("50001", "later", 503, "max_loan", "")}
    with pytest.raises(ServiceError):
        probed(lender(fault=fault), ["XYZ"])
