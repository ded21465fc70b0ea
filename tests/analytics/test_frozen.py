"""A frozen mapping is read, compared, hashed and pickled, and never changed."""

import pickle

import pytest

from flexloan_nb.analytics.frozen import FrozenMapping

AMOUNTS = FrozenMapping({"BTC": 1.0, "ETH": 2.0})


def test_it_equals_the_mapping_that_it_was_made_of():
    assert AMOUNTS == {"BTC": 1.0, "ETH": 2.0}
    assert AMOUNTS != {"BTC": 1.0}


def test_equal_ones_have_equal_hashes_in_any_order():
    assert hash(AMOUNTS) == hash(FrozenMapping({"ETH": 2.0, "BTC": 1.0}))


def test_it_survives_a_pickle():
    assert pickle.loads(pickle.dumps(AMOUNTS)) == AMOUNTS


def test_it_is_apart_from_what_it_was_made_of():
    source = {"BTC": 1.0}
    frozen = FrozenMapping(source)
    source["BTC"] = 2.0
    assert frozen["BTC"] == 1.0


def test_it_cannot_be_changed():
    with pytest.raises(TypeError):
        AMOUNTS["BTC"] = 2.0
