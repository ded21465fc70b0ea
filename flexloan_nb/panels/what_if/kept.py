"""Scenarios that are kept, compared, saved and loaded: the controls for it."""

import html
from collections.abc import Callable, Mapping
from urllib.parse import quote

import ipywidgets
import pandas as pd

from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.words import Words
from flexloan_nb.panels.problem import Problem, shown_in
from flexloan_nb.panels.what_if.facts import Loan
from flexloan_nb.panels.what_if.scenarios import compare_scenarios, side_by_side
from flexloan_nb.panels.what_if.sketch import (
    Scenario,
    Sketch,
    scenarios_from_json,
    scenarios_to_json,
)

__all__ = ["KeptScenarios"]


class KeptScenarios(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Controls to keep what is sketched, and a table of what was kept.

    Parameters
    ----------
    text : Words
        The language.
    current : callable
        Returns the sketch as it is.
    apply : callable
        Sets the controls to a sketch.

    Attributes
    ----------
    scenarios : list of Scenario
        In the order in which they were kept; no name twice.
    frame : DataFrame
        What `compare_scenarios` makes of them.
    name, keep, choice, show, forget, upload
        The controls.
    problem : Problem
        What went wrong.
    """

    def __init__(
        self, text: Words, current: Callable[[], Sketch], apply: Callable[[Sketch], None]
    ) -> None:
        self._text = text
        self._current = current
        self._apply = apply
        self._loans: Mapping[str, Loan] = {}
        self.scenarios: list[Scenario] = []
        self.frame = compare_scenarios({}, [])
        self._make_controls(text)
        self.problem = Problem()
        self._table = ipywidgets.HTML()
        self._links = ipywidgets.HTML()
        row = {"layout": {"flex_flow": "row wrap", "align_items": "center"}}
        super().__init__(
            [
                ipywidgets.HBox([self.name, self.keep, self.upload], **row),
                ipywidgets.HBox([self.choice, self.show, self.forget, self._links], **row),
                self.problem,
                self._table,
            ]
        )
        self._changed()

    def compute(self, loans: Mapping[str, Loan]) -> None:
        """Compute all scenarios on other facts."""
        self._loans = loans
        self._changed()

    def add(self, name: str, sketch: Sketch) -> None:
        """Keep a sketch; one of the same name is replaced."""
        scenario = Scenario(name.strip() or self._next_name(), sketch)
        others = {of.name: of for of in self.scenarios}
        self.scenarios = list((others | {scenario.name: scenario}).values())
        self._changed()
        self.choice.value = scenario.name

    def apply(self, name: str) -> None:
        """Set the controls to a scenario.

        Raises
        ------
        InvalidArgumentError
            There is none of that name, or it does not fit the account any more.
        """
        self._apply(self._named(name).sketch)

    def remove(self, name: str) -> None:
        """Keep a scenario no longer."""
        self.scenarios.remove(self._named(name))
        self._changed()

    def to_json(self) -> str:
        """Return all scenarios as a text that `load` reads."""
        return scenarios_to_json(self.scenarios)

    def load(self, text: str) -> None:
        """Keep the scenarios in a text as well.

        Raises
        ------
        InvalidArgumentError
            It has none; nothing was changed.
        """
        for scenario in scenarios_from_json(text):
            self.add(*scenario)

    def _make_controls(self, text: Words) -> None:
        auto = {"width": "auto"}
        self.name = ipywidgets.Text(
            description=text["scenario_name"],
            tooltip=text["scenario_name_tip"],
            placeholder=self._next_name(),
        )
        self.keep = ipywidgets.Button(
            description=text["scenario_keep"],
            tooltip=text["scenario_keep_tip"],
            icon="bookmark",
            layout=auto,
        )
        self.choice = ipywidgets.Dropdown(
            description=text["scenario_kept"], tooltip=text["scenario_kept_tip"]
        )
        self.show = ipywidgets.Button(
            description=text["scenario_apply"], tooltip=text["scenario_apply_tip"], layout=auto
        )
        self.forget = ipywidgets.Button(
            description=text["scenario_forget"], tooltip=text["scenario_forget_tip"], layout=auto
        )
        self.upload = ipywidgets.FileUpload(
            accept=".json",
            description=text["scenario_load"],
            tooltip=text["scenario_load_tip"],
            layout=auto,
        )
        self.keep.on_click(lambda _: self._keep())
        self.show.on_click(lambda _: self._try(self.apply))
        self.forget.on_click(lambda _: self._try(self.remove))
        self.upload.observe(lambda _: self._load_upload(), "value")

    def _keep(self) -> None:
        with shown_in(self.problem):
            self.add(self.name.value, self._current())
            self.name.value = ""

    def _try(self, action: Callable[[str], None]) -> None:
        with shown_in(self.problem):
            action(self.choice.value)

    def _load_upload(self) -> None:
        if not self.upload.value:
            return
        content, self.upload.value = bytes(self.upload.value[0]["content"]), ()
        with shown_in(self.problem):
            try:
                text = content.decode()
            except UnicodeDecodeError:
                raise InvalidArgumentError("This file is not text in UTF-8.") from None
            self.load(text)

    def _named(self, name: str) -> Scenario:
        for scenario in self.scenarios:
            if scenario.name == name:
                return scenario
        raise InvalidArgumentError(self._text["scenario_unnamed"].format(name=name))

    def _next_name(self) -> str:
        used = {scenario.name for scenario in self.scenarios}
        names = (
            self._text["scenario_numbered"].format(number=number)
            for number in range(1, len(used) + 2)
        )
        return next(name for name in names if name not in used)

    def _changed(self) -> None:
        self.frame = compare_scenarios(self._loans, self.scenarios)
        names = [scenario.name for scenario in self.scenarios]
        chosen = self.choice.value
        self.choice.options = names
        if chosen in names:
            self.choice.value = chosen
        for control in (self.choice, self.show, self.forget):
            control.disabled = not names
        self.name.placeholder = self._next_name()
        self._table.value = side_by_side(self.frame, self._text) if names else ""
        self._links.value = self._downloads() if names else ""

    def _downloads(self) -> str:
        csv = _link(self._text["scenario_csv"], "what-if.csv", "text/csv", _csv(self.frame))
        json = _link(
            self._text["scenario_json"], "what-if.json", "application/json", self.to_json()
        )
        return f"{csv} &nbsp; {json}"


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv()


def _link(label: str, file: str, kind: str, content: str) -> str:
    """Return a link that saves a file without a server."""
    data = f"data:{kind};charset=utf-8,{quote(content)}"
    return f'<a class="flexloan-link" download="{file}" href="{data}">{html.escape(label)}</a>'
