"""Both languages say everything, and the exchange's own terms are in them."""

import string

import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.api.endpoints import ENDPOINTS, LOAN_LEGS
from flexloan_nb.figures.words import LANGUAGES, words

# The event types as OKX's page has them in Chinese, copied from it.
ON_THE_PAGE = """
`borrowed`：借入
`repaid`：还币
`collateral_locked`：锁定质押物
`collateral_released`：释放质押物
`forced_repayment_buy`：自动换币买入
`forced_repayment_sell`：自动换币卖出
`forced_liquidation`：强制平仓
`partial_liquidation`：强制减仓
`sell_collateral`：卖出质押资产
`buy_transition_coin`：购买中介币种
`sell_transition_coin`：卖出中介币种
`buy_borrowed_coin`：购买借币币种
"""  # noqa: RUF001  Chinese texts have Chinese punctuation


def placeholders(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_empty(lang):
    assert all(words(lang).values())


def test_both_languages_fill_in_the_same():
    english, chinese = words("en"), words("zh")
    assert set(english) == set(chinese)
    for key in english:
        assert placeholders(english[key]) == placeholders(chinese[key]), key


def test_event_types_are_called_as_on_the_page():
    pairs = [line.replace("`", "").split("：") for line in ON_THE_PAGE.split()]  # noqa: RUF001  as on the page
    assert len(pairs) == 12
    assert {kind: words("zh")[kind] for kind, _ in pairs} == dict(pairs)


def test_every_column_of_the_loan_endpoints_has_a_name():
    tables = [e.table for e in ENDPOINTS.values() if "flexible-loan" in e.path] + [LOAN_LEGS]
    ours = {"ordId", "side"}  # not on the page: orders came after it, sides are this package's
    columns = {f"{t.name}.{c.name}" for t in tables for c in t.columns if c.name not in ours}
    assert len(columns) > 30
    assert columns <= set(words())


def test_the_language_comes_from_the_environment_unless_it_is_given(monkeypatch):
    monkeypatch.setenv("FLEXLOAN_LANG", "zh")
    assert words()["repaid"] == "还币"
    assert words("en")["repaid"] == "Repaid"
    monkeypatch.delenv("FLEXLOAN_LANG")
    assert words()["repaid"] == "Repaid"


@pytest.mark.parametrize("lang", ["de", "EN", "", "zh-CN"])
def test_another_language_is_refused_and_the_two_are_named(lang):
    with pytest.raises(InvalidArgumentError, match="lang='en' or lang='zh'"):
        words(lang)


def test_a_text_that_is_not_there_is_an_error():
    with pytest.raises(KeyError, match="no_such_text"):
        words()["no_such_text"]
