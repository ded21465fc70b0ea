"""What figures of risk say, in English and Chinese; part of the table in `words`."""

# ruff: noqa: RUF001  Chinese texts have Chinese punctuation

from typing import Final

__all__ = ["RISK_WORDS"]

RISK_WORDS: Final = {
    "today": ("today", "当前"),
    "safe": ("safe", "安全"),
    "margin_call": ("margin call", "预警"),
    "liquidation": ("liquidation", "强平"),
    "alone": ("{ccy} alone", "仅 {ccy}"),
    "together": ("{coins} together", "{coins} 同步"),
    "price_change": ("Change of {ccy}'s price (%)", "{ccy} 价格变动（%）"),
    "ladder_title": (
        "How far prices may move before a margin call and liquidation",
        "价格变动多少会触发预警与强平",
    ),
    "no_ladder": ("No liquidation prices", "无强平价格"),
    "ladder_axis": ("Price as a share of today's (%)", "价格占当前价格的比例（%）"),
    "ladder_all": ("All collateral<br>together", "全部质押物<br>同跌"),
    "ladder_way": ("From today to the margin call", "当前至预警"),
    "ladder_zone": ("From margin call to liquidation", "预警至强平"),
    "ladder_margin_call": ("Margin call", "预警价格"),
    "ladder_liquidation": ("Liquidation", "强平价格"),
    "ladder_zone_before": ("From margin call to liquidation, before", "预警至强平（变更前）"),
    "ladder_margin_call_before": ("Margin call, before", "预警价格（变更前）"),
    "ladder_liquidation_before": ("Liquidation, before", "强平价格（变更前）"),
    "ladder_beyond": ("Liquidation, beyond 200%", "强平价格（超过 200%）"),
    "ladder_beyond_before": ("Liquidation, before, beyond 200%", "强平价格（变更前，超过 200%）"),
    "ladder_label": ("Today → liquidation", "当前 → 强平"),
    "ladder_nothing_owed": ("no liquidation: nothing is owed", "不会强平：无负债"),
    "ladder_no_part": (
        "no liquidation: neither collateral nor debt",
        "不会强平：不计入质押物，也非负债",
    ),
    "ladder_past": ("the liquidation LTV is reached already", "已达到强平质押率"),
    "ladder_alike": (
        "no liquidation: moves debt and collateral alike",
        "不会强平：负债与质押物同步变动",
    ),
    "ladder_covered": (
        "no liquidation: the rest covers the debt",
        "不会强平：其余质押物足以覆盖负债",
    ),
    "ladder_cannot": ("no liquidation this way", "不会因此强平"),
    "ladder_hover_margin_call": (
        "{ccy} alone gets the loan called at %{{customdata[1]:,.6~r}} USD:<br>"
        "%{{customdata[2]:+.1%}} from today's %{{customdata[0]:,.6~r}} USD, the others unchanged",
        "仅 {ccy} 价格变动时，%{{customdata[1]:,.6~r}} USD 触发预警：<br>"
        "较当前 %{{customdata[0]:,.6~r}} USD 变动 %{{customdata[2]:+.1%}}，其他价格不变",
    ),
    "ladder_hover_liquidation": (
        "{ccy} alone gets the loan liquidated at %{{customdata[1]:,.6~r}} USD:<br>"
        "%{{customdata[2]:+.1%}} from today's %{{customdata[0]:,.6~r}} USD, the others unchanged",
        "仅 {ccy} 价格变动时，%{{customdata[1]:,.6~r}} USD 触发强平：<br>"
        "较当前 %{{customdata[0]:,.6~r}} USD 变动 %{{customdata[2]:+.1%}}，其他价格不变",
    ),
    "ladder_hover_all_margin_call": (
        "All collateral that is not owed, changing alike,<br>"
        "gets the loan called at %{customdata[2]:+.1%} from today's prices",
        "全部质押物（非负债币种）同幅变动 %{customdata[2]:+.1%} 时触发预警",
    ),
    "ladder_hover_all_liquidation": (
        "All collateral that is not owed, changing alike,<br>"
        "gets the loan liquidated at %{customdata[2]:+.1%} from today's prices",
        "全部质押物（非负债币种）同幅变动 %{customdata[2]:+.1%} 时触发强平",
    ),
    "before": ("Before the change", "变更前"),
    "sensitivity_title": ("LTV when prices change", "价格变动时的质押率"),
    "no_sensitivity": ("No price changes", "无价格变动"),
    "sensitivity_axis": ("Change of price from today's (%)", "相对当前价格的变动（%）"),
    "ltv_axis": ("LTV (%)", "质押率（%）"),
    "of_todays_mix": ("{level}, of today's mix", "{level}（按当前质押组合）"),
    "sensitivity_called": ("Margin call is reached", "触发预警"),
    "sensitivity_liquidated": ("Liquidation is reached", "触发强平"),
    "sensitivity_today": ("LTV today", "当前质押率"),
    "sensitivity_hover": (
        "{line}, changed by %{{x:+.1%}}: LTV %{{y:.2%}},<br>"
        "%{{customdata[0]:,.2f}} USD owed on %{{customdata[1]:,.2f}} USD after discounts;<br>"
        "debt may grow by %{{customdata[2]:,.2f}} USD until liquidation",
        "{line}变动 %{{x:+.1%}}：质押率 %{{y:.2%}}，<br>"
        "负债 %{{customdata[0]:,.2f}} USD，折算后质押物 %{{customdata[1]:,.2f}} USD；<br>"
        "距强平负债余量 %{{customdata[2]:,.2f}} USD",
    ),
    "heatmap_title": (
        "LTV when the prices of {x} and {y} change",
        "{x} 与 {y} 价格变动时的质押率",
    ),
    "no_heatmap": ("No grid of prices", "无价格网格"),
    "heatmap_state": ("state", "状态"),
    "curve_title": ("Liquidation price against {what}", "强平价格的敏感性：{what}"),
    "no_curve": ("No liquidation price to draw", "无可绘制的强平价格"),
    "curve_collateral": ("{of} pledged ({of})", "{of} 质押数量（{of}）"),
    "curve_debt": ("{of} owed ({of})", "{of} 负债数量（{of}）"),
    "curve_discount_rate": ("share kept of {of}'s value (%)", "{of} 折算率（%）"),
    "curve_liquidation_ltv": ("liquidation LTV (%)", "强平质押率（%）"),
    "curve_liquidation_ltv_of": ("liquidation LTV of {of} (%)", "{of} 强平质押率（%）"),
    "curve_axis": ("{ccy} (USD)", "{ccy}（USD）"),
    "curve_price_today": ("Price today", "当前价格"),
    "curve_point": ("Liquidation price today", "当前强平价格"),
    "curve_tangent": ("Tangent today", "当前切线"),
    "curve_hover": (
        "at {x}, {ccy} alone gets the loan {level} at %{{y:,.6~r}} USD",
        "{x} 时，仅 {ccy} 变动触发{level}的价格为 %{{y:,.6~r}} USD",
    ),
    "curve_called": ("called", "预警"),
    "curve_liquidated": ("liquidated", "强平"),
    "curve_margin_call": ("Margin call price", "预警价格"),
    "curve_liquidation": ("Liquidation price", "强平价格"),
    "curve_slope": (
        "now at {x}, {ccy} alone gets the loan liquidated at %{{y:,.6~r}} USD,<br>"
        "which moves by %{{customdata[0]:+,.4~r}} {unit},<br>"
        "or by %{{customdata[1]:+.2f}} % for 1 % more",
        "当前为 {x} 时，仅 {ccy} 变动触发强平的价格为 %{{y:,.6~r}} USD，<br>"
        "变动率 %{{customdata[0]:+,.4~r}} {unit}，<br>"
        "即每增加 1 % 变动 %{{customdata[1]:+.2f}} %",
    ),
    "curve_unit": ("USD per {unit}", "USD / {unit}"),
    "curve_unit_point": ("USD per percentage point", "USD / 百分点"),
    "curve_never": ("never liquidated by itself: {coins}", "单独变动不会强平：{coins}"),
    "mix_title": (
        "What is pledged, what counts of it, and what is owed",
        "质押物、折算后价值与负债",
    ),
    "no_mix": ("Nothing is pledged or owed", "无质押物与负债"),
    "mix_axis": ("Value (USD)", "价值（USD）"),
    "mix_debt": ("Debt", "负债"),
    "mix_market": ("Market value", "市值"),
    "mix_adjusted": ("After discounts", "折算后价值"),
    "mix_discount": ("Lost to discounts", "折算损失"),
    "mix_hover": (
        "{what}: %{{customdata[0]:,.8~g}} {ccy} at %{{customdata[1]:,.6~r}} USD<br>"
        "%{{x:,.2f}} USD, %{{customdata[2]:.1%}} of the whole",
        "{what}：%{{customdata[0]:,.8~g}} {ccy}，单价 %{{customdata[1]:,.6~r}} USD<br>"
        "%{{x:,.2f}} USD，占 %{{customdata[2]:.1%}}",
    ),
    "mix_discount_hover": (
        "discount rates take %{x:,.2f} USD, %{customdata:.1%} of the market value",
        "折算减少 %{x:,.2f} USD，占市值 %{customdata:.1%}",
    ),
    "stress_title": ("LTV after a stress", "压力情景后的质押率"),
    "no_stress": ("No stress scenarios", "无压力情景"),
    "stress_price": ("Falls of the past", "历史下跌"),
    "stress_rate": ("Higher interest rates", "利率上升"),
    "stress_stablecoin": ("A stablecoin leaves its peg", "稳定币脱锚"),
    "stress_by_beta": ("{status}, some coins by beta", "{status}（部分币种按贝塔估算）"),
    "stress_after": ("LTV after: {ltv}, {status}", "情景后质押率：{ltv}，{status}"),
    "stress_left": (
        "until liquidation, all collateral may fall by a further {distance}",
        "距强平全部质押物还可下跌 {distance}",
    ),
    "stress_beyond": ("beyond the liquidation level by {distance}", "超过强平线 {distance}"),
    "stress_shortfall": (
        "{usd} USD repaid would end the margin call",
        "偿还 {usd} USD 可解除预警",
    ),
    "stress_figures": ("own figures: {coins}", "有历史数据：{coins}"),
    "stress_betas": ("by beta from BTC: {coins}", "按 BTC 贝塔估算：{coins}"),
}
