"""What the tests of several rooms share."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from hypothesis import settings
from requests.adapters import BaseAdapter

from flexloan_nb import Credentials, FlexibleLoanClient
from flexloan_nb.api.pace import Unpaced

SAMPLES = Path(__file__).parent / "samples"

# A slow machine is not a failure: no test asserts a time, properties do not either.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Keep what is shared between processes apart from the user's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("key-of-tests", "secret-of-tests", "passphrase-of-tests")


@pytest.fixture
def client_of(credentials: Credentials) -> Callable[..., FlexibleLoanClient]:
    """Return a maker of clients whose exchange is an adapter."""

    def make(adapter: BaseAdapter, **options: object) -> FlexibleLoanClient:
        session = requests.Session()
        session.mount("https://", adapter)
        return FlexibleLoanClient(
            credentials,
            session=session,
            **{"pace": Unpaced(), "sleep": lambda seconds: None} | options,
        )

    return make


@pytest.fixture
def sample() -> Callable[[str], bytes]:
    """Return a reader of the example bodies on OKX's page, by endpoint."""
    return lambda endpoint: (SAMPLES / f"{endpoint}.json").read_bytes()
