"""A session of the user's own: what of it is used, and what it is refused for."""

import pytest
import requests
from fakes import CannedAdapter
from requests.adapters import HTTPAdapter

from flexloan_nb import FlexibleLoanClient, InvalidArgumentError
from flexloan_nb.api.pace import Unpaced

LIVE = "https://www.okx.com"


def client_of(session, credentials):
    return FlexibleLoanClient(
        credentials, base_url=LIVE, session=session, pace=Unpaced(), sleep=lambda seconds: None
    )


def with_auth(session):
    session.auth = ("name", "password")


def with_params(session):
    session.params = {"lang": "en"}


def with_hooks(session):
    session.hooks["response"].append(print)


def with_retries(session):
    session.mount("https://", HTTPAdapter(max_retries=3))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_auth, "has auth"),
        (with_params, "has params"),
        (with_hooks, "has hooks"),
        (with_retries, "repeats requests"),
    ],
)
def test_what_would_be_passed_over_or_do_harm_is_refused(change, words, credentials):
    session = requests.Session()
    client_of(session, credentials)
    change(session)
    with pytest.raises(InvalidArgumentError, match=words) as caught:
        client_of(session, credentials)
    assert "password" not in str(caught.value)


@pytest.fixture
def adapter(sample):
    return CannedAdapter(sample("loan_info"), **{"Set-Cookie": "theirs=1"})


def test_its_headers_are_sent_and_cannot_take_the_place_of_ours(adapter, credentials):
    session = requests.Session()
    session.mount(LIVE, adapter)
    session.headers.update({"X-Mine": "1", "content-type": "text/csv", "ok-access-key": "another"})
    client_of(session, credentials).max_loan("USDT")
    headers = adapter.requests[0].headers
    assert headers["X-Mine"] == "1"
    assert headers["Content-Type"] == "application/json"
    assert headers["OK-ACCESS-KEY"] == credentials.api_key


def test_its_cookies_are_neither_sent_nor_kept(adapter, credentials):
    session = requests.Session()
    session.mount(LIVE, adapter)
    session.cookies.set("mine", "1")
    client_of(session, credentials).loan_info()
    assert "Cookie" not in adapter.requests[0].headers
    assert session.cookies.get_dict() == {"mine": "1"}


def test_its_proxies_and_certificates_are_used(credentials, sample):
    seen = {}

    class Seeing(CannedAdapter):
        def send(self, request, **options):
            seen.update(options)
            return super().send(request)

    session = requests.Session()
    session.trust_env = False
    session.mount(LIVE, Seeing(sample("loan_info")))
    session.proxies, session.verify, session.cert = {"https": "http://proxy:1"}, "/ca", "/cert"
    client_of(session, credentials).loan_info()
    assert seen["proxies"] == {"https": "http://proxy:1"}
    assert (seen["verify"], seen["cert"]) == ("/ca", "/cert")
