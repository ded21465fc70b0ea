import pickle

import pytest

from flexloan_nb import ApiError, ResponseFormatError, errors
from flexloan_nb.api.codes import CODES
from flexloan_nb.api.envelope import open_envelope

ID = "17316594851045087"


def test_rows_come_back_as_sent():
    body = b'{"code": "0", "msg": "", "data": [{"refId": "%s", "new": {"a": []}}]}' % ID.encode()
    assert open_envelope(body, 200, "loan_history") == [{"refId": ID, "new": {"a": []}}]


def test_unquoted_numbers_keep_their_digits():
    body = b'{"code": 0, "data": [{"refId": 17316594851045087, "amt": 0.10000000000000000001}]}'
    rows = open_envelope(body, 200, "loan_history")
    assert rows == [{"refId": ID, "amt": "0.10000000000000000001"}]


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_known_code_has_its_error_and_a_hint(code):
    body = b'{"code": "%s", "msg": "\xe9\x94\x99\xe8\xaf\xaf"}' % code.encode()
    with pytest.raises(CODES[code][0]) as caught:
        open_envelope(body, 401, "loan_info")
    error = caught.value
    assert (error.code, error.msg, error.http_status) == (code, "错误", 401)
    assert str(error) == f"loan_info: {code} 错误 (HTTP 401). {error.hint}"
    assert error.hint


def test_a_code_nobody_knows_is_still_an_api_error():
    with pytest.raises(ApiError, match="99999 new") as caught:
        open_envelope(b'{"code": "99999", "msg": "new"}', 200, "loan_info")
    assert type(caught.value) is ApiError


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b'{"code": "0", "data": [{"ccy": "BT', "broken JSON of 34 bytes"),
        (b"<html><head><title>502 Bad Gateway</title></head>", "web page, '502 Bad Gateway'"),
        (b"<!doctype html><p>hello", "is a web page"),
        (b"\xff\xfe\x00", "broken JSON"),
        (b"[" * 100_000, "broken JSON"),
        (b"[]", "has no code"),
        (b"{}", "has no code"),
        (b'{"code": null}', "has no code"),
        (b'{"code": "0", "msg": ""}', "no list of rows"),
        (b'{"code": "0", "data": null}', "no list of rows"),
        (b'{"code": "0", "data": {}}', "no list of rows"),
        (b'{"code": "0", "data": ["BTC"]}', "no list of rows"),
    ],
)
def test_what_is_not_the_envelope_is_named(body, problem):
    with pytest.raises(ResponseFormatError, match=problem) as caught:
        open_envelope(body, 200, "loan_info")
    assert caught.value.hint


@pytest.mark.parametrize("status", [302, 404, 500])
def test_code_0_with_a_status_that_is_not_success_is_not_success(status):
    with pytest.raises(ResponseFormatError, match="not its status"):
        open_envelope(b'{"code": "0", "data": []}', status, "loan_info")


def test_a_redirect_says_where_to_look():
    with pytest.raises(ResponseFormatError, match=r"Set base_url .* follow no redirect"):
        open_envelope(b"<html>Moved</html>", 302, "loan_info")


def test_an_answer_that_echoes_the_request_is_not_quoted():
    body = b"<html><pre>OK-ACCESS-PASSPHRASE: hunter2</pre></html>"
    with pytest.raises(ResponseFormatError) as caught:
        open_envelope(body, 500, "loan_info")
    assert "hunter2" not in str(caught.value)


def test_code_0_alone_is_enough_where_no_data_is_documented():
    assert open_envelope(b'{"code": "0"}', 200, "adjust_collateral", data_expected=False) == []


@pytest.mark.parametrize(
    "error",
    [
        errors.AuthError("50113", "Invalid signature.", 401, "loan_info", "hint"),
        errors.TransportError("loan_info", "reason", "hint", True),
        errors.ResponseFormatError("loan_info", 502, "problem", "hint"),
        errors.OutcomeUnknownError("adjust_collateral", "reason", "hint", {"type": "add"}),
        errors.InvalidArgumentError("limit is 0"),
    ],
)
def test_errors_survive_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
