import copy
import pickle
import sys
import traceback

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, NoKeyringError

from flexloan_nb import Credentials, CredentialsError, FlexibleLoanClient, connect

SECRETS = ("my-key-1a", "my-secret-2b", "my-passphrase-3c")
VARIABLES = ("OKX_API_KEY", "OKX_SECRET_KEY", "OKX_PASSPHRASE")
PARTS = ("api_key", "secret_key", "passphrase")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for variable, secret in zip(VARIABLES, SECRETS, strict=True):
        monkeypatch.setenv(variable, secret)
    return monkeypatch


def test_keys_come_from_the_environment():
    assert Credentials.from_env() == Credentials(*SECRETS)


@pytest.mark.parametrize("missing", [["OKX_PASSPHRASE"], ["OKX_API_KEY", "OKX_SECRET_KEY"]])
@pytest.mark.parametrize("empty", [True, False])
def test_the_error_names_exactly_what_is_missing(missing, empty, environment):
    for variable in missing:
        environment.setenv(variable, "") if empty else environment.delenv(variable)
    with pytest.raises(CredentialsError) as caught:
        Credentials.from_env()
    for variable in VARIABLES:
        assert (variable in str(caught.value)) == (variable in missing)


def test_nothing_shows_a_secret():
    credentials = Credentials(*SECRETS)
    shown = f"{credentials!r} {credentials} {[credentials]} {credentials!a}"
    assert not any(secret in shown for secret in SECRETS)
    assert not hasattr(credentials, "__dict__")


def test_credentials_are_not_pickled():
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Credentials(*SECRETS))
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(Credentials(*SECRETS))


@pytest.mark.parametrize("value", ["", " hunter2", "hunter2 ", "hunter2\n", "hüntér2", None, 5])
def test_a_part_that_cannot_be_right_is_named_without_being_shown(value):
    credentials = Credentials("my-key", "my-secret", value)
    with pytest.raises(CredentialsError, match=r"^passphrase (is|has|begins)") as caught:
        FlexibleLoanClient(credentials)
    assert "2" not in str(caught.value)
    assert "5" not in str(caught.value)


@pytest.mark.parametrize("passphrase", [None, "my-passphrase-3c "])
def test_a_traceback_with_local_variables_shows_no_secret(passphrase, environment):
    if passphrase is None:
        environment.delenv("OKX_PASSPHRASE")
    else:
        environment.setenv("OKX_PASSPHRASE", passphrase)
    with pytest.raises(CredentialsError) as caught:
        connect("live")
    below_this_test = caught.value.__traceback__.tb_next
    trace = traceback.TracebackException(
        CredentialsError, caught.value, below_this_test, capture_locals=True
    )
    shown = "".join(trace.format())
    assert "from_env" in shown or "require_sendable" in shown
    assert not any(secret in shown for secret in SECRETS)


class FakeKeyring(KeyringBackend):
    """Keeps what it was given; raises ``trouble`` instead, where there is one."""

    priority = 0

    def __init__(self, stored, trouble=None):
        self.stored = stored
        self.trouble = trouble

    def get_password(self, service, username):
        if self.trouble:
            raise self.trouble
        return self.stored.get((service, username))

    def set_password(self, service, username, password):
        self.stored[service, username] = password


@pytest.fixture
def mount_keyring():
    """Return a function that puts a keyring in the place of the system's."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def stored(*parts):
    return {
        ("flexloan_nb", part): secret
        for part, secret in zip(PARTS, SECRETS, strict=True)
        if part in parts
    }


def test_keys_come_from_the_system_keyring(mount_keyring):
    mount_keyring(FakeKeyring({}))
    for part, secret in zip(PARTS, SECRETS, strict=True):
        keyring.set_password("flexloan_nb", part, secret)
    assert Credentials.from_keyring() == Credentials(*SECRETS)


@pytest.mark.parametrize("held", [(), ("api_key",), ("api_key", "passphrase")])
def test_the_error_names_exactly_what_the_keyring_lacks(held, mount_keyring):
    mount_keyring(FakeKeyring(stored(*held)))
    with pytest.raises(CredentialsError, match="keyring set flexloan_nb") as caught:
        Credentials.from_keyring()
    named = str(caught.value).partition(". ")[0]
    for part in PARTS:
        assert (part in named) == (part not in held)


@pytest.mark.parametrize("trouble", [NoKeyringError("none"), KeyringLocked("my-secret-2b")])
def test_a_keyring_that_cannot_be_read_says_what_to_do(trouble, mount_keyring):
    mount_keyring(FakeKeyring(stored(*PARTS), trouble))
    with pytest.raises(CredentialsError, match=r"Unlock it.*OKX_API_KEY") as caught:
        Credentials.from_keyring()
    assert type(trouble).__name__ in str(caught.value)
    assert caught.value.__context__ is None


def test_without_the_library_the_error_says_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)  # as Python marks what cannot be imported
    with pytest.raises(CredentialsError, match="pip install keyring"):
        Credentials.from_keyring()


def test_a_traceback_of_the_keyring_shows_no_secret(mount_keyring):
    mount_keyring(FakeKeyring(stored("api_key", "secret_key")))
    with pytest.raises(CredentialsError) as caught:
        Credentials.from_keyring()
    below_this_test = caught.value.__traceback__.tb_next
    trace = traceback.TracebackException(
        CredentialsError, caught.value, below_this_test, capture_locals=True
    )
    shown = "".join(trace.format())
    assert "from_keyring" in shown
    assert not any(secret in shown for secret in SECRETS)
