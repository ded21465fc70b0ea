import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlsplit

import okx.utils
import pytest
from fakes import CannedAdapter
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb.api.signing import sign

AWKWARD = "a b&c=d/é+%?#"
NOON = datetime(2020, 12, 8, 9, 8, 57, 715_999, tzinfo=UTC)


@given(st.text(), st.text(min_size=1))
def test_signatures_agree_with_the_official_client(prehash, secret):
    try:
        expected = okx.utils.sign(prehash, secret).decode()
    except UnicodeEncodeError:  # a lone surrogate, which no request can hold
        return
    assert sign(prehash, secret) == expected


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("loan_info", {}),
        ("loan_info", {"ord_id": AWKWARD}),
        ("collateral_assets", {"ccy": AWKWARD}),
        ("loan_history", {"type": AWKWARD, "limit": 7}),
        ("max_loan", {"borrow_ccy": AWKWARD, "sup_collateral": {"é": "1"}}),
        ("adjust_collateral", {"type": "add", "collateral_ccy": AWKWARD, "collateral_amt": "1"}),
    ],
)
def test_the_signature_covers_exactly_the_bytes_sent(method, arguments, client_of, credentials):
    adapter = CannedAdapter(b'{"code": "0", "msg": "", "data": []}')
    client = client_of(adapter, clock=lambda: NOON, allow_trading=True)
    getattr(client, method)(**arguments)

    request = adapter.requests[-1]
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    prehash = b"2020-12-08T09:08:57.715Z" + request.method.encode() + target.encode()
    digest = hmac.new(
        credentials.secret_key.encode(), prehash + (request.body or b""), hashlib.sha256
    ).digest()
    assert request.headers["OK-ACCESS-SIGN"] == base64.b64encode(digest).decode()
    assert request.headers["OK-ACCESS-TIMESTAMP"] == "2020-12-08T09:08:57.715Z"
    assert request.headers["OK-ACCESS-KEY"] == credentials.api_key
    assert request.headers["OK-ACCESS-PASSPHRASE"] == credentials.passphrase


def test_public_data_is_asked_without_the_key(client_of):
    adapter = CannedAdapter(b'{"code": "0", "msg": "", "data": [{"ts": "1597026383085"}]}')
    client_of(adapter).market.server_time()
    assert not [name for name in adapter.requests[0].headers if name.startswith("OK-ACCESS")]


@pytest.mark.parametrize("demo", [True, False])
def test_demo_trading_is_asked_for_by_its_header(demo, client_of):
    adapter = CannedAdapter(b'{"code": "0", "msg": "", "data": []}')
    client_of(adapter, demo=demo).loan_info()
    assert adapter.requests[0].headers.get("x-simulated-trading") == ("1" if demo else None)
