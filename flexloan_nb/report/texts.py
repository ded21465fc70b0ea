"""What a report says, in English and Chinese, from one table."""

# ruff: noqa: RUF001  Chinese texts have Chinese punctuation

from typing import Any, Final

import pandas as pd

from flexloan_nb.figures.words import words

__all__ = ["Texts", "texts"]

_TITLES: Final = {
    "title": ("Flexible Loan report", "活期借币报告"),
    "subtitle": ("As of {time} UTC · {source} · {scope}", "截至 {time} UTC · {source} · {scope}"),
    "simulated_source": ("the embedded exchange (simulated)", "内置模拟交易所"),
    "simulated_banner": (
        "Simulated: this loan is one of the embedded exchange. No real assets are shown.",
        "模拟数据：此借贷来自内置模拟交易所，并非真实资产。",
    ),
    "all_orders": ("all orders of the account", "账户全部订单"),
    "contents": ("Contents", "目录"),
    "skip": ("Skip to the report", "跳到正文"),
    "needs_script": (
        "Figures are drawn by a script in this file, which does not run here. The tables have "
        "the same numbers.",
        "图表由本文件内的脚本绘制，当前未运行；表格含有相同的数据。",
    ),
    "failed": ("This part could not be made: {reason}", "此部分无法生成：{reason}"),
    "footer": (
        "Made by flexloan_nb. This file contacts no server, and holds no key.",
        "由 flexloan_nb 生成。本文件不连接任何服务器，也不含任何密钥。",
    ),
    "section_status": ("How close the loan is", "当前风险"),
    "section_coins": ("What is pledged and owed", "质押与负债"),
    "section_prices": ("Liquidation prices", "强平价格"),
    "section_collateral": ("What the collateral consists of", "质押物构成"),
    "section_sensitivity": ("If prices change", "价格敏感度"),
    "section_remedies": ("What would make it safer", "降低质押率的方案"),
    "section_history": ("How it came here", "质押率历史"),
    "section_cost": ("What it cost", "借币成本"),
    "section_audit": ("Was the interest right?", "利息核对"),
    "section_runway": ("If nothing is done", "不作操作时"),
    "section_sales": ("Forced sales", "强制平仓记录"),
    "section_stress": ("In the falls of the past", "历史行情压力测试"),
    "section_books": ("Do the books balance?", "账目核对"),
    "section_assumptions": ("Assumptions and limits", "假设与局限"),
    "section_versions": ("Made with", "软件版本"),
}

_COLUMNS: Final = {
    "order": ("Order", "订单"),
    "side": ("Side", "方向"),
    "side_collateral": ("collateral", "质押"),
    "side_loan": ("debt", "负债"),
    "coin": ("Coin", "币种"),
    "amount": ("Amount", "数量"),
    "price_usd": ("Price, USD", "价格（USD）"),
    "value_usd": ("Value, USD", "价值（USD）"),
    "market_usd": ("Market value, USD", "市值（USD）"),
    "counted_usd": ("Counts for, USD", "折算价值（USD）"),
    "kept": ("Share that counts", "折算率"),
    "share": ("Part of the whole", "占比"),
    "call_price": ("Margin call at, USD", "预警价格（USD）"),
    "sale_price": ("Liquidation at, USD", "强平价格（USD）"),
    "distance": ("Distance", "距强平"),
    "remark": ("Remark", "备注"),
    "change": ("Change of price", "价格变动"),
    "together": ("All together", "全部同步"),
    "alone": ("{ccy} alone", "仅 {ccy}"),
    "plan": ("What to do", "操作"),
    "since": ("Since", "起始"),
    "lowest": ("Lowest LTV", "最低质押率"),
    "highest": ("Highest LTV", "最高质押率"),
    "at": ("At (UTC)", "时间（UTC）"),
    "time": ("Time (UTC)", "时间（UTC）"),
    "event": ("Event", "事件"),
    "against_index": ("Against the index", "相对指数"),
    "interest": ("Interest", "利息"),
    "interest_usd": ("Interest, USD", "利息（USD）"),
    "closing": ("Amount now", "当前数量"),
    "residual": ("Unexplained", "差额"),
    "balanced": ("Balances", "是否平衡"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "older": ("older than the records", "早于记录"),
    "hours": ("Hours", "小时数"),
    "average_debt": ("Average debt", "平均负债"),
    "apr": ("APR, simple", "年化（单利）"),
    "apy": ("APY, compounded", "年化（复利）"),
    "quoted": ("Quoted rate", "交易所报价利率"),
    "month": ("Month", "月份"),
    "total": ("total", "合计"),
    "expected": ("By the rule", "按规则应计"),
    "finding": ("Finding", "结论"),
    "days_to_call": ("Days to the margin call", "距预警天数"),
    "days_to_sale": ("Days to liquidation", "距强平天数"),
    "episode": ("Like", "情景"),
    "ltv_close": ("LTV at the closes", "收盘价时质押率"),
    "ltv_low": ("LTV at the lows", "最低价时质押率"),
    "then": ("Then", "状态"),
    "shortfall": ("To repay at the lows, USD", "最低价时需偿还（USD）"),
    "by_beta": ("Estimated", "估算币种"),
    "software": ("Software", "软件"),
    "version": ("Version", "版本"),
}

_STANDING: Final = {
    "gauge": (
        "{order}: LTV {ltv}, margin call at {call}, liquidation at {sale}",
        "{order}：质押率 {ltv}，预警 {call}，强平 {sale}",
    ),
    "gauge_call": ("margin call", "预警"),
    "gauge_sale": ("liquidation", "强平"),
    "no_loan": ("There is no loan.", "当前没有借贷。"),
    "status_safe": (
        "{order}: LTV {ltv}, {to_call} points below the margin call at {call} and {to_sale} below "
        "liquidation at {sale}; {debt} USD are owed on {collateral} USD of collateral.",
        "{order}：质押率 {ltv}，距预警线 {call} 还有 {to_call} 个百分点，距强平线 {sale} 还有 "
        "{to_sale} 个百分点；负债 {debt} USD，质押物 {collateral} USD。",
    ),
    "status_called": (
        "{order}: margin call. LTV {ltv} is above {call}, and {to_sale} points below liquidation "
        "at {sale}; {debt} USD are owed on {collateral} USD of collateral.",
        "{order}：已触发预警。质押率 {ltv} 高于 {call}，距强平线 {sale} 仅 {to_sale} 个百分点；"
        "负债 {debt} USD，质押物 {collateral} USD。",
    ),
    "status_sold": (
        "{order}: liquidation. LTV {ltv} has reached {sale}; {debt} USD are owed on {collateral} "
        "USD of collateral.",
        "{order}：已触发强平。质押率 {ltv} 已达到 {sale}；负债 {debt} USD，质押物 "
        "{collateral} USD。",
    ),
    "falls": (
        "All collateral together may fall by {call} until the margin call, and by {sale} until "
        "liquidation.",
        "全部质押物同步下跌 {call} 将触发预警，下跌 {sale} 将触发强平。",
    ),
    "falls_never": (
        "No fall of the collateral alone leads to liquidation.",
        "仅质押物下跌不会导致强平。",
    ),
    "legs_caption": ("Coins of each order", "各订单币种"),
    "legs_note": (
        "The share that counts is what the exchange's discount rates leave of a collateral's "
        "market value.",
        "折算率为交易所对质押物市值的折算比例。",
    ),
    "ladder_caption": (
        "Prices at which each coin alone gets the loan called and liquidated, the others unchanged",
        "其他价格不变时，各币种单独触发预警与强平的价格",
    ),
    "reason_nothing is owed": ("nothing is owed", "无负债"),
    "reason_neither counts as collateral nor is owed": (
        "neither counts as collateral nor is owed",
        "不计入质押物，也非负债",
    ),
    "reason_already past the liquidation LTV": ("already liquidated", "已达到强平质押率"),
    "reason_moves debt and collateral alike": (
        "moves debt and collateral alike",
        "负债与质押物同步变动",
    ),
    "reason_the rest covers the debt even at a price of zero": (
        "the rest covers the debt even at a price of zero",
        "价格归零时其余质押物仍足以覆盖负债",
    ),
    "mix_caption": ("Collateral after discount rates", "折算后的质押物"),
    "sensitivity_caption": ("LTV after a change of prices", "价格变动后的质押率"),
}

_REMEDIES: Final = {
    "target_given": ("Target: an LTV of {target}.", "目标质押率：{target}。"),
    "target_assumed": (
        "Target, an assumption: an LTV of {target}, from which all collateral may fall by {fall} "
        "before a margin call.",
        "目标（假设）：质押率 {target}，即全部质押物下跌 {fall} 才触发预警。",
    ),
    "nothing_to_do": (
        "LTV {ltv} is at the target or below: nothing needs to be done.",
        "质押率 {ltv} 已不高于目标，无需操作。",
    ),
    "plans_caption": (
        "The least that each way takes, the least money first",
        "各方案所需的最少数量，按金额由少到多",
    ),
    "not_enough": (
        "Not enough is there for: {plans}.",
        "余额不足，无法实施：{plans}。",
    ),
    "remedies_note": (
        "Top-ups are limited to what the funding account holds. What it holds of the coins owed "
        "the exchange does not tell: for repayments as much as is needed is assumed. Sales are at "
        "index prices without costs. Nothing was moved.",
        "追加质押以资金账户余额为限。交易所不提供负债币种的余额，还款假定数量充足；"
        "卖出按指数价格且不计费用。报告未执行任何操作。",
    ),
    "action_top_up": ("Pledge more", "追加质押"),
    "action_repay": ("Repay", "还款"),
    "action_sell": ("Sell collateral and repay", "卖出质押物并还款"),
    "action_mix": ("Cheapest mix", "最省组合"),
    "action_none": ("Nothing", "无需操作"),
}

_PAST: Final = {
    "no_history": (
        "The records do not reach back far enough to tell.",
        "记录不足，无法重建。",
    ),
    "history_intro": (
        "The exchange keeps no history of the LTV. This one is reconstructed: from the amounts of "
        "now every event and every hour's interest is undone, and what is left is valued at the "
        "hour's index prices.",
        "交易所不保存质押率历史。此处由当前数量逐一撤销每笔事件与每小时利息，"
        "并按当时的指数价格估值重建。",
    ),
    "extremes_caption": ("Range of the LTV", "质押率范围"),
    "events_caption": (
        "Events, the newest {shown} of {all}",
        "事件（最新 {shown} 条，共 {all} 条）",
    ),
    "no_sales": (
        "Nothing was sold by force in the history that the exchange keeps.",
        "交易所保存的历史中没有强制卖出。",
    ),
    "sales_intro": (
        "Values are at index prices of the minute of the sale.",
        "价值按卖出当分钟的指数价格计算。",
    ),
    "sale": (
        "{kind}: {sold} were sold, worth {sold_usd} USD, and {settled} of debt were settled, worth "
        "{settled_usd} USD. The sale cost {cost_usd} USD, {cost_share} of what was sold; the "
        "borrower is poorer by {loss_usd} USD.",
        "{kind}：卖出 {sold}，价值 {sold_usd} USD；结清负债 {settled}，价值 {settled_usd} USD。"
        "卖出成本 {cost_usd} USD，占卖出价值的 {cost_share}；借款人损失 {loss_usd} USD。",
    ),
    "kind_partial_liquidation": ("Partial liquidation", "强制减仓"),
    "kind_forced_liquidation": ("Forced liquidation", "强制平仓"),
    "kind_forced_repayment": ("Forced repayment", "自动换币还款"),
    "sale_caption": ("What the sale consisted of", "卖出明细"),
    "books_agree": (
        "Yes: in all {hours} records of interest, the debt that the exchange printed agrees with "
        "the one that events and interest lead to (largest difference {worst} coins).",
        "是：全部 {hours} 条计息记录中，交易所列出的负债与由事件和利息推算的一致"
        "（最大差额 {worst} 个币）。",
    ),
    "books_differ": (
        "No: among {hours} records of interest there are debts that differ from the one that "
        "events and interest lead to, by up to {worst} coins.",
        "否：{hours} 条计息记录中，有负债与由事件和利息推算的不一致，最大差额 {worst} 个币。",
    ),
    "books_unchecked": (
        "There is no record of interest to compare debts with.",
        "没有可供核对的计息记录。",
    ),
    "books_caption": ("From the first event to now", "自首个事件至今"),
    "books_older": (
        "The exchange forgets interest after 30 days. Of a debt that is older than the records, "
        "the unexplained part is the interest that is not on record any more.",
        "交易所仅保留 30 天的计息记录。对早于记录的负债，差额即已不在记录中的利息。",
    ),
}

_COST: Final = {
    "no_interest_yet": ("No interest is on record.", "没有计息记录。"),
    "cost": (
        "From {since} to {until} UTC the interest was {usd} USD, a simple {apr} a year of what was "
        "owed.",
        "{since} 至 {until} UTC，利息共 {usd} USD，按负债计单利年化 {apr}。",
    ),
    "cost_unpriced": (
        "Values in USD are missing, as prices could not be read: {reason}",
        "无法读取价格，因此缺少 USD 价值：{reason}",
    ),
    "cost_caption": ("Effective cost", "实际成本"),
    "statement_caption": ("Statement by month", "月度对账单"),
    "cost_note": (
        "The exchange keeps interest for 30 days; what was charged before is not in these "
        "figures. Each hour's interest is at the index price of its hour.",
        "交易所仅保留 30 天的计息记录，更早的利息不在其中。每小时利息按当时指数价格折算。",
    ),
    "audit_ok": (
        "Yes: all {records} records are the debt times the rate for an hour, rounded as the "
        "exchange rounds; none is missing and none is there twice.",
        "是：全部 {records} 条记录均等于负债乘以小时利率并按交易所规则取整，无遗漏、无重复。",
    ),
    "audit_wrong": (
        "Not all: of {records} records, {found}.",
        "不完全：{records} 条记录中，{found}。",
    ),
    "audit_caption": (
        "Findings, the newest {shown} of {all}",
        "发现（最新 {shown} 条，共 {all} 条）",
    ),
    "finding_overcharged": ("overcharged", "多收"),
    "finding_undercharged": ("undercharged", "少收"),
    "finding_repeated": ("repeated", "重复"),
    "finding_incomplete": ("incomplete", "不完整"),
    "finding_missing": ("missing", "遗漏"),
    "runway_intro": (
        "At today's prices and the newest rates, interest alone would take this long.",
        "按当前价格与最新利率，仅利息累积所需时间如下。",
    ),
    "runway_caption": ("Time until interest alone reaches a threshold", "仅利息累积达到阈值的时间"),
}

_STRESS: Final = {
    "stress_intro": (
        "Each coin falls as it did then, from today's price: at the daily closes, and at the "
        "lowest prices of the days, at which a loan can be liquidated as well.",
        "各币种自当前价格按当时跌幅下跌：分别按日收盘价与当日最低价计算，后者同样可触发强平。",
    ),
    "stress_caption": ("Falls from 2018 to 2022", "2018 至 2022 年的下跌"),
    "state_safe": ("safe", "安全"),
    "state_margin_call": ("margin call", "预警"),
    "state_liquidation": ("liquidation", "强平"),
}

_ABOUT: Final = {
    "assumes_ltv": (
        "LTV is the debt with its interest over the collateral after discount rates, both at index "
        "prices. The exchange's own figure is shown where it prints one.",
        "质押率 = 含息负债 ÷ 折算后质押物，均按指数价格；交易所提供的数值优先展示。",
    ),
    "assumes_discount": (
        "That flexible loans use the exchange's public table of discount rates is inferred. "
        "Today's rates are used for the past as well.",
        "活期借币采用交易所公开折算率表属推断；历史亦使用当前折算率。",
    ),
    "assumes_thresholds": (
        "Margin-call and liquidation LTV are those that the exchange prints now. They may change "
        "with the mix of collateral, and when the exchange changes its rules.",
        "预警与强平质押率取交易所当前值，可能随质押构成及规则调整而变化。",
    ),
    "assumes_rate": (
        "The exchange's annual rate is used as a simple one: an hour costs debt × rate ÷ 8760, "
        "rounded up at the eighth decimal.",
        "交易所年化利率按单利使用：每小时利息 = 负债 × 利率 ÷ 8760，第八位小数向上取整。",
    ),
    "assumes_prices": (
        "Between two hourly prices the LTV may have been higher than shown.",
        "两个整点价格之间的质押率可能高于图示。",
    ),
    "assumes_history": (
        "Histories end where the exchange's records end: 30 days for interest.",
        "历史以交易所记录为限：计息记录保留 30 天。",
    ),
    "assumes_advice": (
        "Scenarios are computations, not forecasts, and nothing here is advice.",
        "情景为计算结果，并非预测；本报告不构成投资建议。",
    ),
    "versions_caption": ("Software that made this report", "生成本报告的软件"),
}

_TABLE: Final = {
    **_TITLES,
    **_COLUMNS,
    **_STANDING,
    **_REMEDIES,
    **_PAST,
    **_COST,
    **_STRESS,
    **_ABOUT,
}


class Texts:
    """Texts of one language by their keys, and names for what the exchange calls its own way.

    >>> text = texts("en")
    >>> text["coin"], text.event("repaid"), text.event("new_type")
    ('Coin', 'Repaid', 'new_type')
    """

    def __init__(self, lang: str | None) -> None:
        self._words = words(lang)
        self.lang = self._words.lang
        self._column = 1 if self.lang == "zh" else 0

    def __getitem__(self, key: str) -> str:
        return _TABLE[key][self._column]

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return "" if self.lang == "zh" else " "

    def order(self, ord_id: Any) -> str:
        """Return what an order is called; the only one may have no name."""
        return self["order"] if pd.isna(ord_id) else f"{self['order']} {ord_id}"

    def order_id(self, ord_id: Any) -> str:
        """Return an order's id for a table."""
        return "–" if pd.isna(ord_id) else str(ord_id)

    def event(self, kind: str) -> str:
        """Return the name of an event's type."""
        return self._words.get(kind, kind)

    def total(self, label: str) -> str:
        """Return a label of a statement; that of a sum in this language."""
        return self["total"] if label == "total" else label

    def action(self, name: str) -> str:
        """Return what a plan does."""
        return self._named("action", name)

    def finding(self, name: str) -> str:
        """Return what an audit found."""
        return self._named("finding", name)

    def kind(self, name: str) -> str:
        """Return the kind of a forced sale."""
        return self._named("kind", name)

    def reason(self, name: str) -> str:
        """Return why a coin alone liquidates nothing."""
        return self._named("reason", name)

    def state(self, name: str) -> str:
        """Return the state of a loan."""
        return self._named("state", name)

    def _named(self, group: str, name: str) -> str:
        pair = _TABLE.get(f"{group}_{name}")
        return name if pair is None else pair[self._column]


def texts(lang: str | None = None) -> Texts:
    """Return the texts of a language.

    Parameters
    ----------
    lang : {"en", "zh"}, optional
        By default what the environment variable ``FLEXLOAN_LANG`` says, else English.

    Raises
    ------
    InvalidArgumentError
        The language is another one.
    """
    return Texts(lang)
