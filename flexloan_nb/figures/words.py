"""What figures and panels say, in English and Chinese, from one table.

The Chinese terms of the exchange's own fields and event types are those of its API page. A field
has its name with the endpoint's before it, as one name can mean two things:
``max_loan.notionalUsd`` is not ``collateral_assets.notionalUsd``. An event type has its bare
name, ``repaid``.
"""

# ruff: noqa: RUF001  Chinese texts have Chinese punctuation

import os
from collections.abc import Iterator, Mapping

from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.panel_words import PANEL_WORDS
from flexloan_nb.figures.risk_words import RISK_WORDS

__all__ = ["LANGUAGES", "Words", "words"]

LANGUAGES = ("en", "zh")
_VARIABLE = "FLEXLOAN_LANG"

_EVENT_TYPES = {
    "borrowed": ("Borrowed", "借入"),
    "repaid": ("Repaid", "还币"),
    "collateral_locked": ("Collateral locked", "锁定质押物"),
    "collateral_released": ("Collateral released", "释放质押物"),
    "forced_repayment_buy": ("Forced repayment, buy", "自动换币买入"),
    "forced_repayment_sell": ("Forced repayment, sell", "自动换币卖出"),
    "forced_liquidation": ("Forced liquidation", "强制平仓"),
    "partial_liquidation": ("Partial liquidation", "强制减仓"),
    "sell_collateral": ("Sell collateral", "卖出质押资产"),
    "buy_transition_coin": ("Buy transition coin", "购买中介币种"),
    "sell_transition_coin": ("Sell transition coin", "卖出中介币种"),
    "buy_borrowed_coin": ("Buy borrowed coin", "购买借币币种"),
}

_FIELDS = {
    "borrow_currencies.borrowCcy": ("Borrowable currency", "可借币种"),
    "collateral_assets.ccy": ("Currency", "币种"),
    "collateral_assets.amt": ("Available amount", "可用数量"),
    "collateral_assets.notionalUsd": ("Value in USD", "可抵押资产的美金价值"),
    "max_loan.borrowCcy": ("Currency to borrow", "借币币种"),
    "max_loan.maxLoan": ("Maximum available loan", "最大可借数量"),
    "max_loan.notionalUsd": ("Maximum available loan in USD", "最大可借美元价值"),
    "max_loan.remainingQuota": ("Remaining quota", "剩余可借额度"),
    "max_collateral_redeem_amount.ccy": ("Collateral currency", "抵押物币种"),
    "max_collateral_redeem_amount.maxRedeemAmt": (
        "Maximum collateral redeem amount",
        "抵押物最大可赎回数量",
    ),
    "adjust_collateral.type": ("Operation type", "操作类型"),
    "adjust_collateral.collateralCcy": ("Collateral currency", "抵押物币种"),
    "adjust_collateral.collateralAmt": ("Collateral amount", "抵押物数量"),
    "loan_info.loanNotionalUsd": ("Loan value in USD", "借币资产美金价值"),
    "loan_info.collateralNotionalUsd": ("Collateral value in USD", "抵押资产美金价值"),
    "loan_info.curLTV": ("Current LTV", "当前质押率"),
    "loan_info.marginCallLTV": ("Margin call LTV", "预警质押率"),
    "loan_info.liqLTV": ("Liquidation LTV", "强平质押率"),
    "loan_info.riskWarningData.instId": ("Liquidation instrument", "清算交易产品"),
    "loan_info.riskWarningData.liqPx": ("Liquidation price", "清算价格"),
    "loan_legs.ccy": ("Currency", "币种"),
    "loan_legs.amt": ("Amount", "数量"),
    "loan_history.ts": ("Time of the action", "操作发生时间"),
    "loan_history.refId": ("Reference ID", "对应记录ID"),
    "loan_history.type": ("Action type", "操作类型"),
    "loan_history.ccy": ("Currency", "币种"),
    "loan_history.amt": ("Amount", "数量"),
    "interest_accrued.ts": ("Time of accrual", "计息时间"),
    "interest_accrued.refId": ("Reference ID", "对应记录ID"),
    "interest_accrued.ccy": ("Loan currency", "币种"),
    "interest_accrued.loan": ("Loan when interest was calculated", "计息时负债"),
    "interest_accrued.interest": ("Interest", "利息"),
    "interest_accrued.interestRate": ("Annual rate", "年化利率"),
}

_OWN = {
    "time": ("Time (UTC)", "时间（UTC）"),
    "ltv": ("LTV", "质押率"),
    "order": ("Order", "订单"),
    "debt": ("Debt", "负债"),
    "collateral": ("Collateral", "质押物"),
    "in_all": ("in all", "累计"),
    "this_hour": ("this hour", "本小时"),
    "interest_since": ("Interest accrued since {since} UTC", "自 {since} UTC 起的累计利息"),
    "no_interest": ("No interest accrued", "无计息记录"),
    "rate_axis": ("Annual rate, simple (%)", "年化利率，单利（%）"),
    "rate_title": ("Interest rate that was charged, simple annual", "计息年化利率（单利）"),
    "no_rate": ("No interest rate was charged", "无利率记录"),
    "ltv_title": ("Loan to value (LTV) and its thresholds", "质押率（LTV）及其阈值"),
    "no_ltv": ("No LTV history", "无质押率历史"),
}

_TABLE = _EVENT_TYPES | _FIELDS | _OWN | RISK_WORDS | PANEL_WORDS


class Words(Mapping[str, str]):
    """Texts of one language by their keys; a key that is not in the table is an error."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._column = LANGUAGES.index(lang)

    def __getitem__(self, key: str) -> str:
        return _TABLE[key][self._column]

    def __iter__(self) -> Iterator[str]:
        return iter(_TABLE)

    def __len__(self) -> int:
        return len(_TABLE)


def words(lang: str | None = None) -> Words:
    """Return the texts of a language.

    Parameters
    ----------
    lang : {"en", "zh"}, optional
        By default what the environment variable ``FLEXLOAN_LANG`` says, else English.

    Raises
    ------
    InvalidArgumentError
        The language is another one.

    Examples
    --------
    What does the exchange call the LTV at which it warns?

    >>> words("zh")["loan_info.marginCallLTV"]
    '预警质押率'
    """
    chosen = lang if lang is not None else os.environ.get(_VARIABLE) or "en"
    if chosen not in LANGUAGES:
        raise InvalidArgumentError(
            f"The language is {chosen!r}: give lang='en' or lang='zh' (or set {_VARIABLE})."
        )
    return Words(chosen)
