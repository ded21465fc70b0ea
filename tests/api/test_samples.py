"""The example bodies on OKX's page, fed as bytes, give the documented frames."""

import pandas as pd
import pytest
from fakes import AdjustmentAdapter, CannedAdapter

CALLS = {
    "borrow_currencies": {},
    "collateral_assets": {},
    "max_loan": {"borrow_ccy": "USDT"},
    "max_collateral_redeem_amount": {"ccy": "USDT"},
    "loan_info": {},
    "loan_history": {},
    "interest_accrued": {},
}

TIME, TEXT, NUMBER = "datetime64[ms, UTC]", "string", "float64"

FRAMES = {
    "borrow_currencies": ({"borrowCcy": TEXT}, [["USDT"], ["USDC"]]),
    "collateral_assets": (
        {"ccy": TEXT, "amt": NUMBER, "notionalUsd": NUMBER},
        [
            ["BTC", 1.7921483143067599, 158292.621793314105231],
            ["ETH", 1.9400755578876945, 6325.6652712507628946],
            ["USDT", 63.9795959720319628, 64.3650372635940345],
        ],
    ),
    "max_loan": (
        {"borrowCcy": TEXT, "maxLoan": NUMBER, "notionalUsd": NUMBER, "remainingQuota": NUMBER},
        [["USDT", 0.01113, 0.01113356, 3395000.0]],
    ),
    "max_collateral_redeem_amount": ({"ccy": TEXT, "maxRedeemAmt": NUMBER}, [["USDT", 1.0]]),
    "loan_info": (
        {
            "ordId": TEXT,
            "loanNotionalUsd": NUMBER,
            "collateralNotionalUsd": NUMBER,
            "curLTV": NUMBER,
            "marginCallLTV": NUMBER,
            "liqLTV": NUMBER,
            "riskWarningData.instId": TEXT,
            "riskWarningData.liqPx": NUMBER,
        },
        [[None, 0.8661285, 1.5078763, 0.5742, 0.7374, 0.8374, None, None]],
    ),
    "loan_history": (
        {"ts": TIME, "ordId": TEXT, "refId": TEXT, "type": TEXT, "ccy": TEXT, "amt": NUMBER},
        [
            [
                pd.Timestamp("2024-11-15T08:31:25Z"),
                None,
                "17316594851045086",
                "collateral_locked",
                "DOT",
                -0.001,
            ]
        ],
    ),
    "interest_accrued": (
        {
            "ts": TIME,
            "ordId": TEXT,
            "refId": TEXT,
            "ccy": TEXT,
            "loan": NUMBER,
            "interest": NUMBER,
            "interestRate": NUMBER,
        },
        [
            [
                pd.Timestamp("2024-11-18T07:00:00Z"),
                None,
                "17319133035195744",
                "USDC",
                0.86599309,
                0.00004054,
                0.41,
            ]
        ],
    ),
}


def frame_of(columns, rows):
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


@pytest.mark.parametrize("method", CALLS)
def test_the_pages_example_gives_the_documented_frame(method, client_of, sample):
    client = client_of(CannedAdapter(sample(method)))
    frame = getattr(client, method)(**CALLS[method])
    pd.testing.assert_frame_equal(frame, frame_of(*FRAMES[method]))


@pytest.mark.parametrize("method", CALLS)
def test_an_empty_answer_has_the_same_columns_and_dtypes(method, client_of, sample):
    client = client_of(CannedAdapter(b'{"code": "0", "msg": "", "data": []}'))
    frame = getattr(client, method)(**CALLS[method])
    pd.testing.assert_frame_equal(frame, frame_of(FRAMES[method][0], []))


def test_the_legs_of_the_example_loan_are_tidy(client_of, sample):
    adapter = CannedAdapter(sample("loan_info"))
    legs = client_of(adapter).loan_snapshot().legs
    assert len(adapter.requests) == 1
    expected = [
        [None, "collateral", "COMP", 0.0000097],
        [None, "collateral", "STX", 0.78],
        [None, "collateral", "DOT", 0.001],
        [None, "collateral", "LUNA", 0.05357864],
        [None, "loan", "USDC", 0.86590608],
    ]
    dtypes = {"ordId": TEXT, "side": TEXT, "ccy": TEXT, "amt": NUMBER}
    pd.testing.assert_frame_equal(legs, frame_of(dtypes, expected))


def test_adjust_collateral_returns_what_was_accepted(client_of, sample):
    client = client_of(AdjustmentAdapter(sample("adjust_collateral")), allow_trading=True)
    accepted = client.adjust_collateral(type="add", collateral_ccy="BTC", collateral_amt="0.1")
    dtypes = {"type": TEXT, "collateralCcy": TEXT, "collateralAmt": NUMBER, "ordId": TEXT}
    pd.testing.assert_frame_equal(accepted, frame_of(dtypes, [["add", "BTC", 0.1, None]]))


def test_decimals_keep_every_digit_of_the_page(client_of, sample):
    client = client_of(CannedAdapter(sample("collateral_assets")), numbers="decimal")
    amounts = client.collateral_assets()["amt"]
    assert [str(amount) for amount in amounts] == [
        "1.7921483143067599",
        "1.9400755578876945",
        "63.9795959720319628",
    ]
