"""What somebody thinks of doing with a loan, as data; and scenarios: sketches with a name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flexloan_nb.analytics.arguments import finite, not_negative
from flexloan_nb.analytics.frozen import FrozenMapping
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["Scenario", "Sketch", "scenarios_from_json", "scenarios_to_json"]

_FORMAT = "flexloan-what-if"
_VERSION = 1
_NOTHING: FrozenMapping[float] = FrozenMapping({})


@dataclass(frozen=True)
class Sketch:
    """Changes of one loan: what would be pledged and borrowed, and what prices would do.

    Parameters
    ----------
    ord_id : str
        The loan order.
    borrow_ccy : str
        Coin to borrow.
    supplement : mapping of str to float
        Coins that would be pledged as well; those of nothing are left out.
    draw : float
        How much of ``borrow_ccy`` would be borrowed.
    shocks : mapping of str to float
        Changes of prices as shares of today's: -0.3 for a fall by 30 %; zeros are left out.

    Raises
    ------
    InvalidArgumentError
        An amount is negative or no number, or a price falls by more than all of it.

    Examples
    --------
    >>> Sketch("1", "USDT", {"BTC": 0.5, "ETH": 0}, shocks={"BTC": -0.2}).supplement
    {'BTC': 0.5}
    """

    ord_id: str
    borrow_ccy: str
    supplement: Mapping[str, float] = field(default=_NOTHING)
    draw: float = 0.0
    shocks: Mapping[str, float] = field(default=_NOTHING)

    def __post_init__(self) -> None:
        supplement = {
            _name(ccy, "a coin"): not_negative(of, f"supplement {ccy}")
            for ccy, of in _mapping(self.supplement, "supplement").items()
        }
        shocks = {
            _name(ccy, "a coin"): _change(of, f"shock {ccy}")
            for ccy, of in _mapping(self.shocks, "shocks").items()
        }
        checked = {
            "ord_id": _name(self.ord_id, "ord_id"),
            "borrow_ccy": _name(self.borrow_ccy, "borrow_ccy"),
            "supplement": _without_zeros(supplement),
            "draw": not_negative(self.draw, "draw"),
            "shocks": _without_zeros(shocks),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can say.

        >>> Sketch("1", "USDT", {"BTC": 0.5}).to_dict()["supplement"]
        {'BTC': 0.5}
        """
        return {
            "ord_id": self.ord_id,
            "borrow_ccy": self.borrow_ccy,
            "supplement": dict(self.supplement),
            "draw": self.draw,
            "shocks": dict(self.shocks),
        }

    @classmethod
    def from_dict(cls, fields: Any) -> "Sketch":
        """Return the sketch that `to_dict` described.

        Raises
        ------
        InvalidArgumentError
            A field is missing, unknown or wrong.
        """
        given = _mapping(fields, "a sketch")
        wanted = tuple(cls.__dataclass_fields__)
        if missing := [name for name in wanted if name not in given]:
            raise InvalidArgumentError(f"A sketch lacks {', '.join(missing)}.")
        if unknown := [str(name) for name in given if name not in wanted]:
            raise InvalidArgumentError(f"A sketch has no {', '.join(unknown)}.")
        return cls(**given)


class Scenario(NamedTuple):
    """A sketch that was kept."""

    name: str
    sketch: Sketch


def scenarios_to_json(scenarios: Sequence[Scenario]) -> str:
    """Return scenarios as a text that `scenarios_from_json` reads.

    Only what was sketched is in it, no result: those are of the prices of a moment.

    Examples
    --------
    >>> text = scenarios_to_json([Scenario("half a BTC", Sketch("1", "USDT", {"BTC": 0.5}))])
    >>> scenarios_from_json(text)[0].sketch.supplement
    {'BTC': 0.5}
    """
    listed = [{"name": name, "sketch": sketch.to_dict()} for name, sketch in scenarios]
    whole = {"format": _FORMAT, "version": _VERSION, "scenarios": listed}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def scenarios_from_json(text: str) -> list[Scenario]:
    """Return the scenarios in a text.

    Raises
    ------
    InvalidArgumentError
        The text is no JSON or not of this kind and version, or a scenario in it is wrong.

    Examples
    --------
    >>> scenarios_from_json("[1]")
    Traceback (most recent call last):
    ...
    flexloan_nb.errors.InvalidArgumentError: This is JSON, but not scenarios of a what-if panel.
    """
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"This is not JSON: {error}.") from None
    if not isinstance(whole, dict) or whole.get("format") != _FORMAT:
        raise InvalidArgumentError("This is JSON, but not scenarios of a what-if panel.")
    if whole.get("version") != _VERSION:
        raise InvalidArgumentError(
            f"These scenarios are of version {whole.get('version')!r}; version {_VERSION} is read."
        )
    listed = whole.get("scenarios")
    if not isinstance(listed, list):
        raise InvalidArgumentError("The file has no list of scenarios.")
    return [_scenario(number, of) for number, of in enumerate(listed, start=1)]


def _scenario(number: int, fields: Any) -> Scenario:
    try:
        given = _mapping(fields, "it")
        return Scenario(_name(given.get("name"), "its name"), Sketch.from_dict(given.get("sketch")))
    except InvalidArgumentError as error:
        raise InvalidArgumentError(f"Scenario {number} cannot be read: {error}") from None


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidArgumentError(f"{name} is {value!r}: it must be a mapping by name.")
    return value


def _name(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgumentError(f"{name} is {value!r}: it must be a text that is not empty.")
    return value


def _change(value: Any, name: str) -> float:
    change = finite(value, name)
    if change < -1:
        raise InvalidArgumentError(f"{name} is {change}: a price falls by -1, all of it, at most.")
    return change


def _without_zeros(amounts: Mapping[str, float]) -> FrozenMapping[float]:
    return FrozenMapping({ccy: of for ccy, of in amounts.items() if of})
