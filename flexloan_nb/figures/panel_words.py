"""What panels and their figures say, in English and Chinese; part of the table in `words`."""

# ruff: noqa: RUF001  Chinese texts have Chinese punctuation

from typing import Final

__all__ = ["PANEL_WORDS"]

_GAUGE = {
    "gauge_title": (
        "Loan to value (LTV): lent up to, margin call, liquidation sale",
        "质押率（LTV）与初始、预警、强平质押率",
    ),
    "gauge_before": ("Now", "当前"),
    "gauge_after": ("After", "变更后"),
    "gauge_initial": ("lent to", "初始"),
    "gauge_margin_call": ("call", "预警"),
    "gauge_liquidation": ("sale", "强平"),
}

_CONTROLS = {
    "amount_slider": ("{name}: amount by slider", "{name}：滑动选择数量"),
    "amount_number": ("{name}: amount in coins", "{name}：数量（币）"),
    "amount_preset": ("{name}: {share} of what there is", "{name}：可用数量的 {share}"),
    "amount_above": ("{entry} is more than the {most} there is.", "{entry} 超过上限 {most}。"),
    "shock_together": ("All collateral", "全部质押物"),
    "shock_of": ("{ccy}", "{ccy}"),
    "shock_tip": ("Change of price: {name}", "价格变动：{name}"),
    "shock_none": ("No shocks", "清除价格变动"),
    "shock_none_tip": ("Set all price shocks to zero", "将全部价格变动设为零"),
    "row_coin": ("Pledge", "质押"),
    "row_coin_tip": ("Coin to pledge, and how much of it is free", "质押币种及其可用数量"),
    "row_option": ("{ccy}  ({free} free)", "{ccy}（可用 {free}）"),
    "row_add": ("Add coin", "添加币种"),
    "row_add_tip": ("Add another coin of the funding account", "从资金账户添加另一币种"),
    "row_remove": ("Do not pledge {ccy}", "移除 {ccy}"),
    "row_not_free": (
        "{asked} {ccy} is asked, but {free} is free in the funding account.",
        "需要 {asked} {ccy}，资金账户可用 {free}。",
    ),
}

_SHEET = {
    "sheet_max_loan": ("Maximum loan (model)", "最大可借（模型）"),
    "sheet_ltv": ("LTV after", "变更后质押率"),
    "sheet_exchange": ("Maximum loan (exchange)", "最大可借（交易所）"),
    "sheet_quantity": ("By the model", "模型结果"),
    "sheet_now": ("Now", "当前"),
    "sheet_after": ("After", "变更后"),
    "sheet_change": ("Change", "变化"),
    "quantity_ltv": ("LTV", "质押率"),
    "quantity_collateral_usd": ("Collateral after discounts (USD)", "折算后质押物（USD）"),
    "quantity_debt_usd": ("Debt with interest (USD)", "负债含利息（USD）"),
    "quantity_max_loan_usd": ("Still to borrow (USD)", "仍可借（USD）"),
    "quantity_headroom_usd": ("Debt to go until liquidation (USD)", "距强平负债余量（USD）"),
    "quantity_margin_call_fall": (
        "Fall of all collateral to the margin call",
        "全部质押物跌至预警的跌幅",
    ),
    "quantity_liquidation_fall": (
        "Fall of all collateral to liquidation",
        "全部质押物跌至强平的跌幅",
    ),
    "max_loan_quota": (
        "with this collateral, today's prices, nothing drawn; quota {quota} {ccy}",
        "按此质押物与当前价格，提取前；剩余额度 {quota} {ccy}",
    ),
    "max_loan_no_quota": (
        "with this collateral, today's prices, nothing drawn; quota not known yet",
        "按此质押物与当前价格，提取前；额度未知",
    ),
    "ltv_note": ("now {now}; after the loan drawn and the shocks", "当前 {now}；含提取与价格变动"),
    "never": ("never", "不会触发"),
    "stale": (
        "An entry is wrong: these are the numbers of the last valid ones.",
        "输入有误：以下为上次有效输入的结果。",
    ),
    "what_if_liquidated": (
        "Liquidation: the LTV would be at the liquidation LTV or above.",
        "强平：质押率将达到或超过强平质押率。",
    ),
    "what_if_called": (
        "Margin call: the LTV would be at the margin call LTV or above.",
        "预警：质押率将达到或超过预警质押率。",
    ),
    "what_if_overdrawn": (
        "The exchange would not lend {draw} {ccy}: it is more than the maximum loan.",
        "交易所不会借出 {draw} {ccy}：超过最大可借数量。",
    ),
    "assumption": (
        "Assumed: the thresholds stay at {call} and {liquidation}; how they follow the mix of "
        "collateral is not published.",
        "假设：预警与强平质押率维持 {call} 与 {liquidation}；其随质押组合变化的规则未公布。",
    ),
    "drift": (
        "Now the exchange prints an LTV of {printed}; the model has {ours}.",
        "当前交易所显示质押率 {printed}，模型为 {ours}。",
    ),
    "initial_inferred": (
        "{value}, inferred from the exchange's own maximum loan; it is not printed anywhere",
        "{value}，由交易所最大可借数量推算；交易所未公布",
    ),
    "initial_at_least": (
        "{value}, assumed: at least that, as a quota ended the loan that was asked for",
        "{value}，假设值：受额度限制，实际不低于此值",
    ),
    "initial_at_most": (
        "{value}, assumed: the exchange lends nothing now, so it is at most that",
        "{value}，假设值：交易所当前不再放款，实际不高于此值",
    ),
    "initial_given": ("{value}, as you entered it", "{value}，由您输入"),
    "read_at": ("Read at {time} UTC", "读取时间 {time} UTC"),
    "spoken": (
        "Maximum loan {loan} {ccy}, LTV after {ltv}. Exchange: {state}.",
        "最大可借 {loan} {ccy}，变更后质押率 {ltv}。交易所：{state}。",
    ),
}

_ANSWER = {
    "answer_none": ("not asked", "未询问"),
    "answer_asking": ("asking …", "询问中…"),
    "answer_agreed": ("✓ agrees", "✓ 一致"),
    "answer_differs": ("≠ differs", "≠ 不一致"),
    "answer_failed": ("✗ no answer", "✗ 无应答"),
    "answer_residual": ("exchange less model: {residual} {ccy}", "交易所减模型：{residual} {ccy}"),
    "answer_why": ("Why it differs: {parts}.", "差异原因：{parts}。"),
    "answer_cause_price": ("the price of the coin", "借币价格"),
    "answer_cause_initial_ltv": (
        "the initial LTV, discount rates or collateral prices",
        "初始质押率、折算率或质押物价格",
    ),
    "answer_cause_rest": ("unexplained", "未解释"),
}

_PANEL = {
    "what_if_title": ("What if I change my collateral?", "调整质押物会怎样？"),
    "what_if_order": ("Loan order", "借币订单"),
    "what_if_order_tip": ("The loan order that is sketched on", "所模拟的借币订单"),
    "what_if_refresh": ("Read again", "重新读取"),
    "what_if_refresh_tip": (
        "Read loans, balances and prices from the exchange again",
        "从交易所重新读取借币、余额与价格",
    ),
    "what_if_reading": ("Reading …", "读取中…"),
    "what_if_borrow": ("Borrow", "借入"),
    "what_if_borrow_tip": ("Currency to borrow", "借入币种"),
    "what_if_initial": ("Initial LTV", "初始质押率"),
    "what_if_initial_tip": (
        "LTV up to which the exchange lends, as a decimal",
        "交易所放款的质押率上限（小数）",
    ),
    "what_if_collateral": ("1  Pledge more", "1  补充质押物"),
    "what_if_draw": ("2  Draw a loan", "2  提取借款"),
    "what_if_draw_name": ("Loan to draw", "提取数量"),
    "what_if_shocks": ("3  Shock prices", "3  价格变动"),
    "what_if_scenarios": ("4  Keep and compare", "4  保存与对比"),
    "what_if_ask": ("Ask the exchange again", "再次询问交易所"),
    "what_if_ask_tip": (
        "Ask for the maximum loan with this collateral once more",
        "再次查询此质押物下的最大可借",
    ),
    "no_order": ("The account has no loan order {ord_id}.", "该账户没有订单 {ord_id}。"),
    "not_borrowable": ("{ccy} cannot be borrowed for this order.", "该订单不能借入 {ccy}。"),
    "no_loan": (
        "This account has no flexible loan, so there is nothing to sketch on: the exchange tells "
        "thresholds for a loan only. client.collateral_assets() lists what could be pledged, and "
        'client.max_loan("USDT", {"BTC": "0.5"}) says what could be borrowed on it. '
        "Press “Read again” once there is a loan.",
        "该账户没有活期借币，无从模拟：交易所仅对已有借币给出阈值。client.collateral_assets() "
        '列出可质押资产，client.max_loan("USDT", {"BTC": "0.5"}) 给出其最大可借数量。'
        "有借币后请点击“重新读取”。",
    ),
    "scenario_name": ("Name", "名称"),
    "scenario_name_tip": ("Name of the scenario to keep", "所保存情景的名称"),
    "scenario_numbered": ("Scenario {number}", "情景 {number}"),
    "scenario_keep": ("Keep", "保存"),
    "scenario_keep_tip": ("Keep what is sketched, by this name", "以此名称保存当前情景"),
    "scenario_kept": ("Kept", "已保存"),
    "scenario_kept_tip": ("A scenario that was kept", "已保存的情景"),
    "scenario_apply": ("Show", "应用"),
    "scenario_apply_tip": ("Set the controls to this scenario", "将控件设为该情景"),
    "scenario_forget": ("Remove", "删除"),
    "scenario_forget_tip": ("Remove this scenario from the list", "从列表删除该情景"),
    "scenario_load": ("Load JSON", "载入 JSON"),
    "scenario_load_tip": ("Load scenarios from a file", "从文件载入情景"),
    "scenario_csv": ("Save table (CSV)", "导出表格（CSV）"),
    "scenario_json": ("Save scenarios (JSON)", "导出情景（JSON）"),
    "scenario_unnamed": ("There is no scenario {name!r}.", "没有情景 {name!r}。"),
    "scenario_ord_id": ("Loan order", "借币订单"),
    "scenario_borrow_ccy": ("Currency to borrow", "借入币种"),
    "scenario_supplement": ("Pledged as well", "补充质押物"),
    "scenario_draw": ("Loan drawn", "提取数量"),
    "scenario_shocks": ("Price shocks", "价格变动"),
    "scenario_max_loan": ("Maximum loan (coins)", "最大可借（币）"),
    "scenario_problem": ("Problem", "问题"),
    "shocked_title": ("What if prices move?", "价格变动会怎样？"),
    "shocked_price": ("Price today (USD)", "当前价格（USD）"),
    "shocked_after": ("Price after (USD)", "变动后价格（USD）"),
    "shocked_liquidation": ("Liquidation price after (USD)", "变动后强平价格（USD）"),
    "shocked_coin": ("Coin", "币种"),
}

# In the table of scenarios a quantity is called as in the sheet.
_SCENARIO_COLUMNS = {
    name.replace("quantity_", "scenario_"): said
    for name, said in _SHEET.items()
    if name.startswith("quantity_")
}

PANEL_WORDS: Final = _GAUGE | _CONTROLS | _SHEET | _ANSWER | _PANEL | _SCENARIO_COLUMNS
