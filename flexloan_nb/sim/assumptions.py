"""What the embedded exchange assumes where the real one is silent.

A rule that is published and followed to the letter is not listed. Confidence is ``doc`` where the
exchange says it but not in its interface's description, ``seen`` where users report it,
``inferred`` where it is arithmetic on the exchange's own samples, and ``assumed`` where it is a
choice of this simulator. ``pandas.DataFrame(ASSUMPTIONS)`` is the table.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

from flexloan_nb.sim.ledger import DEAL_MS
from flexloan_nb.sim.market import LENDERS_SHARE, QUOTES
from flexloan_nb.sim.parameters import CLIENT_ID, MOST_PLEDGED
from flexloan_nb.sim.rules import DEFAULTS

Confidence: TypeAlias = Literal["doc", "seen", "inferred", "assumed"]


class Assumption(NamedTuple):
    """One rule, what it is here, how sure it is, where it comes from and what it shapes.

    `concerns` names what rests on it, separated by spaces: fields of `Settings`, functions of the
    rules, endpoints and types of events. Each of these is named at least once.
    """

    rule: str
    value: str
    confidence: Confidence
    source: str
    concerns: str = ""


# fmt: off
ASSUMPTIONS: Final = (
    # Amounts
    Assumption("coins", "fifteen; prices, tiers, quotas and smallest amounts are invented",
               "assumed", "the lists change, and the numbers are not in the interface",
               "borrow-currencies"),
    Assumption("finest and largest amount", "18 decimals, 15 digits before the point",
               "assumed", "sample shows 16 decimals", "amount positive price"),
    Assumption("fractions", "rounded against the borrower at the eighth decimal",
               "assumed", "sample amounts of loans have eight", "round_up round_down"),
    # Loan to value
    Assumption("value of collateral", "after discount rates, on every day of the market",
               "doc", "announced for 2025-12-22; before, raw value counted", "loan-info valuation"),
    Assumption("discount tiers", "marginal, bounds in coins; the numbers are invented",
               "doc", "public discount table; that the loan uses it is inferred",
               "discount-rate-interest-free-quota counted coins_counting"),
    Assumption("rest of the discount table", "no interest-free quota, no restriction, one penalty; "
               "minDiscountRate is the last tier's",
               "assumed", "fields without a bearing on the loan",
               "discount-rate-interest-free-quota"),
    Assumption("curLTV", "exact quotient cut to four decimals",
               "inferred", "sample prints 0.5742 where its values give 0.5744", "ltv"),
    Assumption("initial LTV", f"{DEFAULTS.initial_ltv}",
               "assumed", "not in the interface", "initial_ltv"),
    Assumption("margin call LTV", f"{DEFAULTS.margin_call_ltv}, 0.10 below liquidation",
               "inferred", "sample has 0.7374 and 0.8374", "margin_call_ltv"),
    Assumption("liquidation LTV", f"{DEFAULTS.liquidation_ltv}",
               "assumed", "sample has 0.8374", "liquidation_ltv"),
    Assumption("dependence on the collateral mix", "none unless offsets are set",
               "assumed", "thresholds differ by loan, nobody says how", "ltv_offsets thresholds"),
    # Interest
    Assumption("hourly interest", "debt x rate / 8760, rounded up at eight decimals",
               "inferred", "one sample row: 0.86599309 at 0.41 gives 0.00004054",
               "hourly_interest interest-accrued"),
    Assumption("interestRate", "a simple annual rate, although labelled APY",
               "inferred", "the same row", "hourly_interest"),
    Assumption("first hour", "a loan owes a whole hour at the next full hour",
               "assumed", "interest is booked every full hour"),
    Assumption("record of an accrual", "appears 95 to 110 s after its hour",
               "inferred", "sample's refId is 103.5 s past its ts", "interest-accrued"),
    Assumption("borrow rates", "wander around a level by coin, four decimals, never below 0.0001",
               "assumed", "rates float by the hour"),
    Assumption("public borrowing rate", "is what loans are charged in the hour that it names",
               "assumed", "whether the two are equal is unknown", "lending-rate-history"),
    Assumption("lending rate", f"{LENDERS_SHARE} of the borrowing rate; amt is empty",
               "assumed", "a fee of 15 % is reported", "lending-rate-history"),
    # Borrowing and redeeming
    Assumption("maximum loan", "(initial LTV x collateral - debt) / price, cut to eight decimals",
               "doc", "product page; the rounding is assumed", "max-loan max_loan borrowing_power"),
    Assumption("supCollateral", "may exceed the funding balance",
               "assumed", "the question is hypothetical", "max-loan"),
    Assumption("quota", "per user and coin, less what is owed; the numbers are invented",
               "assumed", "sample shows remainingQuota only", "max-loan"),
    Assumption("maximum redemption", "down to the initial LTV, cut to eight decimals",
               "assumed", "the level at which new loans end",
               "max-collateral-redeem-amount max_redeem"),
    Assumption("loan above the maximum", "refused with 51759",
               "assumed", "no code is documented for it", "borrow"),
    Assumption("smallest amounts", "by coin; the numbers are invented",
               "assumed", "code 51757 names a minimum"),
    Assumption("collateral-assets", "leaves out coins the order owes or the desk does not accept",
               "assumed", "neither can be pledged (51750, 51752)", "collateral-assets"),
    Assumption("adjust-collateral", "is done when it is answered",
               "assumed", "the real one accepts first and acts later", "adjust-collateral"),
    Assumption("borrow and repay", "are done when they are answered, so 51784 never occurs",
               "assumed", "the code means that a deal is still in flight", "borrow repay"),
    Assumption("clOrdId", f"{CLIENT_ID.pattern}, one pool by user for both; spent for "
               f"{DEAL_MS // 1000} s by a deal that was made, then 51016",
               "assumed", "a window of 60 s is documented, its edges are not", "borrow repay"),
    Assumption("collateralData", f"needed for a new order, at most {MOST_PLEDGED} coins in any",
               "doc", "documented for new orders only", "borrow"),
    Assumption("eMode", "no pairs, so 1 is refused with 51785",
               "assumed", "the pairs are not in the documentation", "borrow"),
    Assumption("answer to repay", "ordId and clOrdId", "assumed", "as borrow, less eMode", "repay"),
    Assumption("repaying more than is owed", "repays what is owed",
               "assumed", "debt grows between looking and paying", "repay"),
    Assumption("order without debt", "stays until its collateral is redeemed",
               "inferred", "code 51754 speaks of an order without debt"),
    Assumption("unknown ordId", "51063 where one order is meant, no rows where orders are listed",
               "assumed", "only an account without orders is documented"),
    # Forced sales
    Assumption("moment of liquidation", "full hours, after interest",
               "assumed", "index prices decide, how often is not said"),
    Assumption("size of a partial liquidation",
               f"the same share of every coin, down to LTV {DEFAULTS.liquidation_target_ltv}",
               "assumed", "partial comes before forced",
               "liquidation_target_ltv liquidation_share partial_liquidation"),
    Assumption("full liquidation",
               f"from LTV {DEFAULTS.full_liquidation_ltv}, or where a part is not enough",
               "assumed", "partial comes before forced", "full_liquidation_ltv forced_liquidation"),
    Assumption("penalty", f"{DEFAULTS.liquidation_penalty} of the proceeds",
               "assumed", "the discount table has a liqPenaltyRate", "liquidation_penalty"),
    Assumption("conversion", f"always through {DEFAULTS.transition_ccy}, even from or into it",
               "assumed", "event types name a transition coin", "transition_ccy legs"),
    Assumption("after a full liquidation", "debt is cancelled, unsold collateral is released",
               "assumed", "nothing is said of a shortfall or a surplus", "legs"),
    Assumption("full utilisation", "nobody can borrow the coin, remainingQuota is 0",
               "assumed", "nothing is left to lend", "max-loan share"),
    Assumption("size of a forced repayment", "the whole debt of the coin in every order, "
               "from the same share of every pledged coin",
               "assumed", "collateral is converted when a coin's loans reach its deposits",
               "repayment_share"),
    Assumption("terms of a forced repayment", "straight at index prices, without penalty, at full "
               "hours after liquidations; what no collateral covers is cancelled",
               "assumed", "the event types name a purchase and a sale only", "repayment_legs"),
    # Records
    Assumption("sign of collateral_locked", "negative, as the funding account sees it",
               "inferred", "sample", "collateral_locked"),
    Assumption("signs of the funding account's events", "incoming positive, outgoing negative",
               "assumed", "in analogy", "borrowed repaid collateral_released"),
    Assumption("signs of what is sold and cancelled", "negative", "assumed", "in analogy",
               "sell_collateral sell_transition_coin forced_repayment_sell partial_liquidation "
               "forced_liquidation"),
    Assumption("signs of what is bought", "positive", "assumed", "in analogy",
               "buy_transition_coin buy_borrowed_coin forced_repayment_buy"),
    Assumption("ordId of a row", "in loan-info, loan-history and interest-accrued",
               "doc", "documented for loan-info only", "loan-history interest-accrued"),
    Assumption("refId", "17 digits: the record's milliseconds and four more, odd and even",
               "inferred", "samples", "loan-history interest-accrued"),
    Assumption("ts of an event", "the whole second", "inferred", "sample ends in 000",
               "loan-history"),
    Assumption("loan-history", "is kept for ever", "assumed", "only interest has a limit",
               "loan-history"),
    Assumption("riskWarningData", "the stable coin is the quote, else the borrowed one",
               "assumed", "documentation names BTC-USDT as an example",
               "loan-info liquidation_price"),
    # Market
    Assumption("prices", "invented: Student's t returns with a common part, clustered volatility; "
               "stable coins return to a dollar",
               "assumed", "no quotation reaches a simulator", "index-tickers"),
    Assumption("index", f"one price a minute, in {', '.join(QUOTES)}; a quotient of dollar prices",
               "assumed", "how an index is made is not in the interface",
               "index-tickers index-candles history-index-candles"),
    Assumption("running candle", "in both candle endpoints, as the first row with confirm 0",
               "assumed", "confirm is documented for both", "index-candles history-index-candles"),
    Assumption("history of prices and rates", "reaches a year before the opening",
               "assumed", "the real one is longer", "history-index-candles lending-rate-history"),
    # Interface
    Assumption("order of checks", "as the gateway and the desk list them",
               "assumed", "nowhere said"),
    Assumption("error bodies", "gateway errors have no data, loan errors an empty list",
               "seen", "users' reports"),
    Assumption("HTTP status of errors", "50011 is 429, 50119 is 401, loan errors are 200",
               "seen", "documentation lists 200 for the first two as well"),
    Assumption("unknown path", "50005", "assumed", "nowhere said"),
    Assumption("unlisted currency or index, or limit beyond 100", "51000",
               "assumed", "nowhere said"),
    Assumption("before without after", "the newest page",
               "inferred", "the exchange's candle pages do so"),
    Assumption("pace", "a sliding window over admitted calls",
               "assumed", "limits are published, how they are counted is not"),
    Assumption("demo trading", "50038", "assumed", "whether it has the product is unknown"),
    Assumption("timestamp", "within 30 s of the virtual clock or of the gateway's second clock",
               "assumed", "clients that know no virtual time sign with their own", "time"),
)
# fmt: on
