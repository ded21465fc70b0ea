"""What is known of a change of collateral after its request has failed."""

from flexloan_nb.errors import ApiError, FlexLoanError, ResponseFormatError, TransportError

__all__ = ["outcome_is_unknown"]

_TIMED_OUT = "50004"  # "does not mean that the request was successful or failed"


def outcome_is_unknown(error: FlexLoanError) -> bool:
    """Say whether the exchange may have acted on the request in spite of the error."""
    if isinstance(error, TransportError):
        return error.sent
    if isinstance(error, ApiError):
        return error.code == _TIMED_OUT or error.http_status >= 500
    if isinstance(error, ResponseFormatError):
        return not 300 <= error.http_status < 500
    return False
