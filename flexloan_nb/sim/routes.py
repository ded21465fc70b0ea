"""The endpoints as data: who may call them how often, with what, and what answers."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from flexloan_nb.sim import parameters as read
from flexloan_nb.sim.candles import BARS
from flexloan_nb.sim.desk import NOTHING
from flexloan_nb.sim.exchange import SimulatedExchange
from flexloan_nb.sim.ledger import EFFECTS
from flexloan_nb.sim.market import QUOTES
from flexloan_nb.sim.parameters import Parameter
from flexloan_nb.sim.refusals import Refusal
from flexloan_nb.sim.rows import Row
from flexloan_nb.sim.rules import Coins
from flexloan_nb.sim.violations import LoanRuleViolation


class Pace(NamedTuple):
    """At most `calls` in any window of `seconds`."""

    calls: int
    seconds: float


class Route(NamedTuple):
    """One endpoint.

    `answer` is called with the exchange, the user (not on public endpoints, whose `permission`
    is None) and the parameters given. It returns rows by field, or lists where rows are candles.
    """

    permission: str | None
    pace: Pace
    answer: Callable[..., list[Any]]
    parameters: tuple[Parameter, ...] = ()


def _borrow_currencies(exchange: SimulatedExchange, *, user: str) -> list[Row]:
    return exchange.borrow_currencies()


def _borrow(
    exchange: SimulatedExchange,
    *,
    user: str,
    loan: tuple[str, Decimal],
    cl_ord_id: str,
    collateral: Coins = NOTHING,
    ord_id: str | None = None,
    e_mode: str = "0",
) -> list[Row]:
    if ord_id is None and not collateral:
        raise Refusal("50014", param0="collateralData")
    if e_mode != "0":  # no pairs of coins are lent at better terms here
        raise LoanRuleViolation("51785")
    order = exchange.borrow(
        *loan, collateral=collateral, ord_id=ord_id, cl_ord_id=cl_ord_id, user=user
    )
    return [{"ordId": order, "eMode": e_mode, "clOrdId": cl_ord_id}]


def _repay(
    exchange: SimulatedExchange, *, user: str, ccy: str, amt: Decimal, ord_id: str, cl_ord_id: str
) -> list[Row]:
    exchange.repay(ccy, amt, ord_id=ord_id, cl_ord_id=cl_ord_id, user=user)
    return [{"ordId": ord_id, "clOrdId": cl_ord_id}]


def _index_tickers(
    exchange: SimulatedExchange, *, quote_ccy: str | None = None, inst_id: str | None = None
) -> list[Row]:
    if quote_ccy is None and inst_id is None:
        raise Refusal("50015", param0="instId", param1="quoteCcy")
    return exchange.index_tickers(inst_id, quote_ccy=quote_ccy)


FIVE_IN_TWO_SECONDS: Final = Pace(5, 2.0)
TWO_IN_TWO_SECONDS: Final = Pace(2, 2.0)
CCY: Final = Parameter("ccy", "ccy", read.currency)
ORD_ID: Final = Parameter("ordId", "ord_id", read.digits)
CLIENT_ID: Final = Parameter("clOrdId", "cl_ord_id", read.client_id, required=True)
PAGING: Final = (
    Parameter("after", "after", read.cursor),
    Parameter("before", "before", read.cursor),
    Parameter("limit", "limit", read.page_length),
)
CANDLES: Final = (
    Parameter("instId", "inst_id", read.index, required=True),
    Parameter("bar", "bar", read.one_of(*BARS)),
    *PAGING,
)


def _loan(permission: str, answer: Callable[..., list[Any]], *parameters: Parameter) -> Route:
    return Route(permission, FIVE_IN_TWO_SECONDS, answer, parameters)


def _public(pace: Pace, answer: Callable[..., list[Any]], *parameters: Parameter) -> Route:
    return Route(None, pace, answer, parameters)


LOAN: Final = "/api/v5/finance/flexible-loan/"
ROUTES: Final[Mapping[tuple[str, str], Route]] = MappingProxyType(
    {
        ("GET", LOAN + "borrow-currencies"): _loan("read", _borrow_currencies),
        ("GET", LOAN + "collateral-assets"): _loan(
            "read", SimulatedExchange.collateral_assets, CCY, ORD_ID
        ),
        ("POST", LOAN + "max-loan"): _loan(
            "read",
            SimulatedExchange.max_loan,
            Parameter("borrowCcy", "borrow_ccy", read.currency, required=True),
            Parameter("supCollateral", "sup_collateral", read.amounts),
            ORD_ID,
        ),
        ("GET", LOAN + "max-collateral-redeem-amount"): _loan(
            "read",
            SimulatedExchange.max_collateral_redeem_amount,
            Parameter("ccy", "ccy", read.currency, required=True),
            ORD_ID,
        ),
        ("POST", LOAN + "adjust-collateral"): _loan(
            "trade",
            SimulatedExchange.adjust_collateral,
            Parameter("type", "type", read.one_of("add", "reduce"), required=True),
            Parameter("collateralCcy", "ccy", read.currency, required=True),
            Parameter("collateralAmt", "amt", read.amount, required=True),
            ORD_ID,
        ),
        ("GET", LOAN + "loan-info"): _loan("read", SimulatedExchange.loan_info, ORD_ID),
        ("GET", LOAN + "loan-history"): _loan(
            "read",
            SimulatedExchange.loan_history,
            Parameter("type", "type", read.one_of(*EFFECTS)),
            *PAGING,
            ORD_ID,
        ),
        ("GET", LOAN + "interest-accrued"): _loan(
            "read", SimulatedExchange.interest_accrued, CCY, *PAGING, ORD_ID
        ),
        ("POST", LOAN + "borrow"): Route(
            "trade",
            TWO_IN_TWO_SECONDS,
            _borrow,
            (
                ORD_ID,
                Parameter("loanData", "loan", read.coins, required=True),
                Parameter("collateralData", "collateral", read.pledge),
                Parameter("eMode", "e_mode", read.one_of("0", "1")),
                CLIENT_ID,
            ),
        ),
        ("POST", LOAN + "repay"): Route(
            "trade",
            TWO_IN_TWO_SECONDS,
            _repay,
            (
                Parameter("ordId", "ord_id", read.digits, required=True),
                Parameter("ccy", "ccy", read.currency, required=True),
                Parameter("amt", "amt", read.amount, required=True),
                CLIENT_ID,
            ),
        ),
        ("GET", "/api/v5/public/time"): _public(Pace(10, 2.0), SimulatedExchange.server_time),
        ("GET", "/api/v5/market/index-tickers"): _public(
            Pace(20, 2.0),
            _index_tickers,
            Parameter("quoteCcy", "quote_ccy", read.one_of(*QUOTES)),
            Parameter("instId", "inst_id", read.index),
        ),
        ("GET", "/api/v5/market/index-candles"): _public(
            Pace(20, 2.0), SimulatedExchange.index_candles, *CANDLES
        ),
        ("GET", "/api/v5/market/history-index-candles"): _public(
            Pace(10, 2.0), SimulatedExchange.history_index_candles, *CANDLES
        ),
        ("GET", "/api/v5/public/discount-rate-interest-free-quota"): _public(
            Pace(2, 2.0), SimulatedExchange.discount_rates, CCY
        ),
        ("GET", "/api/v5/finance/savings/lending-rate-history"): _public(
            Pace(6, 1.0), SimulatedExchange.lending_rates, CCY, *PAGING
        ),
    }
)
PATHS: Final = frozenset(path for _, path in ROUTES)
