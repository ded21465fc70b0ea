"""The return at which a loan pays for itself."""

from math import expm1, inf, log1p

from flexloan_nb.analytics.arguments import not_negative
from flexloan_nb.analytics.rates import HOURS_PER_YEAR
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["break_even"]

_HOURS_PER_DAY = 24


def break_even(rate: float, days: float, *, fee: float = 0, selling_cost: float = 0) -> float:
    """Return the rise in price at which borrowing is worth as much as not borrowing.

    After n hours a loan of 1 has grown to ``G = (1 + fee) (1 + rate / 8760)^n``.

    - What the loan bought pays for it where it rises by ``G - 1``.
    - Who needs money X for his coins can borrow X, or sell ``X / (1 - selling_cost)`` worth of
      them. If coins rise by g, selling gives up ``X (1 + g) / (1 - selling_cost)`` at the end,
      borrowing costs ``X G``. Both are worth the same at ``g = G (1 - selling_cost) - 1``, on
      whatever LTV: above it borrowing was better, below it selling.

    Interest and fee are taken as paid at the end, in the coin that was borrowed. A liquidation
    on the way, and taxes on a sale, are left out.

    Parameters
    ----------
    rate : float
        Annual, a decimal, as `interestRate`; not negative.
    days : float
        How long the loan lasts; not negative.
    fee : float
        What borrowing costs at once, as a share of the loan; OKX asks for none.
    selling_cost : float
        Share of the proceeds that a sale would have cost, below 1; 0 for what the loan bought.

    Returns
    -------
    float
        Over the whole time, not for a year; a decimal. Infinite where the debt is too large for
        a float.

    Raises
    ------
    InvalidArgumentError
        An argument is negative or no number, or a sale would bring nothing.

    Examples
    --------
    How far must a coin rise in 90 days for borrowing at 10 % to beat selling it, at a cost of
    0.1 %?

    >>> round(break_even(0.10, 90, selling_cost=0.001), 6)
    0.023939
    """
    hours = not_negative(days, "days") * _HOURS_PER_DAY
    lost = not_negative(selling_cost, "selling_cost")
    if lost >= 1:
        raise InvalidArgumentError(f"selling_cost is {selling_cost}: it must be below 1.")
    growth = hours * log1p(not_negative(rate, "rate") / HOURS_PER_YEAR)
    try:
        return expm1(growth + log1p(not_negative(fee, "fee")) + log1p(-lost))
    except OverflowError:
        return inf
