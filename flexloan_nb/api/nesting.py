"""Nested answers to flat rows. No I/O."""

from collections.abc import Iterable

from flexloan_nb.api.envelope import Row
from flexloan_nb.errors import ResponseFormatError

__all__ = ["explode", "flatten", "split_loans"]

_SIDES = {"collateralData": "collateral", "loanData": "loan"}


def explode(rows: Iterable[Row], field: str, endpoint: str) -> list[Row]:
    """Return a row for each object in the list ``field``, with the outer row's other fields.

    Examples
    --------
    >>> explode([{"assets": [{"ccy": "BTC"}, {"ccy": "ETH"}]}], "assets", "collateral_assets")
    [{'ccy': 'BTC'}, {'ccy': 'ETH'}]
    """
    return [
        {name: value for name, value in row.items() if name != field} | inner
        for row in rows
        for inner in _objects(row, field, endpoint)
    ]


def flatten(rows: Iterable[Row], field: str) -> list[Row]:
    """Replace the object ``field`` by its members, under dotted names.

    Examples
    --------
    >>> flatten([{"riskWarningData": {"liqPx": "1"}}], "riskWarningData")
    [{'riskWarningData.liqPx': '1'}]
    """
    flat = []
    for row in rows:
        inner = row.get(field)
        if isinstance(inner, dict):
            members = {f"{field}.{name}": value for name, value in inner.items()}
            row = {name: value for name, value in row.items() if name != field} | members
        flat.append(row)
    return flat


def split_loans(loans: Iterable[Row], endpoint: str) -> tuple[list[Row], list[Row]]:
    """Split loan-info's rows into the loans without their coins, and the coins of all loans."""
    info, legs = [], []
    for loan in loans:
        info.append({name: value for name, value in loan.items() if name not in _SIDES})
        legs += [
            {"ordId": loan.get("ordId"), "side": side} | leg
            for field, side in _SIDES.items()
            for leg in _objects(loan, field, endpoint)
        ]
    return info, legs


def _objects(row: Row, field: str, endpoint: str) -> list[Row]:
    objects = row.get(field, "absent")
    if objects is None:
        return []
    if not isinstance(objects, list) or not all(isinstance(item, dict) for item in objects):
        raise ResponseFormatError(
            endpoint, 200, f"{field} is not a list of objects", "The exchange changed its answer."
        )
    return objects
