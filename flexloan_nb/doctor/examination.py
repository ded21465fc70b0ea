"""Asking an exchange, through the client's own transport, what a client would meet."""

import socket
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import requests
from requests.utils import select_proxy

from flexloan_nb.api.address import checked_address
from flexloan_nb.api.client import LIVE_URL
from flexloan_nb.api.credentials import Credentials
from flexloan_nb.api.endpoints import ACCOUNT_CONFIG, BORROW_CURRENCIES, ENDPOINTS, Endpoint
from flexloan_nb.api.pace import SharedPace
from flexloan_nb.api.signing import OkxAuth, utc_now
from flexloan_nb.api.transport import Transport, new_session
from flexloan_nb.connection import connect
from flexloan_nb.doctor.check import Check
from flexloan_nb.doctor.findings import (
    Reading,
    check_clock,
    check_dns,
    check_host,
    check_key,
    check_pace,
    check_reading,
    check_tls,
    check_trading,
    halves,
    is_accepted,
    is_out_of_reach,
)
from flexloan_nb.doctor.installation import examine_installation
from flexloan_nb.errors import CredentialsError, FlexLoanError, InvalidArgumentError

__all__ = ["examine"]

_TIMEOUT = (5.0, 10.0)

_OF_AN_ADDRESS = (
    "DNS",
    "TLS",
    "clock",
    "key present",
    "key accepted",
    "permission: read",
    "permission: trade",
    "pace left",
)
_EMBEDDED = "the embedded exchange is in this process"


def examine(
    source: str = "live",
    base_url: str = LIVE_URL,
    *,
    session: requests.Session | None = None,
    clock: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    look_up: Callable[..., Any] = socket.getaddrinfo,
) -> list[Check]:
    """Look at everything that a client of an exchange needs, and at this machine's JupyterLab.

    Parameters
    ----------
    source : str
        ``"live"``, ``"simulator"``, or the ``http://`` address of a running simulator.
    base_url : str
        Address of the live exchange.
    session : requests.Session, optional
        For the live exchange; to bring proxies, certificates or adapters of your own.
    clock : callable, optional
        Returns the time to sign with for the live exchange.
    sleep : callable, optional
        Waits between two attempts of a call.
    look_up : callable, optional
        Finds the addresses of a host as `socket.getaddrinfo` does.

    Returns
    -------
    list of Check
        In the order in which one thing needs another.

    Examples
    --------
    >>> [check.status for check in examine("simulator") if check.name == "key accepted"]
    ['ok']
    """
    if source == "live":
        exchange = _examine_live(base_url, session, clock, sleep, look_up)
    elif source == "simulator":
        exchange = _examine_embedded()
    else:
        exchange = _examine_simulator(source, sleep)
    return [*exchange, *examine_installation()]


def _examine_live(
    base_url: str,
    session: requests.Session | None,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    look_up: Callable[..., Any],
) -> list[Check]:
    try:
        address = checked_address(base_url)
    except InvalidArgumentError as error:
        return _no_address(error)
    credentials, key = _find_key()
    pace, unshared = _pace_files(credentials)
    waits = _waits(pace, list(ENDPOINTS.values()) if credentials else _public())
    opened = session or new_session(address)
    auth = OkxAuth(credentials, clock, demo=False) if credentials else None
    transport = Transport(address, opened, pace, _TIMEOUT, auth, sleep)
    reading = _measured(transport.server_time, clock)
    asks = credentials is not None and not is_out_of_reach(reading)
    answer = _tried(lambda: transport.send(BORROW_CURRENCIES, {})) if asks else None
    granted = _tried(lambda: _permissions(transport)) if is_accepted(answer) else None
    checks = [
        check_host(address, reading),
        check_dns(address, select_proxy(address, opened.proxies), look_up),
        check_tls(address, reading, opened.verify),
        check_clock(reading),
        key,
        check_key(answer),
        check_reading(answer),
        check_trading(granted),
        check_pace(waits, unshared),
    ]
    return [_without_secrets(check, credentials) for check in checks]


def _examine_simulator(url: str, sleep: Callable[[float], None]) -> list[Check]:
    try:
        address = checked_address(url)
        client = _tried(lambda: connect(address, timeout=_TIMEOUT, sleep=sleep))
    except InvalidArgumentError as error:
        return _no_address(error)
    pace, unshared = _pace_files(None)
    waits = _waits(pace, _public())
    reading: Reading | FlexLoanError
    if isinstance(client, FlexLoanError):
        reading, answer = client, None
        key = Check("key present", "skipped", "a simulator that answers hands one out")
    else:
        reading = _measured(client.market.server_time, utc_now)
        answer = _tried(client.borrow_currencies)
        key = Check("key present", "ok", "handed out by the simulator")
    return [
        check_host(address, reading),
        Check("DNS", "skipped", "the address is this machine's"),
        check_tls(address, reading, True),
        Check("clock", "skipped", "a simulator keeps its own time and takes this machine's, too"),
        key,
        check_key(answer),
        check_reading(answer),
        check_trading(None),
        check_pace(waits, unshared),
    ]


def _examine_embedded() -> list[Check]:
    from flexloan_nb.sim import SimulatedExchange

    exchange = SimulatedExchange()
    client = connect(exchange)
    answer = _tried(client.borrow_currencies)
    return [
        *(Check(name, "skipped", _EMBEDDED) for name in ("host", "DNS", "TLS")),
        check_clock(_measured(client.market.server_time, exchange.now)),
        Check("key present", "ok", "issued by the embedded exchange"),
        check_key(answer),
        check_reading(answer),
        check_trading(None),
        Check("pace left", "skipped", "the embedded exchange has no limits"),
    ]


def _no_address(error: InvalidArgumentError) -> list[Check]:
    fix = "Give the address of your account's site, e.g. https://eea.okx.com, or of a simulator."
    skipped = [Check(name, "skipped", "there is no address to ask") for name in _OF_AN_ADDRESS]
    return [Check("host", "failed", str(error), fix), *skipped]


def _tried(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or the error of this package that it raises."""
    try:
        return call()
    except InvalidArgumentError:
        raise  # tells of the caller, not of the exchange
    except FlexLoanError as error:
        return error


def _measured(
    server_time: Callable[[], datetime], clock: Callable[[], datetime]
) -> Reading | FlexLoanError:
    """Compare two clocks; the exchange's was read at some moment of the call."""
    began = clock()
    theirs = _tried(server_time)
    if isinstance(theirs, FlexLoanError):
        return theirs
    margin = (clock() - began) / 2
    return Reading((theirs - began - margin).total_seconds(), margin.total_seconds())


def _permissions(transport: Transport) -> set[str]:
    rows = transport.send(ACCOUNT_CONFIG, {}).rows
    return {name for row in rows for name in str(row.get("perm", "")).split(",") if name}


def _find_key() -> tuple[Credentials | None, Check]:
    """Return the key in the environment or else in the system keyring, and the finding."""
    try:
        credentials, found = Credentials.from_env(), "in the environment"
    except CredentialsError as error:
        try:
            credentials = Credentials.from_keyring()
        except CredentialsError:
            return None, Check("key present", "failed", *halves(str(error)))
        lacking, _ = halves(str(error))
        found = f"in the system keyring, for Credentials.from_keyring(). {lacking}"
    try:
        credentials.require_sendable()
    except CredentialsError as error:
        fix = "Copy that part of the key again."
        return None, Check("key present", "failed", f"{found}, but {error}", fix)
    return credentials, Check("key present", "ok", found)


def _without_secrets(check: Check, credentials: Credentials | None) -> Check:
    """Hide every part of the key: what the exchange says may repeat one."""
    if credentials is None:
        return check
    found, fix = check.found, check.fix
    for part in (credentials.secret_key, credentials.passphrase, credentials.api_key):
        found, fix = found.replace(part, "<hidden>"), fix.replace(part, "<hidden>")
    return replace(check, found=found, fix=fix)


def _pace_files(credentials: Credentials | None) -> tuple[SharedPace, str]:
    """Return the files of a key, and why they are not shared, if they are not."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pace = SharedPace(credentials.api_key if credentials else "")
    return pace, "".join(str(warning.message) for warning in caught)


def _public() -> list[Endpoint]:
    return [endpoint for endpoint in ENDPOINTS.values() if endpoint.permission == "public"]


def _waits(pace: SharedPace, endpoints: list[Endpoint]) -> dict[str, float]:
    return {endpoint.name: pace.left(endpoint) for endpoint in endpoints}
