"""Every error this package raises, in one tree.

::

    FlexLoanError
    ├── CredentialsError          keys are missing or cannot be right; nothing was sent
    ├── InvalidArgumentError      an argument is wrong; nothing was changed (also a ValueError)
    ├── TradingDisabledError      the client may only read; nothing was sent
    ├── TransportError            no answer arrived
    │   └── CertificateError      the server could not be trusted; nothing was sent
    ├── ResponseFormatError       an answer arrived that is not the documented envelope
    ├── OutcomeUnknownError       a change was sent and may or may not have happened
    └── ApiError                  the exchange answered with an error code
        ├── AuthError             key, passphrase, signature or clock
        ├── PermissionDeniedError the key may not do this, or not from here
        ├── RateLimitError        too many requests
        ├── InvalidRequestError   a parameter is missing or wrong
        ├── LoanRuleError         a rule of the loan product forbids it
        └── ServiceError          the exchange cannot serve this now

Errors of the exchange are told apart by its code, never by its text, which changes and is
translated. All errors can be pickled, and none carries a key, a passphrase or a signature.
"""

__all__ = [
    "ApiError",
    "AuthError",
    "CertificateError",
    "CredentialsError",
    "FlexLoanError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "LoanRuleError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitError",
    "ResponseFormatError",
    "ServiceError",
    "TradingDisabledError",
    "TransportError",
]


class FlexLoanError(Exception):
    """Base of all errors of this package.

    Attributes
    ----------
    retry_after : float or None
        Seconds after which the server asked to come back, if it did.
    """

    retry_after: float | None = None


class CredentialsError(FlexLoanError):
    """API keys are missing or cannot be right; nothing was sent."""


class InvalidArgumentError(FlexLoanError, ValueError):
    """An argument is wrong; nothing was changed."""


class TradingDisabledError(FlexLoanError):
    """A change was asked of a client that may only read; nothing was sent."""


class TransportError(FlexLoanError):
    """No answer arrived from the exchange.

    Attributes
    ----------
    endpoint : str
        The endpoint that was asked, e.g. ``"loan_info"``.
    reason : str
        What went wrong on the way.
    hint : str
        What to do next.
    sent : bool
        False where the exchange cannot have seen the request, as no connection was made.
    """

    def __init__(self, endpoint: str, reason: str, hint: str, sent: bool) -> None:
        super().__init__(endpoint, reason, hint, sent)
        self.endpoint = endpoint
        self.reason = reason
        self.hint = hint
        self.sent = sent

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}. {self.hint}"


class CertificateError(TransportError):
    """The server's certificate is not trusted; nothing was sent."""


class ResponseFormatError(FlexLoanError):
    """An answer arrived that is not the documented JSON envelope.

    Attributes
    ----------
    endpoint : str
        The endpoint that was asked, e.g. ``"loan_info"``.
    http_status : int
        HTTP status of the answer.
    problem : str
        What is wrong with it.
    hint : str
        What to do next.
    """

    def __init__(self, endpoint: str, http_status: int, problem: str, hint: str) -> None:
        super().__init__(endpoint, http_status, problem, hint)
        self.endpoint = endpoint
        self.http_status = http_status
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.problem} (HTTP {self.http_status}). {self.hint}"


class OutcomeUnknownError(FlexLoanError):
    """A change of collateral was sent, and it is not known whether it happened.

    Attributes
    ----------
    endpoint : str
        The endpoint that was asked, ``"adjust_collateral"``.
    reason : str
        Why the outcome is unknown.
    hint : str
        How to find out.
    change : dict
        What was asked, for `FlexibleLoanClient.confirm_adjustment`.
    """

    def __init__(self, endpoint: str, reason: str, hint: str, change: dict[str, str]) -> None:
        super().__init__(endpoint, reason, hint, change)
        self.endpoint = endpoint
        self.reason = reason
        self.hint = hint
        self.change = change

    def __str__(self) -> str:
        return f"{self.endpoint}: outcome unknown, {self.reason}. {self.hint}"


class ApiError(FlexLoanError):
    """The exchange answered with an error code.

    Attributes
    ----------
    code : str
        The exchange's code, e.g. ``"50113"``.
    msg : str
        The exchange's message, in whatever language it chose.
    http_status : int
        HTTP status of the answer.
    endpoint : str
        The endpoint that was asked, e.g. ``"loan_info"``.
    hint : str
        What to do next.
    """

    def __init__(self, code: str, msg: str, http_status: int, endpoint: str, hint: str) -> None:
        super().__init__(code, msg, http_status, endpoint, hint)
        self.code = code
        self.msg = msg
        self.http_status = http_status
        self.endpoint = endpoint
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.code} {self.msg} (HTTP {self.http_status}). {self.hint}"


class AuthError(ApiError):
    """The exchange did not accept the key, passphrase, signature or clock."""


class PermissionDeniedError(ApiError):
    """The key may not do this, or not from this address."""


class RateLimitError(ApiError):
    """Too many requests in too short a time."""


class InvalidRequestError(ApiError):
    """A parameter is missing or wrong."""


class LoanRuleError(ApiError):
    """A rule of the loan product forbids the request."""


class ServiceError(ApiError):
    """The exchange cannot serve the request now."""
