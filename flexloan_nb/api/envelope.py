"""Bytes of an answer to its rows, or to the error that it means. No I/O."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from typing import Any

from flexloan_nb.api.codes import api_error
from flexloan_nb.errors import ResponseFormatError

__all__ = ["Row", "open_envelope"]

Row = dict[str, Any]

_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_NOT_JSON = "A proxy may have answered instead of the exchange: check base_url and the network."
_NOT_DOCUMENTED = "Check base_url; if it is right, the exchange has changed its answer."
_REDIRECTED = "Set base_url to the address it moved to; signed requests follow no redirect."


def open_envelope(
    body: bytes,
    http_status: int,
    endpoint: str,
    *,
    data_expected: bool = True,
    names: Sequence[str] | None = None,
) -> list[Row]:
    """Return the rows in ``{"code": "0", "msg": "", "data": [...]}``.

    Numbers that stand without quotes come back as the digits that were sent, so that an id
    beyond 2**53 survives.

    Parameters
    ----------
    body : bytes
        The whole answer.
    http_status : int
        Its HTTP status.
    endpoint : str
        The endpoint's name, for error messages.
    data_expected : bool
        False where code 0 alone is the answer, as for adjust-collateral.
    names : sequence of str, optional
        Of the fields, where rows are lists instead of objects.

    Raises
    ------
    ApiError
        The exchange answered with a code other than 0.
    ResponseFormatError
        The answer is not such an envelope, or contradicts its HTTP status.

    Examples
    --------
    >>> open_envelope(b'{"code": "0", "msg": "", "data": [{"amt": "1"}]}', 200, "loan_info")
    [{'amt': '1'}]
    """

    def malformed(problem: str, hint: str = _NOT_DOCUMENTED) -> ResponseFormatError:
        return ResponseFormatError(endpoint, http_status, problem, hint)

    try:
        answer = _parsed(body)
    except (ValueError, RecursionError):
        hint = _REDIRECTED if 300 <= http_status < 400 else _NOT_JSON
        raise malformed(_describe(body), hint) from None
    code = answer.get("code") if isinstance(answer, dict) else None
    if not isinstance(code, str):
        raise malformed("the answer has no code")
    if code != "0":
        msg = answer.get("msg")
        raise api_error(code, msg if isinstance(msg, str) else "", http_status, endpoint)
    if not 200 <= http_status < 300:
        raise malformed("the answer has code 0, but not its status")
    rows = answer.get("data")
    if not data_expected:
        return []
    kind = dict if names is None else list
    if not isinstance(rows, list) or not all(isinstance(row, kind) for row in rows):
        raise malformed("the answer has no list of rows in data")
    return rows if names is None else [dict(zip(names, row, strict=False)) for row in rows]


def _parsed(body: bytes) -> Any:
    """Return the JSON of an answer, which is UTF-8 and can be written as UTF-8 again."""
    text = body.removeprefix(BOM_UTF8).decode()
    answer = _JSON.decode(text)
    if "\\u" in text:  # an escape can name half a character, which nothing can show
        json.dumps(answer, ensure_ascii=False).encode()
    return answer


def _describe(body: bytes) -> str:
    """Say what an answer is that is not JSON, without quoting it: it may echo the request."""
    text = body.decode("utf-8", errors="replace")
    if not text.strip():
        return "the answer is empty"
    if title := re.search(r"<title[^>]*>\s*(.{1,80}?)\s*<", text, re.IGNORECASE):
        return f"the answer is a web page, {title[1]!r}"
    if text.lstrip().startswith("<"):
        return "the answer is a web page"
    return f"the answer is broken JSON of {len(body)} bytes"
