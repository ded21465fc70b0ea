"""Scenario: a loan before and after a change, and beside what the exchange says of it."""
