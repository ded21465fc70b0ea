"""Whatever comes back, a read gives a frame or an error of this package, and soon."""

import inspect
import json
import pickle
import socketserver
import threading
import time

import pytest
from fakes import CannedAdapter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flexloan_nb import FlexibleLoanClient, FlexLoanError, OutcomeUnknownError
from flexloan_nb.api.endpoints import TABLES
from flexloan_nb.api.market import MarketClient
from flexloan_nb.api.pace import Unpaced
from flexloan_nb.api.transport import new_session

CHANGE = {
    "type": "add",
    "collateralCcy": "BTC",
    "collateralAmt": "0.1",
    "newestRefId": "17316594851045087",
}
SENT = OutcomeUnknownError("adjust_collateral", "reason", "hint", CHANGE)
READS = {
    "borrow_currencies": lambda client: client.borrow_currencies(),
    "collateral_assets": lambda client: client.collateral_assets(),
    "max_loan": lambda client: client.max_loan("USDT"),
    "max_collateral_redeem_amount": lambda client: client.max_collateral_redeem_amount("BTC"),
    "loan_info": lambda client: client.loan_info(),
    "loan_legs": lambda client: client.loan_legs(),
    "loan_snapshot": lambda client: client.loan_snapshot().legs,
    "loan_history": lambda client: client.loan_history(),
    "interest_accrued": lambda client: client.interest_accrued(),
    "confirm_adjustment": lambda client: client.confirm_adjustment(SENT, within=0),
    "server_time": lambda client: client.market.server_time(),
    "index_prices": lambda client: client.market.index_prices("BTC"),
    "index_candles": lambda client: client.market.index_candles("BTC-USD"),
    "price_history": lambda client: client.market.price_history("BTC"),
    "discount_rates": lambda client: client.market.discount_rates("BTC"),
    "lending_rates": lambda client: client.market.lending_rates("USDT"),
}
NOT_READS = {"adjust_collateral", "describe", "with_options", "close"}
FRAMES = {"loan_snapshot": "loan_legs", "confirm_adjustment": "loan_history"}
LONGEST = 5.0  # seconds for a body that is there, on a busy machine


def read_or_refused(client, name):
    """Call a read; hold what it gives against what is promised."""
    began = time.monotonic()
    try:
        given = READS[name](client)
    except FlexLoanError as error:
        given = error
    assert repr(given).encode()
    if isinstance(given, FlexLoanError):
        assert str(pickle.loads(pickle.dumps(given))).encode() == str(given).encode()
    elif name not in {"server_time", "price_history"}:
        assert_documented(given, name)
    assert time.monotonic() - began < LONGEST


def assert_documented(frame, name):
    documented = [column.name for column in TABLES[FRAMES.get(name, name)].columns]
    added = ["ccy"] if name == "index_prices" else []
    assert list(frame.columns[: len(documented) + len(added)]) == added + documented


def test_every_read_is_fuzzed():
    methods = {
        name
        for kind in (FlexibleLoanClient, MarketClient)
        for name, _ in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }
    assert methods - NOT_READS == set(READS)


# Answers in the making


ODD_TEXTS = [
    "",
    "0",
    "-1",
    "1.5",
    "1e400",
    "-1e-400",
    "1e9999999999999999999",
    "NaN",
    "-Infinity",
    "sNaN123",
    "9" * 30,
    "9" * 5_000,
    "1731659485104",
    "253402300800000",  # the first millisecond of the year 10000
    "9223372036854775807",
    "9223372036854775808",
    "BTC",
    "BTC-USD",
    "USDT",
    "\x00",
    "\ud800",
    "\u202e\U0001f980",
    "<title>",
]
FIELDS = sorted(
    {column.name for table in TABLES.values() for column in table.columns}
    | {"assets", "collateralData", "loanData", "riskWarningData", "side", "index", "", "\ud800"}
)
leaves = (
    st.sampled_from(ODD_TEXTS)
    | st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=8)
)
names = st.sampled_from(FIELDS) | st.text(max_size=4)


def nested(inner):
    return st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)


values = st.recursive(leaves, nested, max_leaves=8)
legs = st.lists(st.dictionaries(names, leaves, max_size=5), max_size=3)
digits = st.integers(0, 10**18).map(str)
rows = st.fixed_dictionaries(
    {},
    optional={
        "refId": digits | leaves,
        "ts": digits | leaves,
        "amt": st.decimals(allow_nan=False).map(str) | values,
        "instId": st.sampled_from(["BTC-USD", "ETH-USD", "BTC"]) | values,
        "assets": legs | values,
        "collateralData": legs | values,
        "loanData": legs | values,
        "riskWarningData": st.dictionaries(names, leaves, max_size=3) | values,
        "ccy": leaves,
        "\ud800": leaves,
        "\x00": values,
    },
) | st.dictionaries(names, values, max_size=5)
envelopes = st.fixed_dictionaries(
    {"code": st.sampled_from(["0", "0", "0", 0, "50011", "51000", "x"]) | leaves},
    optional={"msg": values, "data": st.lists(rows, max_size=4) | values},
)
charsets = st.sampled_from(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "utf-32-le", "cp1252", "utf-7"])


@st.composite
def written(draw, answers):
    """Write an answer down as JSON, perhaps with keys twice, cut short or in a wrong charset."""
    value = draw(answers)
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 5)) == 0:
        text = text.replace('"data"', '"code": "0", "data": [], "data"').replace(
            '"ccy"', '"ccy": {}, "ccy"'
        )
    body = text.encode(draw(charsets), "replace")
    return body[: draw(st.integers(0, len(body)))] if draw(st.integers(0, 9)) == 0 else body


bodies = written(envelopes) | written(values) | st.binary(max_size=60)
statuses = st.sampled_from([200] * 6 + [201, 204, 302, 400, 404, 429, 500, 503, 599])
fuzzed = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("name", READS)
@fuzzed
@given(body=bodies, status=statuses, numbers=st.sampled_from(["float", "decimal"]))
def test_any_body_gives_the_documented_frame_or_an_error(name, body, status, numbers, client_of):
    read_or_refused(client_of(CannedAdapter(body, status), numbers=numbers), name)


# One odd value where everything else is right: random answers seldom come that far.


def right_answer(name, sample, **odd):
    """Return the documented answer as an envelope, its innermost rows changed."""
    envelope = json.loads(sample(name))
    for row in envelope["data"]:
        for inner in [row, *row.get("assets", []), *row.get("loanData", [])]:
            inner.update(odd)
    return envelope


SAMPLED = [
    "collateral_assets",
    "max_loan",
    "loan_info",
    "loan_legs",
    "loan_history",
    "interest_accrued",
]


@pytest.mark.parametrize("name", SAMPLED)
@fuzzed
@given(field=names, value=values, numbers=st.sampled_from(["float", "decimal"]))
def test_one_odd_field_gives_the_documented_frame_or_an_error(
    name, field, value, numbers, client_of, sample
):
    documented = "loan_info" if name == "loan_legs" else name
    body = json.dumps(right_answer(documented, sample, **{field: value})).encode()
    read_or_refused(client_of(CannedAdapter(body), numbers=numbers), name)


events = st.fixed_dictionaries(
    {
        "refId": st.integers(17316594851045080, 17316594851045099).map(str),
        "type": st.just("collateral_locked"),
        "ccy": st.just("BTC"),
        "amt": st.sampled_from(["0.1", "-0.10", "1e-1", ".1"]) | leaves,
    },
    optional={"ordId": values, "ts": digits | leaves},
)


@fuzzed
@given(found=st.lists(events, max_size=3), numbers=st.sampled_from(["float", "decimal"]))
def test_events_that_could_be_a_change_confirm_it_or_not(found, numbers, client_of):
    body = json.dumps({"code": "0", "data": found}).encode()
    read_or_refused(client_of(CannedAdapter(body), numbers=numbers), "confirm_adjustment")


TICKER = {"instId": "BTC-USD", "idxPx": "1", "ts": "1731659485104"}
TIMES = ["9" * 30, "9" * 5_000, "253402300800000", "9223372036854775807", -1, 1.5, True, [], {}]


@pytest.mark.parametrize("time_of_it", TIMES, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("name", READS)
def test_times_beyond_all_calendars_are_an_error_or_can_be_shown(name, time_of_it, client_of):
    row = TICKER | {"ts": time_of_it, "refId": "1", "assets": []}
    body = json.dumps({"code": "0", "data": [row]}).encode()
    read_or_refused(client_of(CannedAdapter(body)), name)


@pytest.mark.parametrize(
    "tickers",
    [
        [TICKER, TICKER],
        [TICKER | {"ccy": "ETH"}],
        [TICKER, {}],
        [TICKER, {"instId": "BTC"}],
    ],
    ids=["twice", "with a ccy of its own", "without a name", "two names for a coin"],
)
def test_prices_with_rows_nobody_expects_are_read_or_refused(tickers, client_of):
    body = json.dumps({"code": "0", "data": tickers}).encode()
    read_or_refused(client_of(CannedAdapter(body)), "index_prices")


@pytest.mark.parametrize("time_of_it", TIMES[:4], ids=lambda value: value[:20])
def test_a_time_beyond_the_calendar_is_named(time_of_it, client_of):
    body = json.dumps({"code": "0", "data": [{"ts": time_of_it, "refId": "1"}]}).encode()
    with pytest.raises(FlexLoanError, match="a value of ts is not a time"):
        client_of(CannedAdapter(body)).loan_history()


def test_a_number_beyond_a_float_is_named_and_exact_as_a_decimal(client_of):
    adapter = CannedAdapter(b'{"code": "0", "data": [{"refId": "1", "amt": "1e400"}]}')
    with pytest.raises(FlexLoanError, match="a value of amt is not a number"):
        client_of(adapter).loan_history()
    assert str(client_of(adapter, numbers="decimal").loan_history()["amt"].item()) == "1E+400"


def test_an_id_of_thousands_of_digits_is_named(client_of):
    body = json.dumps({"code": "0", "data": [{"refId": "9" * 5_000}]}).encode()
    with pytest.raises(FlexLoanError, match="no refId"):
        client_of(CannedAdapter(body)).loan_history()


DEEP = [
    '{"code": "0", "data": [{"refId": "1", "new": %s}]}',
    '{"code": "0", "data": [{"refId": "1", "ccy": %s}]}',
    '{"code": "0", "data": [{"refId": "1", "loanData": %s}]}',
    '{"code": "0", "data": %s}',
    '{"code": "1", "msg": %s}',
    '{"code": %s}',
    "%s",
]


@pytest.mark.parametrize("depth", [300, 600, 800, 900, 950, 980, 5_000, 100_000])
@pytest.mark.parametrize("answer", DEEP)
def test_nesting_of_any_depth_is_read_or_refused(answer, depth, client_of):
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        body = (answer % (opening * depth + "1" + closing * depth)).encode()
        for name in ("loan_info", "loan_history", "collateral_assets"):
            read_or_refused(client_of(CannedAdapter(body)), name)


# Headers


HEADERS = [
    {"Date": "Mon, 01 Jan 0001 00:00:00 +2359"},
    {"Date": "Fri, 31 Dec 9999 23:59:59 -2359"},
    {"Date": "Mon, 99 Foo 2026 99:99:99 GMT"},
    {"Date": ","},
    {"Date": "0 0 0 0 0 +9999999999999999999"},
    {"Retry-After": "9" * 400},
    {"Retry-After": "-1"},
    {"Retry-After": "\u00b2"},
    {"Content-Type": "application/json; charset=no-such-charset"},
]


@pytest.mark.parametrize("status", [200, 429, 503])
@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_headers_that_make_no_sense_do_no_harm(headers, status, client_of):
    code = "0" if status == 200 else "50011"
    body = b'{"code": "%s", "msg": "", "data": []}' % code.encode()
    read_or_refused(client_of(CannedAdapter(body, status, **headers)), "loan_info")


@pytest.mark.parametrize("ahead", ["253402300799999", "-62135596800000", "0"])
def test_a_clock_at_the_end_of_time_is_an_error(ahead, client_of):
    body = json.dumps({"code": "50102", "data": [{"ts": ahead}]})
    adapter = CannedAdapter(body.encode(), 401)
    client = client_of(adapter)
    send = adapter.send

    def send_time(request, **options):
        adapter.body = body.replace("50102", "0" if "time" in request.url else "50102").encode()
        adapter.status = 200 if "time" in request.url else 401
        return send(request, **options)

    adapter.send = send_time
    for _ in range(2):
        read_or_refused(client, "loan_info")


# The wire


class OneAnswer(socketserver.ThreadingTCPServer):
    """Sends the same bytes to whoever asks, and hangs up."""

    daemon_threads = True
    allow_reuse_address = True
    answer = b""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65_536)
            self.request.sendall(self.server.answer)

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)

    def handle_error(self, request, client_address):
        """Say nothing: the client may have had enough."""


@pytest.fixture(scope="module")
def wire():
    with OneAnswer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def wired(wire, credentials):
    url = f"http://127.0.0.1:{wire.server_address[1]}"
    with new_session(url) as session:
        yield FlexibleLoanClient(
            credentials,
            base_url=url,
            session=session,
            pace=Unpaced(),
            timeout=1.0,
            sleep=lambda seconds: None,
        )


BODY = b'{"code": "0", "msg": "", "data": []}'
LINES = [
    b"Content-Length: 36",
    b"Content-Length: 1000",
    b"Content-Length: -1",
    b"Content-Length: 1, 2",
    b"Content-Length: x",
    b"Content-Encoding: gzip",
    b"Content-Encoding: deflate, gzip, gzip, gzip, gzip, gzip, gzip",
    b"Transfer-Encoding: chunked",
    b"Location: http://[",
    b"Location: \xff\xfe",
    b"Location: https://elsewhere.example/",
    b"Set-Cookie: \xff=;;;=,",
    b"Set-Cookie: a=b; expires=never",
    b"Date: \xff",
    b"Retry-After: 0",
    b": nothing",
    b"no colon",
    b" folded",
]
starts = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 204 None",
        b"HTTP/1.1 302 Found",
        b"HTTP/1.1 503 Busy",
        b"HTTP/1.1 99999 Much",
        b"HTTP/9.9 200",
        b"ICY 200",
        b"",
    ]
)
heads = st.builds(
    lambda start, lines: b"\r\n".join([start, *lines, b"", b""]),
    starts,
    st.lists(st.sampled_from(LINES), max_size=3),
)


@settings(fuzzed, max_examples=60)
@given(head=heads | st.binary(max_size=40), body=st.just(BODY) | st.binary(max_size=40))
def test_any_bytes_on_the_wire_give_a_frame_or_an_error(head, body, wire, wired):
    wire.answer = head + body
    read_or_refused(wired, "loan_info")


@pytest.mark.parametrize("line", [b"Location: http://[", b"Location: \xff", LINES[10]])
def test_a_redirect_to_nowhere_is_an_error(line, wire, wired):
    wire.answer = b"HTTP/1.1 302 Found\r\n" + line + b"\r\n\r\n<html>Moved</html>"
    read_or_refused(wired, "loan_info")
