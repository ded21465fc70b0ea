"""What the exchange's error codes mean here, and what to do about them.

Codes and their meaning are from OKX's published list of REST error codes; the hints are ours.
"""

from flexloan_nb.errors import (
    ApiError,
    AuthError,
    InvalidRequestError,
    LoanRuleError,
    PermissionDeniedError,
    RateLimitError,
    ServiceError,
)

_REPORT = "The request was malformed; please report this with the call that caused it."
_PARAMETER = "Check the argument that the message names."
_LATER = "Wait a moment and try again."
_SLOWER = "Ask less often: five requests in two seconds for each endpoint of a user."
_KEYS = "Check OKX_API_KEY, OKX_SECRET_KEY and OKX_PASSPHRASE."
_CLOCK = "Set this machine's clock: it must be within 30 s of the exchange's."
_UNKNOWN = "Look the code up in OKX's list of error codes."

CODES: dict[str, tuple[type[ApiError], str]] = {
    "50000": (InvalidRequestError, _REPORT),
    "50001": (ServiceError, _LATER),
    "50002": (InvalidRequestError, _REPORT),
    "50004": (ServiceError, "The exchange timed out; it may still have acted on the request."),
    "50005": (ServiceError, "OKX has withdrawn or suspended this endpoint; see its announcements."),
    "50006": (InvalidRequestError, _REPORT),
    "50011": (RateLimitError, _SLOWER),
    "50013": (RateLimitError, _LATER),
    "50014": (InvalidRequestError, _PARAMETER),
    "50015": (InvalidRequestError, _PARAMETER),
    "50016": (InvalidRequestError, _PARAMETER),
    "50024": (InvalidRequestError, _PARAMETER),
    "50026": (ServiceError, _LATER),
    "50030": (PermissionDeniedError, "Give the key the permission that this endpoint needs."),
    "50038": (ServiceError, "Flexible loan has no demo trading: use a live key, or the simulator."),
    "50040": (RateLimitError, _SLOWER),
    "50064": (ServiceError, _LATER),
    "50100": (PermissionDeniedError, "OKX has frozen the API for this account; ask its support."),
    "50101": (AuthError, "The key is for the other environment: demo or live. See demo=..."),
    "50102": (AuthError, _CLOCK),
    "50103": (AuthError, _KEYS),
    "50104": (AuthError, _KEYS),
    "50105": (AuthError, "The passphrase is not the one chosen when the key was made."),
    "50106": (AuthError, _KEYS),
    "50107": (AuthError, _REPORT),
    "50110": (PermissionDeniedError, "Add this machine's public address to the key's IP list."),
    "50111": (AuthError, _KEYS),
    "50112": (AuthError, _REPORT),
    "50113": (AuthError, "The secret key does not belong to this API key."),
    "50114": (AuthError, _KEYS),
    "50115": (InvalidRequestError, _REPORT),
    "50119": (
        AuthError,
        "The key is mistyped or deleted, was made for demo trading, or belongs to another region: "
        "see base_url (https://www.okx.com, https://eea.okx.com, https://us.okx.com).",
    ),
    "50120": (
        PermissionDeniedError,
        "The key lacks the permission: adjusting collateral needs Trade, everything else Read.",
    ),
    "51000": (InvalidRequestError, _PARAMETER),
    "51016": (LoanRuleError, "Use a new clOrdId."),
    "51063": (LoanRuleError, "There is no such loan order; loan_info() lists those there are."),
    "51750": (LoanRuleError, "A coin that is borrowed cannot be pledged for the same loan."),
    "51751": (LoanRuleError, "borrow_currencies() lists the coins that can be borrowed."),
    "51752": (LoanRuleError, "collateral_assets() lists the coins that can be pledged."),
    "51753": (LoanRuleError, "loan_legs() lists the coins that are pledged."),
    "51754": (LoanRuleError, "There is no debt, so there is nothing to pledge for."),
    "51755": (LoanRuleError, "OKX restricts this coin for this account."),
    "51756": (LoanRuleError, "max_collateral_redeem_amount(ccy) says how much can be taken out."),
    "51757": (LoanRuleError, "Ask for at least the minimum that the message names."),
    "51758": (LoanRuleError, "max_collateral_redeem_amount(ccy) says how much can be taken out."),
    "51759": (LoanRuleError, "OKX limits this at the moment; try a smaller amount or later."),
    "51760": (LoanRuleError, "Not available together with the delta-neutral strategy."),
    "51763": (LoanRuleError, "The account's VIP tier is too low for this."),
    "51764": (LoanRuleError, "collateral_assets() says what the funding account holds."),
    "51784": (LoanRuleError, "A request with this clOrdId is still under way; read loan_info()."),
    "51785": (LoanRuleError, "The coins do not fit the order's E-Mode."),
    "59521": (LoanRuleError, "Not available together with the delta-neutral strategy."),
}


def api_error(code: str, msg: str, http_status: int, endpoint: str) -> ApiError:
    """Return the error for a code of the exchange; an unknown code is an ``ApiError``."""
    kind, hint = CODES.get(code, (ApiError, _UNKNOWN))
    return kind(code, msg, http_status, endpoint, hint)
