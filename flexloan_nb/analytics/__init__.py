"""Analytics: numbers from frames, without network, files or widgets.

The ground is here: `position` (a loan as numbers), `discount` and `thresholds` (what the exchange
makes of its collateral) and `book` (many loans as arrays). The rooms beside it stand on it.
"""
