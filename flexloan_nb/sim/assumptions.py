"""What the embedded exchange assumes where the real one is silent.

A rule that is published and followed to the letter is not listed. Confidence is ``doc`` where the
exchange says it but not in its interface's description, ``seen`` where users report it,
``inferred`` where it is arithmetic on the exchange's own samples, and ``assumed`` where it is a
choice of this simulator.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

from flexloan_nb.sim.rules import DEFAULTS

Confidence: TypeAlias = Literal["doc", "seen", "inferred", "assumed"]


class Assumption(NamedTuple):
    """One rule, what it is here, how sure it is and where it comes from.

    `setting` names the field of `Settings` that holds the value, if one does.
    """

    rule: str
    value: str
    confidence: Confidence
    source: str
    setting: str = ""


# fmt: off
ASSUMPTIONS: Final = (
    # Loan to value
    Assumption("value of collateral", "after discount rates, on every day of the market",
               "doc", "announced for 2025-12-22; before, raw value counted"),
    Assumption("discount tiers", "marginal, bounds in coins; the numbers are invented",
               "doc", "public discount table; that the loan uses it is inferred"),
    Assumption("curLTV", "exact quotient cut to four decimals",
               "inferred", "sample prints 0.5742 where its values give 0.5744"),
    Assumption("initial LTV", f"{DEFAULTS.initial_ltv}",
               "assumed", "not in the interface", "initial_ltv"),
    Assumption("margin call LTV", f"{DEFAULTS.margin_call_ltv}, 0.10 below liquidation",
               "inferred", "sample has 0.7374 and 0.8374", "margin_call_ltv"),
    Assumption("liquidation LTV", f"{DEFAULTS.liquidation_ltv}",
               "assumed", "sample has 0.8374", "liquidation_ltv"),
    Assumption("dependence on the collateral mix", "none unless offsets are set",
               "assumed", "thresholds differ by loan, nobody says how", "ltv_offsets"),
    # Interest
    Assumption("hourly interest", "debt x rate / 8760, rounded up at eight decimals",
               "inferred", "one sample row: 0.86599309 at 0.41 gives 0.00004054"),
    Assumption("interestRate", "a simple annual rate, although labelled APY",
               "inferred", "the same row"),
    Assumption("first hour", "a loan owes a whole hour at the next full hour",
               "assumed", "interest is booked every full hour"),
    Assumption("record of an accrual", "appears 95 to 110 s after its hour",
               "inferred", "sample's refId is 103.5 s past its ts"),
    Assumption("borrow rates", "wander around a level by coin, four decimals, never below 0.0001",
               "assumed", "rates float by the hour"),
    # Borrowing and redeeming
    Assumption("maximum loan", "(initial LTV x collateral - debt) / price, cut to eight decimals",
               "doc", "product page; the rounding is assumed"),
    Assumption("supCollateral", "may exceed the funding balance",
               "assumed", "the question is hypothetical"),
    Assumption("quota", "per user and coin, less what is owed; the numbers are invented",
               "assumed", "sample shows remainingQuota only"),
    Assumption("maximum redemption", "down to the initial LTV, cut to eight decimals",
               "assumed", "the level at which new loans end"),
    Assumption("loan above the maximum", "refused with 51759",
               "assumed", "no code is documented for it"),
    Assumption("smallest amounts", "by coin; the numbers are invented",
               "assumed", "code 51757 names a minimum"),
    Assumption("collateral-assets", "leaves out coins the order owes or the desk does not accept",
               "assumed", "neither can be pledged (51750, 51752)"),
    Assumption("adjust-collateral", "is done when it is answered",
               "assumed", "the real one accepts first and acts later"),
    Assumption("repaying more than is owed", "repays what is owed",
               "assumed", "debt grows between looking and paying"),
    Assumption("order without debt", "stays until its collateral is redeemed",
               "inferred", "code 51754 speaks of an order without debt"),
    Assumption("unknown ordId", "51063 where one order is meant, no rows where orders are listed",
               "assumed", "only an account without orders is documented"),
    # Liquidation
    Assumption("moment of liquidation", "full hours, after interest",
               "assumed", "index prices decide, how often is not said"),
    Assumption("size of a partial liquidation",
               f"the same share of every coin, down to LTV {DEFAULTS.liquidation_target_ltv}",
               "assumed", "partial comes before forced", "liquidation_target_ltv"),
    Assumption("full liquidation",
               f"from LTV {DEFAULTS.full_liquidation_ltv}, or where a part is not enough",
               "assumed", "partial comes before forced", "full_liquidation_ltv"),
    Assumption("penalty", f"{DEFAULTS.liquidation_penalty} of the proceeds",
               "assumed", "the discount table has a liqPenaltyRate", "liquidation_penalty"),
    Assumption("conversion", f"always through {DEFAULTS.transition_ccy}, even from or into it",
               "assumed", "event types name a transition coin", "transition_ccy"),
    Assumption("after a full liquidation", "debt is cancelled, unsold collateral is released",
               "assumed", "nothing is said of a shortfall or a surplus"),
    # Records
    Assumption("sign of amt", "locked, repaid, sold and liquidated negative, the rest positive",
               "inferred", "sample shows collateral_locked negative; the others are assumed"),
    Assumption("ordId of a row", "in loan-info, loan-history and interest-accrued",
               "doc", "documented for loan-info only"),
    Assumption("refId", "17 digits: the record's milliseconds and four more, odd and even",
               "inferred", "samples"),
    Assumption("ts of an event", "the whole second", "inferred", "sample ends in 000"),
    Assumption("loan-history", "is kept for ever", "assumed", "only interest has a limit"),
    Assumption("riskWarningData", "the stable coin is the quote, else the borrowed one",
               "assumed", "documentation names BTC-USDT as an example"),
    # Interface
    Assumption("order of checks", "as the gateway lists it", "assumed", "nowhere said"),
    Assumption("error bodies", "gateway errors have no data, loan errors an empty list",
               "seen", "users' reports"),
    Assumption("HTTP status of errors", "50011 is 429, 50119 is 401, loan errors are 200",
               "seen", "documentation lists 200 for the first two as well"),
    Assumption("unknown path", "50005", "assumed", "nowhere said"),
    Assumption("unlisted currency or limit beyond 100", "51000", "assumed", "nowhere said"),
    Assumption("before without after", "the newest page",
               "inferred", "the exchange's candle pages do so"),
    Assumption("pace", "a sliding window over admitted calls",
               "assumed", "limits are published, how they are counted is not"),
    Assumption("demo trading", "50038", "assumed", "whether it has the product is unknown"),
    Assumption("timestamp", "within 30 s of the virtual clock or of the gateway's second clock",
               "assumed", "clients that know no virtual time sign with their own"),
)
# fmt: on
