import copy
import pickle
import traceback

import pytest

from flexloan_nb import Credentials, CredentialsError, FlexibleLoanClient, connect

SECRETS = ("my-key-1a", "my-secret-2b", "my-passphrase-3c")
VARIABLES = ("OKX_API_KEY", "OKX_SECRET_KEY", "OKX_PASSPHRASE")


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
