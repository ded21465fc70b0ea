"""One way to every exchange: embedded, simulated over HTTP, or live."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flexloan_nb.api.accounts import Accounts
from flexloan_nb.api.address import checked_address
from flexloan_nb.api.client import FlexibleLoanClient
from flexloan_nb.api.credentials import Credentials
from flexloan_nb.api.endpoints import SIMULATOR_KEY
from flexloan_nb.api.envelope import Row
from flexloan_nb.api.pace import Unpaced
from flexloan_nb.api.transport import Transport, new_session
from flexloan_nb.errors import InvalidArgumentError, ResponseFormatError

if TYPE_CHECKING:
    from flexloan_nb.sim import Gateway, SimulatedExchange

__all__ = ["connect", "connect_many"]

# A name that RFC 6761 keeps from ever resolving: without the adapter, nothing would leave.
_EMBEDDED_URL = "https://simulator.invalid"


def connect(
    source: "str | SimulatedExchange | Gateway" = "simulator", *, seed: int = 7, **options: Any
) -> FlexibleLoanClient:
    """Return a client of an exchange; the same client, wherever it is.

    Parameters
    ----------
    source : str, SimulatedExchange or Gateway
        - ``"simulator"``: an embedded exchange of its own, in this process, without a key.
        - a `SimulatedExchange`: that one, so that you can advance its clock or move its prices.
        - a `Gateway` of one: so that you can let requests fail through ``gateway.faults``.
        - ``"http://127.0.0.1:8080"``: a running ``flexloan simulate``.
        - ``"live"``: OKX, with the key in ``OKX_API_KEY``, ``OKX_SECRET_KEY`` and
          ``OKX_PASSPHRASE``.
    seed : int
        Of the embedded exchange's market, for ``"simulator"``.
    **options
        For `FlexibleLoanClient`, e.g. ``numbers="decimal"`` or ``allow_trading=True``.

    Raises
    ------
    CredentialsError
        ``"live"``, and parts of the key are not set.
    TransportError
        Nothing listens at the address.
    InvalidArgumentError
        There is no such source.

    Examples
    --------
    >>> connect("simulator")
    FlexibleLoanClient('https://simulator.invalid')
    """
    if source == "live":
        return FlexibleLoanClient(Credentials.from_env(), **options)
    if isinstance(source, str) and source.startswith("http://"):
        return FlexibleLoanClient(_handed_out_by(source), base_url=source, **options)
    from flexloan_nb.sim import Gateway, SimulatedExchange

    if source == "simulator":
        source = SimulatedExchange(seed=seed)
    if isinstance(source, SimulatedExchange):
        source = Gateway(source, paced=False)
    if isinstance(source, Gateway):
        return _embedded(source, options)
    raise InvalidArgumentError(
        f"source is {source!r}: choose 'simulator', 'live', or the http:// address that "
        "flexloan simulate prints."
    )


def connect_many(credentials: Mapping[str, Credentials], **options: Any) -> Accounts:
    """Return the live accounts of several keys, such as those of sub-accounts, as one.

    Parameters
    ----------
    credentials : mapping of str to Credentials
        The accounts' keys, by the name that each is to have in the frames.
    **options
        For every account's `FlexibleLoanClient`.

    Raises
    ------
    InvalidArgumentError
        There are no keys.
    CredentialsError
        A part of a key cannot be right.

    Examples
    --------
    >>> from flexloan_nb import Credentials
    >>> connect_many({"main": Credentials("k1", "s1", "p1"), "sub": Credentials("k2", "s2", "p2")})
    Accounts(main, sub)
    """
    return Accounts({name: FlexibleLoanClient(key, **options) for name, key in credentials.items()})


def _embedded(gateway: "Gateway", options: dict[str, Any]) -> FlexibleLoanClient:
    """Return a client that calls the exchange in process, and signs with its clock."""
    from flexloan_nb.sim import SimulatorAdapter

    key = gateway.issue_key()
    session = new_session(_EMBEDDED_URL)
    session.mount(_EMBEDDED_URL, SimulatorAdapter(gateway))
    return FlexibleLoanClient(
        Credentials(key.api_key, key.secret_key, key.passphrase),
        base_url=_EMBEDDED_URL,
        session=session,
        clock=gateway.exchange.now,
        pace=Unpaced(),
        **options,
    )


def _handed_out_by(simulator_url: str) -> Credentials:
    """Ask a simulator on this machine for its throw-away key."""
    address = checked_address(simulator_url)
    transport = Transport(address, new_session(address), Unpaced(), (5.0, 5.0))
    credentials = _credentials_in(transport.send(SIMULATOR_KEY, {}).rows)
    if credentials is None:  # raised here, where no local variable has a part of the key
        raise ResponseFormatError(
            SIMULATOR_KEY.name, 200, f"{simulator_url} hands out no key", "Is it a simulator?"
        )
    return credentials


def _credentials_in(rows: list[Row]) -> Credentials | None:
    try:
        return Credentials(*(rows[0][column.name] for column in SIMULATOR_KEY.table.columns))
    except LookupError:
        return None
