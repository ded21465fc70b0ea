import copy
import pickle

import pytest

from flexloan_nb import Credentials, CredentialsError

SECRETS = ("my-key", "my-secret", "my-passphrase")
ENVIRONMENT = dict(zip(("OKX_API_KEY", "OKX_SECRET_KEY", "OKX_PASSPHRASE"), SECRETS, strict=True))


def test_keys_come_from_the_environment():
    assert Credentials.from_env(ENVIRONMENT) == Credentials(*SECRETS)


@pytest.mark.parametrize("missing", [["OKX_PASSPHRASE"], ["OKX_API_KEY", "OKX_SECRET_KEY"]])
@pytest.mark.parametrize("empty", [True, False])
def test_the_error_names_exactly_what_is_missing(missing, empty):
    environment = {name: value for name, value in ENVIRONMENT.items() if name not in missing}
    if empty:
        environment |= dict.fromkeys(missing, "")
    with pytest.raises(CredentialsError) as caught:
        Credentials.from_env(environment)
    for name in ENVIRONMENT:
        assert (name in str(caught.value)) == (name in missing)


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
    with pytest.raises(CredentialsError, match=r"^passphrase (is|has|begins)") as caught:
        Credentials("my-key", "my-secret", value)
    assert "2" not in str(caught.value)
    assert "5" not in str(caught.value)
