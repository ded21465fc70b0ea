"""Stress: the loan under what has happened before, and on any price history."""
