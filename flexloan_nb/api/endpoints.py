"""The endpoints as data: where they are, what they take, what they answer.

Names, parameters and meanings are those of OKX's flexible-loan page; ``ordId`` came with the
loan orders of 2026. A column's ``kind`` decides its dtype in a frame, see ``frames``.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["ENDPOINTS", "TABLES", "Column", "Endpoint", "Parameter", "Table"]

Kind = Literal["number", "text", "id", "time"]

DTYPES: dict[Kind, str] = {
    "number": "float64",
    "text": "string",
    "id": "string",
    "time": "datetime64[ms, UTC]",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A documented field: its name on the wire, kind, unit and meaning."""

    name: str
    kind: Kind
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """The documented columns of one frame, in order."""

    name: str
    meaning: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented parameter of an endpoint, by its name on the wire."""

    name: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the exchange and the rules for calling it.

    ``spacing`` is the pause in seconds after an answer that keeps within the documented limit.
    The rows of a ``positional`` endpoint are lists, in the order of the table's columns.
    """

    table: Table
    method: Literal["GET", "POST"]
    path: str
    permission: Literal["public", "read", "trade"]
    spacing: float
    parameters: tuple[Parameter, ...] = ()
    positional: bool = False

    @property
    def name(self) -> str:
        """Name of the endpoint, which is the name of its frame."""
        return self.table.name


_LOAN = "/api/v5/finance/flexible-loan"
_LOAN_SPACING = 0.4  # 5 requests in 2 s for each endpoint and user

_ORDER = Parameter("ordId")
_PAGE = (Parameter("after"), Parameter("before"), Parameter("limit"))

_ORD_ID = Column("ordId", "id", "", "Loan order; missing where the exchange does not name it")
_CCY = Column("ccy", "text", "", "Currency, e.g. BTC")
_REF_ID = Column("refId", "id", "", "Reference ID of the record")

BORROW_CURRENCIES = Endpoint(
    Table(
        "borrow_currencies",
        "Currencies that can be borrowed, a row each",
        (Column("borrowCcy", "text", "", "Borrowable currency"),),
    ),
    "GET",
    f"{_LOAN}/borrow-currencies",
    "read",
    _LOAN_SPACING,
)

COLLATERAL_ASSETS = Endpoint(
    Table(
        "collateral_assets",
        "Assets in the funding account that can be pledged, a row each",
        (
            _CCY,
            Column("amt", "number", "ccy", "Available amount"),
            Column("notionalUsd", "number", "USD", "Value of the available amount"),
        ),
    ),
    "GET",
    f"{_LOAN}/collateral-assets",
    "read",
    _LOAN_SPACING,
    (Parameter("ccy"), _ORDER),
)

MAX_LOAN = Endpoint(
    Table(
        "max_loan",
        "The most that can be borrowed, one row",
        (
            Column("borrowCcy", "text", "", "Currency to borrow"),
            Column("maxLoan", "number", "borrowCcy", "Maximum available loan"),
            Column("notionalUsd", "number", "USD", "Value of the maximum available loan"),
            Column("remainingQuota", "number", "borrowCcy", "Remaining quota"),
        ),
    ),
    "POST",
    f"{_LOAN}/max-loan",
    "read",
    _LOAN_SPACING,
    (
        Parameter("borrowCcy", required=True),
        Parameter("supCollateral"),
        _ORDER,
    ),
)

MAX_COLLATERAL_REDEEM_AMOUNT = Endpoint(
    Table(
        "max_collateral_redeem_amount",
        "The most that can be taken out of the collateral, one row",
        (
            _CCY,
            Column("maxRedeemAmt", "number", "ccy", "Maximum collateral redeem amount"),
        ),
    ),
    "GET",
    f"{_LOAN}/max-collateral-redeem-amount",
    "read",
    _LOAN_SPACING,
    (Parameter("ccy", required=True), _ORDER),
)

ADJUST_COLLATERAL = Endpoint(
    Table(
        "adjust_collateral",
        "What was asked and accepted, one row; accepted does not mean done",
        (
            Column("type", "text", "", "Operation: add or reduce"),
            Column("collateralCcy", "text", "", "Collateral currency"),
            Column("collateralAmt", "number", "collateralCcy", "Collateral amount"),
            _ORD_ID,
        ),
    ),
    "POST",
    f"{_LOAN}/adjust-collateral",
    "trade",
    _LOAN_SPACING,
    (
        Parameter("type", required=True),
        Parameter("collateralCcy", required=True),
        Parameter("collateralAmt", required=True),
        _ORDER,
    ),
)

LOAN_INFO = Endpoint(
    Table(
        "loan_info",
        "Loans, a row for each order",
        (
            _ORD_ID,
            Column("loanNotionalUsd", "number", "USD", "Loan value"),
            Column(
                "collateralNotionalUsd",
                "number",
                "USD",
                "Collateral value; adjusted by discount rates since 2025-12-22",
            ),
            Column("curLTV", "number", "share", "Current LTV (loan to value); 0.1 is 10 %"),
            Column("marginCallLTV", "number", "share", "LTV at which OKX warns of liquidation"),
            Column("liqLTV", "number", "share", "LTV at which OKX liquidates"),
            Column(
                "riskWarningData.instId",
                "text",
                "",
                "Instrument of the liquidation price; only one coin against one coin",
            ),
            Column(
                "riskWarningData.liqPx",
                "number",
                "quote currency of instId",
                "Liquidation price; only one coin against one coin",
            ),
        ),
    ),
    "GET",
    f"{_LOAN}/loan-info",
    "read",
    _LOAN_SPACING,
    (_ORDER,),
)

LOAN_LEGS = Table(
    "loan_legs",
    "Amounts of the loans, a row for each coin pledged or borrowed; read from loan_info",
    (
        _ORD_ID,
        Column("side", "text", "", "collateral or loan"),
        _CCY,
        Column("amt", "number", "ccy", "Amount pledged, or owed with interest"),
    ),
)

LOAN_HISTORY = Endpoint(
    Table(
        "loan_history",
        "Events of the loans, a row for each amount moved, oldest first",
        (
            Column("ts", "time", "UTC", "Time of the action"),
            _ORD_ID,
            _REF_ID,
            Column("type", "text", "", "Action type, e.g. borrowed or collateral_locked"),
            _CCY,
            Column(
                "amt",
                "number",
                "ccy",
                "Amount, signed as the funding account sees it: collateral_locked is negative",
            ),
        ),
    ),
    "GET",
    f"{_LOAN}/loan-history",
    "read",
    _LOAN_SPACING,
    (Parameter("type"), *_PAGE, _ORDER),
)

INTEREST_ACCRUED = Endpoint(
    Table(
        "interest_accrued",
        "Interest booked in the past 30 days, a row for each hour and coin, oldest first",
        (
            Column("ts", "time", "UTC", "Hour for which interest was calculated"),
            _ORD_ID,
            _REF_ID,
            _CCY,
            Column("loan", "number", "ccy", "Loan when interest was calculated"),
            Column("interest", "number", "ccy", "Interest of the hour"),
            Column(
                "interestRate",
                "number",
                "share a year",
                "Labelled APY by OKX, used as a simple annual rate; 0.01 is 1 %",
            ),
        ),
    ),
    "GET",
    f"{_LOAN}/interest-accrued",
    "read",
    _LOAN_SPACING,
    (Parameter("ccy"), *_PAGE, _ORDER),
)

SERVER_TIME = Endpoint(
    Table(
        "server_time",
        "The exchange's clock, one row",
        (Column("ts", "time", "UTC", "Time of the exchange's clock"),),
    ),
    "GET",
    "/api/v5/public/time",
    "public",
    0.2,  # 10 requests in 2 s for each address
)

INDEX_TICKERS = Endpoint(
    Table(
        "index_prices",
        "Index prices, a row for each coin",
        (
            Column("instId", "text", "", "Index, e.g. BTC-USD"),
            Column("idxPx", "number", "USD", "Latest index price"),
            Column("high24h", "number", "USD", "Highest in 24 hours"),
            Column("low24h", "number", "USD", "Lowest in 24 hours"),
            Column("open24h", "number", "USD", "24 hours ago"),
            Column("sodUtc0", "number", "USD", "At the start of the day in UTC"),
            Column("sodUtc8", "number", "USD", "At the start of the day in UTC+8"),
            Column("ts", "time", "UTC", "Time of the price"),
        ),
    ),
    "GET",
    "/api/v5/market/index-tickers",
    "public",
    0.1,  # 20 requests in 2 s for each address
    (
        Parameter("quoteCcy"),
        Parameter("instId"),
    ),
)

INDEX_CANDLES = Endpoint(
    Table(
        "index_candles",
        "Index candles, a row for each bar, oldest first",
        (
            Column("ts", "time", "UTC", "Opening time of the bar"),
            Column("o", "number", "quote currency", "Open"),
            Column("h", "number", "quote currency", "Highest"),
            Column("l", "number", "quote currency", "Lowest"),
            Column("c", "number", "quote currency", "Close"),
            Column("confirm", "text", "", "1 when the bar is complete, else 0"),
        ),
    ),
    "GET",
    "/api/v5/market/history-index-candles",
    "public",
    0.2,  # 10 requests in 2 s for each address
    (Parameter("instId", required=True), Parameter("bar"), *_PAGE),
    positional=True,
)

DISCOUNT_RATES = Endpoint(
    Table(
        "discount_rates",
        "Discount rates of collateral, a row for each coin and tier; tiers are marginal",
        (
            _CCY,
            Column("amt", "number", "ccy", "Interest-free quota"),
            Column("colRes", "text", "", "Restriction of the coin as collateral"),
            Column("minDiscountRate", "number", "share", "Lowest discount rate"),
            Column("tier", "text", "", "Number of the tier"),
            Column("minAmt", "number", "ccy", "Lower bound of the tier"),
            Column("maxAmt", "number", "ccy", "Upper bound of the tier; missing: unbounded"),
            Column("discountRate", "number", "share", "Share of value kept in the tier"),
            Column("liqPenaltyRate", "number", "share", "Liquidation penalty"),
            Column("disCcyEq", "number", "ccy", "What maxAmt counts for after the discount"),
        ),
    ),
    "GET",
    "/api/v5/public/discount-rate-interest-free-quota",
    "public",
    1.0,  # 2 requests in 2 s for each address
    (Parameter("ccy"),),
)

LENDING_RATES = Endpoint(
    Table(
        "lending_rates",
        "Market rates of lending, a row for each hour, oldest first",
        (
            Column("ts", "time", "UTC", "Hour of the rate"),
            _CCY,
            Column("amt", "number", "ccy", "Amount lent"),
            Column("rate", "number", "share a year", "Annual borrowing rate"),
            Column("lendingRate", "number", "share a year", "Annual lending rate"),
        ),
    ),
    "GET",
    "/api/v5/finance/savings/lending-rate-history",
    "public",
    0.2,  # 6 requests a second for each address
    (Parameter("ccy"), *_PAGE),
)

ACCOUNT_CONFIG = Endpoint(
    Table(
        "account_config",
        "Configuration of the account, one row",
        (Column("perm", "text", "", "What the key may do: read_only, trade, withdraw"),),
    ),
    "GET",
    "/api/v5/account/config",
    "read",
    0.4,  # 5 requests in 2 s for each user
)

SIMULATOR_KEY = Endpoint(
    Table(
        "simulator_key",
        "The throw-away key that a simulator hands to whoever asks it on loopback, one row",
        (
            Column("apiKey", "text", "", "API key"),
            Column("secretKey", "text", "", "Secret key"),
            Column("passphrase", "text", "", "Passphrase"),
        ),
    ),
    "GET",
    "/simulator/key",
    "public",
    0.0,
)

ENDPOINTS: dict[str, Endpoint] = {
    endpoint.name: endpoint
    for endpoint in (
        BORROW_CURRENCIES,
        COLLATERAL_ASSETS,
        MAX_LOAN,
        MAX_COLLATERAL_REDEEM_AMOUNT,
        ADJUST_COLLATERAL,
        LOAN_INFO,
        LOAN_HISTORY,
        INTEREST_ACCRUED,
        SERVER_TIME,
        INDEX_TICKERS,
        INDEX_CANDLES,
        DISCOUNT_RATES,
        LENDING_RATES,
    )
}

TABLES: dict[str, Table] = {
    LOAN_LEGS.name: LOAN_LEGS,
    **{name: endpoint.table for name, endpoint in ENDPOINTS.items()},
}
