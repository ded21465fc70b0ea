"""An exchange can be saved and goes on as if nothing had happened."""

import json
import os
import stat
from collections.abc import Mapping
from decimal import Decimal
from random import Random

import numpy as np
import pandas as pd
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from flexloan_nb.sim import Gateway, SimulatedExchange, SimulatorAdapter, SimulatorServer, state
from flexloan_nb.sim.control import Control
from flexloan_nb.sim.rules import Settings

EMBEDDED = "http://simulator.localhost"
READINGS = ("loan_info", "loan_history", "interest_accrued", "collateral_assets", "index_tickers")


def answers(exchange):
    return [getattr(exchange, reading)() for reading in READINGS]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "exchange.json"


@pytest.fixture
def lived(borrowed):
    """Return an exchange with a bit of everything in its state."""
    borrowed.set_price("BTC", "99000.5")
    borrowed.shock("-0.05", ["ETH", "BTC"])
    borrowed.borrow("USDC", 500, collateral={"SOL": 20}, cl_ord_id="mine")
    borrowed.deposit("DOGE", "0.000000000000000001", user="other")
    borrowed.set_utilisation("DOGE", "0.5")
    borrowed.advance(hours=30, seconds=0.25)
    borrowed.repay("USDT", "10.5", cl_ord_id="mine too")
    return borrowed


@pytest.fixture
def crash():
    index = pd.date_range("2020-03-11", periods=90, freq="h", tz="Europe/Berlin")
    return pd.DataFrame({"BTC": np.linspace(7_900, 4_800, 90), "ETH": 1 / 3}, index=index)


def test_a_loaded_exchange_goes_on_where_it_was(lived, path):
    lived.save(path)
    loaded = SimulatedExchange.load(path)
    assert loaded.now() == lived.now()
    for exchange in (lived, loaded):
        exchange.shock("0.1")
        exchange.borrow("USDC", 100, ord_id=exchange.loan_info()[0]["ordId"])
        exchange.borrow("USDT", 100, collateral={"BTC": "0.1"})
        exchange.advance(hours=100)
    assert answers(loaded) == answers(lived)
    assert loaded.funding(user="other") == lived.funding(user="other")


def test_settings_and_the_users_own_prices_are_kept(crash, path):
    exchange = SimulatedExchange(
        3, scenario=None, prices=crash, settings=Settings(ltv_offsets={"BTC": Decimal("0.01")})
    )
    exchange.deposit("BTC", 2)
    exchange.borrow("USDT", 9_000, collateral={"BTC": 2})
    exchange.save(path)
    loaded = SimulatedExchange.load(path)
    for one in (exchange, loaded):
        one.advance(hours=80)
        with pytest.raises(ValueError, match="ends before"):
            one.advance(hours=20)
    assert exchange.loan_history(type="partial_liquidation")
    assert answers(loaded) == answers(exchange)


def contents(value, seen):
    """Take an object apart down to plain values; what is only a cache is left out."""
    if isinstance(value, Random):
        return value.getstate()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: contents(item, seen) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [contents(item, seen) for item in value]
    if not type(value).__module__.startswith("flexloan_nb"):
        return value
    if id(value) in seen:
        return "seen"
    seen.add(id(value))
    names = getattr(value, "__slots__", None) or vars(value)
    caches = {"lock", "_hour", "_chunks", "_shocks"}
    return {name: contents(getattr(value, name), seen) for name in names if name not in caches}


@pytest.mark.parametrize("framed", [False, True])
def test_nothing_is_left_out(framed, lived, crash, path):
    exchange = SimulatedExchange(2, scenario=None, prices=crash) if framed else lived
    exchange.save(path)
    whole, loaded = contents(exchange, set()), contents(SimulatedExchange.load(path), set())
    assert len(str(whole)) > 10_000
    assert loaded == whole


def test_a_snapshot_does_not_change_afterwards(lived):
    snapshot = lived.snapshot()
    before, written = answers(lived), json.dumps(snapshot)
    lived.repay("USDT", 100)
    lived.advance(hours=5)
    assert json.dumps(snapshot) == written
    lived.restore(snapshot)
    assert answers(lived) == before
    lived.advance(hours=5)
    lived.restore(snapshot)
    assert answers(lived) == before


# Random lives

coins = st.sampled_from(["BTC", "ETH", "SOL", "USDC", "DOGE"])
amounts = st.decimals("0.00001", 50, places=8).map(str)
actions = st.one_of(
    st.tuples(st.just("deposit"), st.fixed_dictionaries({"ccy": coins, "amt": amounts})),
    st.tuples(
        st.just("borrow"),
        st.fixed_dictionaries(
            {
                "ccy": st.sampled_from(["USDT", "USDC"]),
                "amt": st.integers(1, 9_000),
                "collateral": st.dictionaries(coins, amounts, min_size=1, max_size=2),
            }
        ),
    ),
    st.tuples(st.just("repay"), st.fixed_dictionaries({"ccy": st.just("USDT"), "amt": amounts})),
    st.tuples(st.just("set_price"), st.fixed_dictionaries({"ccy": coins, "price": amounts})),
    st.tuples(
        st.just("shock"), st.fixed_dictionaries({"change": st.sampled_from(["-0.3", "0.2"])})
    ),
    st.tuples(st.just("advance"), st.fixed_dictionaries({"hours": st.floats(0, 60)})),
)
ASKED = (
    "/api/v5/finance/flexible-loan/loan-info",
    "/api/v5/finance/flexible-loan/loan-history",
    "/api/v5/finance/flexible-loan/interest-accrued",
    "/api/v5/finance/flexible-loan/collateral-assets",
    "/api/v5/market/index-tickers?quoteCcy=USD",
)


def live(life, signature_of, exchange, session, api_url, control_url, gateway):
    """Carry out commands, and return every byte that is answered to them and after them."""
    sign = signature_of(exchange, gateway)
    bodies = []
    for name, arguments in life:
        bodies.append(session.post(f"{control_url}/{name}", json=arguments).content)
        bodies += [session.get(api_url + target, auth=sign).content for target in ASKED[:1]]
    return bodies + [session.get(api_url + target, auth=sign).content for target in ASKED]


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Return the same opening state every time."""
    exchange = SimulatedExchange(5, scenario=None)
    exchange.deposit("BTC", 5)
    exchange.borrow("USDT", 50_000, collateral={"BTC": 1})
    return exchange.snapshot()


@settings(max_examples=12, deadline=None)
@given(life=st.lists(actions, min_size=2, max_size=12), cut=st.integers(0, 12))
def test_the_same_calls_give_the_same_bytes_everywhere(start, signature_of, life, cut):
    def opened():
        exchange = SimulatedExchange(scenario=None)
        exchange.restore(start)
        return exchange

    def in_process(exchange, part):
        gateway = Gateway(exchange, paced=False)
        control = Control(gateway)
        with requests.Session() as session:
            session.trust_env = False
            session.mount(EMBEDDED, SimulatorAdapter(gateway))
            session.mount(EMBEDDED + control.path, SimulatorAdapter(control))
            url = EMBEDDED + control.path
            return live(part, signature_of, exchange, session, EMBEDDED, url, gateway)

    def over_http(exchange, part):
        gateway = Gateway(exchange, paced=False)
        with (
            SimulatorServer(gateway, gateway.issue_key(), control=True) as server,
            requests.Session() as session,
        ):
            session.trust_env = False
            server.start()
            url = server.control_url
            return live(part, signature_of, exchange, session, server.url, url, gateway)

    here = in_process(opened(), life)
    assert over_http(opened(), life) == here
    first = opened()
    before = in_process(first, life[:cut])[: -len(ASKED)]
    second = SimulatedExchange(scenario=None)
    second.restore(json.loads(json.dumps(first.snapshot())))
    assert before + in_process(second, life[cut:]) == here


# Files


def test_a_file_is_for_its_owners_eyes_and_nothing_else_is_left(lived, path):
    lived.save(path)
    lived.save(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == [path.name]


def test_a_person_can_read_a_file(lived, path):
    lived.save(path)
    saved = json.loads(path.read_text())
    assert (saved["format"], saved["version"]) == ("flexloan_nb exchange", 1)
    accounts = saved["state"]["accounts"]
    assert accounts["other"]["funding"] == {"DOGE": "1E-18"}
    assert accounts["main"]["events"][0]["type"] == "collateral_locked"
    assert accounts["main"]["events"][0]["amt"] == "-1"
    assert saved["state"]["opening"]["settings"]["liquidation_ltv"] == "0.85"


def test_a_file_is_written_whole_or_not_at_all(lived, path):
    lived.save(path)
    whole = path.read_bytes()
    with pytest.raises(TypeError):
        state.write(path, {"state": [1, object()]})
    assert path.read_bytes() == whole
    assert os.listdir(path.parent) == [path.name]
    with pytest.raises(FileNotFoundError):
        lived.save(path.parent / "nowhere" / "exchange.json")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda text: "", "is not a saved exchange"),
        (lambda text: text[:-1], "is not a saved exchange"),
        (lambda text: "[" * 100_000, "is not a saved exchange"),
        (lambda text: "[]", "is not a saved exchange"),
        (lambda text: "{}", "is not a saved exchange"),
        (lambda text: text.replace("flexloan_nb exchange", "an exchange"), "is not a saved"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "version 2; this reads 1"),
        (lambda text: text.replace('"1E-18"', '"1E-17"'), "changed or damaged"),
        (lambda text: text.replace('"sha256": "', '"sha256": "0'), "changed or damaged"),
        (lambda text: text.replace('"state"', '"stat"'), "changed or damaged"),
    ],
)
def test_what_is_not_one_of_its_files_is_refused(lived, path, spoil, complaint):
    lived.save(path)
    path.write_text(spoil(path.read_text()))
    with pytest.raises(ValueError, match=complaint) as refused:
        SimulatedExchange.load(path)
    assert str(path) in str(refused.value)


def test_a_binary_file_is_refused(path):
    path.write_bytes(b"\x80\x04\xff")
    with pytest.raises(ValueError, match=r"exchange\.json is not a saved exchange"):
        SimulatedExchange.load(path)


def spoilt(snapshot, spoil):
    written = json.loads(json.dumps(snapshot["state"]))
    spoil(written)
    return {**snapshot, "sha256": state.checksum(written), "state": written}


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda s: s.pop("now"), "state does not have the fields"),
        (lambda s: s.update(now="noon"), "state.now is not int: 'noon'"),
        (lambda s: s.update(accounts=[]), "state.accounts is not an object"),
        (lambda s: s["ids"].pop(), "state.ids has 2 items, not 3"),
        (lambda s: s["opening"].update(coins={}), "state.opening.coins is not a list"),
        (
            lambda s: s["accounts"]["main"]["funding"].update(BTC=1.5),
            "state.accounts.main.funding.BTC is not a decimal number: 1.5",
        ),
        (
            lambda s: s["accounts"]["main"]["events"][0].update(amt="many"),
            r"state.accounts.main.events\[0\].amt is not a decimal number: 'many'",
        ),
    ],
)
def test_a_state_of_another_shape_is_refused_and_changes_nothing(lived, spoil, complaint):
    before = answers(lived)
    with pytest.raises(ValueError, match=complaint):
        lived.restore(spoilt(lived.snapshot(), spoil))
    assert answers(lived) == before
