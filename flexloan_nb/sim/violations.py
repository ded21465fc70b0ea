"""The lending rules a request can break, by the exchange's own code."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LOAN_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "51016": "clOrdId {clOrdId} has been used before",
        "51063": "ordId does not exist",
        "51750": "Collateral cannot contain the loan currency {ccy}",
        "51751": "{ccy} cannot be borrowed",
        "51752": "{ccy} is not accepted as collateral",
        "51753": "The collateral of this loan does not include {ccy}",
        "51754": "There is no debt to secure or to repay",
        "51756": "Exceeds the amount of {ccy} that can be redeemed",
        "51757": "The amount of {ccy} is below the minimum {minAmt}",
        "51758": "Redeem at most {max} {ccy}",
        "51759": "The loan exceeds {max} {ccy}, the most that can be borrowed now",
        "51764": "Insufficient balance of {ccy}",
        "51785": "E-Mode pair mismatch",
    }
)


class LoanRuleViolation(Exception):  # noqa: N818  an answer, not a fault
    """A request the lending desk refuses.

    Attributes
    ----------
    code : str
        The exchange's code, a key of `LOAN_RULES`.
    message : str
        What stands there, its gaps filled.
    """

    def __init__(self, code: str, **params: str) -> None:
        self.code = code
        self.message = LOAN_RULES[code].format(**params)
        super().__init__(f"{code}: {self.message}")
