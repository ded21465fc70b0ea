"""Liquidation: at which prices a loan is called and sold, and how those prices move."""
