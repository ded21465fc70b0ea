"""What is known of a change of collateral after its request has failed."""

from flexloan_nb.errors import (
    ApiError,
    FlexLoanError,
    OutcomeUnknownError,
    ResponseFormatError,
    TransportError,
)

__all__ = ["unknown_outcome"]

# Not "refused": busy, timed out ("does not mean that the request was successful or failed"),
# system error. The statuses are a proxy's: the client or the server took too long.
_DOUBTFUL_CODES = {"50001", "50004", "50026"}
_DOUBTFUL_STATUSES = {408, 499, *range(200, 300), *range(500, 600)}
_FIND_OUT = "Do not repeat it: loan_legs() and loan_history() show whether it happened."


def unknown_outcome(endpoint: str, error: FlexLoanError) -> OutcomeUnknownError | None:
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
    return OutcomeUnknownError(endpoint, reason, _FIND_OUT)
