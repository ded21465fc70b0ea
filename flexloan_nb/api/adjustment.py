"""What is known of a change of collateral after its request has failed."""

from flexloan_nb.errors import (
    ApiError,
    FlexLoanError,
    OutcomeUnknownError,
    ResponseFormatError,
    TransportError,
)

__all__ = ["unknown_outcome"]

_TIMED_OUT = "50004"  # "does not mean that the request was successful or failed"
_FIND_OUT = "Do not repeat it: loan_legs() and loan_history() show whether it happened."


def unknown_outcome(endpoint: str, error: FlexLoanError) -> OutcomeUnknownError | None:
    """Return the error to raise where the exchange may have acted in spite of this one."""
    match error:
        case TransportError(sent=True):
            reason = error.reason
        case ApiError() if error.code == _TIMED_OUT or error.http_status >= 500:
            reason = f"{error.code} {error.msg}".rstrip(". ")
        case ResponseFormatError() if not 300 <= error.http_status < 500:
            reason = error.problem
        case _:
            return None
    return OutcomeUnknownError(endpoint, reason, _FIND_OUT)
