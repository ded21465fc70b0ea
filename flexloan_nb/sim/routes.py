"""The endpoints as data: who may call them how often, with what, and what answers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from flexloan_nb.sim import parameters as read
from flexloan_nb.sim.exchange import SimulatedExchange
from flexloan_nb.sim.ledger import EFFECTS
from flexloan_nb.sim.parameters import Parameter
from flexloan_nb.sim.refusals import Refusal
from flexloan_nb.sim.rows import Row


class Pace(NamedTuple):
    """At most `calls` in any window of `seconds`."""

    calls: int
    seconds: float


class Route(NamedTuple):
    """One endpoint.

    `answer` is called with the exchange, the user (not on public endpoints, whose `permission`
    is None) and the parameters given.
    """

    permission: str | None
    pace: Pace
    answer: Callable[..., list[Row]]
    parameters: tuple[Parameter, ...] = ()


def _borrow_currencies(exchange: SimulatedExchange, *, user: str) -> list[Row]:
    return exchange.borrow_currencies()


def _index_tickers(
    exchange: SimulatedExchange, *, quote_ccy: str | None = None, ccy: str | None = None
) -> list[Row]:
    if quote_ccy is None and ccy is None:
        raise Refusal("50015", param0="instId", param1="quoteCcy")
    return exchange.index_tickers(None if ccy is None else [ccy])


FIVE_IN_TWO_SECONDS: Final = Pace(5, 2.0)
CCY: Final = Parameter("ccy", "ccy", read.currency)
ORD_ID: Final = Parameter("ordId", "ord_id", read.digits)
PAGING: Final = (
    Parameter("after", "after", read.cursor),
    Parameter("before", "before", read.cursor),
    Parameter("limit", "limit", read.page_length),
)


def _loan(permission: str, answer: Callable[..., list[Row]], *parameters: Parameter) -> Route:
    return Route(permission, FIVE_IN_TWO_SECONDS, answer, parameters)


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
        ("GET", "/api/v5/public/time"): Route(None, Pace(10, 2.0), SimulatedExchange.server_time),
        ("GET", "/api/v5/market/index-tickers"): Route(
            None,
            Pace(20, 2.0),
            _index_tickers,
            (
                Parameter("quoteCcy", "quote_ccy", read.one_of("USD")),
                Parameter("instId", "ccy", read.dollar_index),
            ),
        ),
    }
)
PATHS: Final = frozenset(path for _, path in ROUTES)
