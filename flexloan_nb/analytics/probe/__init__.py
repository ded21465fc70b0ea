"""Probe: borrowing power, discount tiers and the initial LTV, found by asking the exchange."""
