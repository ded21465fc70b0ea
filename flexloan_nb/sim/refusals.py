"""The gateway's errors, by the exchange's own code."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# code -> (HTTP status, message)
ERRORS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        "50000": (400, "Body for POST request cannot be empty."),
        "50002": (400, "JSON syntax error"),
        "50005": (410, "API endpoint is inactive or unavailable."),
        "50006": (400, 'Invalid Content-Type. Please use "application/JSON".'),
        "50011": (429, "Too Many Requests"),
        "50014": (400, "Parameter {param0} can not be empty."),
        "50015": (400, "Either parameter {param0} or {param1} is required"),
        "50038": (200, "This feature is unavailable in demo trading"),
        "50101": (401, "APIKey does not match current environment."),
        "50102": (401, "Timestamp request expired."),
        "50103": (401, 'Request header "OK-ACCESS-KEY" cannot be empty.'),
        "50104": (401, 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.'),
        "50105": (401, 'Request header "OK-ACCESS-PASSPHRASE" incorrect.'),
        "50106": (401, 'Request header "OK-ACCESS-SIGN" cannot be empty.'),
        "50107": (401, 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.'),
        "50112": (401, "Invalid OK-ACCESS-TIMESTAMP."),
        "50113": (401, "Invalid signature."),
        "50115": (405, "Invalid request method."),
        "50119": (401, "API key doesn't exist"),
        "50120": (200, "This API key doesn't have permission to use this function"),
        "51000": (400, "Parameter {param0} error"),
    }
)


class Refusal(Exception):  # noqa: N818  an answer, not a fault
    """A request the gateway does not pass on.

    Attributes
    ----------
    code : str
        The exchange's code, a key of `ERRORS`.
    status : int
        The HTTP status that goes with it.
    message : str
        What stands there, its gaps filled.
    """

    def __init__(self, code: str, **params: str) -> None:
        self.code = code
        self.status, template = ERRORS[code]
        self.message = template.format(**params)
        super().__init__(f"{code}: {self.message}")
