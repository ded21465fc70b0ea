"""What is known of a change of collateral: whether it may have happened, and whether it has.

A change is a dict of strings: ``type``, ``collateralCcy``, ``collateralAmt``, perhaps ``ordId``,
and ``newestRefId``, the newest event before it was sent.
"""

import pandas as pd

from flexloan_nb.errors import (
    ApiError,
    FlexLoanError,
    InvalidArgumentError,
    OutcomeUnknownError,
    ResponseFormatError,
    TransportError,
)

__all__ = ["FIND_OUT", "Change", "change_of", "events_of", "unknown_outcome"]

Change = dict[str, str]

# Not "refused": busy, timed out ("does not mean that the request was successful or failed"),
# system error. The statuses are a proxy's: the client or the server took too long.
_DOUBTFUL_CODES = {"50001", "50004", "50026"}
_DOUBTFUL_STATUSES = {408, 499, *range(200, 300), *range(500, 600)}
FIND_OUT = (
    "Do not repeat it: confirm_adjustment(error) looks for it in the history, and loan_legs() "
    "shows what is pledged."
)

_EVENTS = {"add": "collateral_locked", "reduce": "collateral_released"}


def change_of(outcome: pd.DataFrame | OutcomeUnknownError) -> Change:
    """Return the change that was accepted, or whose outcome is unknown.

    Raises
    ------
    InvalidArgumentError
        It is the outcome of no change.
    """
    if isinstance(outcome, OutcomeUnknownError):
        return outcome.change
    change: Change | None = getattr(outcome, "attrs", {}).get("change")
    if change is None:
        raise InvalidArgumentError("change is not what adjust_collateral returned or raised.")
    return change


def events_of(change: Change, events: pd.DataFrame) -> pd.DataFrame:
    """Return those of the events since a change was sent that are the change itself."""
    of_the_kind = events[
        (events["type"] == _EVENTS[change["type"]]) & (events["ccy"] == change["collateralCcy"])
    ]
    amounts = of_the_kind["amt"].abs()  # the sign of a released amount is not documented
    return of_the_kind[[amount == type(amount)(change["collateralAmt"]) for amount in amounts]]


def unknown_outcome(
    endpoint: str, error: FlexLoanError, change: Change
) -> OutcomeUnknownError | None:
    """Return the error to raise where the exchange may have acted in spite of this one."""
    match error:
        case TransportError(sent=True):
            reason = error.reason
        case ApiError() if error.code in _DOUBTFUL_CODES or error.http_status >= 500:
            reason = f"{error.code} {error.msg}".rstrip(". ")
        case ResponseFormatError() if error.http_status in _DOUBTFUL_STATUSES:
            reason = error.problem
        case _:
            return None
    return OutcomeUnknownError(endpoint, reason, FIND_OUT, change)
