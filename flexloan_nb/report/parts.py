"""What a report consists of, before it becomes a page: texts, tables and figures in sections."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import plotly.graph_objects as go

__all__ = [
    "Columns",
    "Gauge",
    "Items",
    "Part",
    "Picture",
    "Report",
    "Section",
    "Subtitle",
    "Table",
    "Text",
]

Columns: TypeAlias = Sequence[tuple[str, Iterable[Any], bool]]  # header, cells, are they numbers
Tone: TypeAlias = Literal["plain", "good", "warning", "note"]


class Text(NamedTuple):
    """A paragraph."""

    text: str
    tone: Tone = "plain"


class Subtitle(NamedTuple):
    """A heading within a section, such as an order's."""

    text: str


class Items(NamedTuple):
    """A list of sentences."""

    texts: tuple[str, ...]


class Table(NamedTuple):
    """A table of texts; ``numeric`` says of each column whether it holds numbers.

    ``folded`` hides it behind its caption, on a screen, until it is asked for; ``sums`` are the
    numbers of rows that add others up.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    folded: bool = False
    sums: frozenset[int] = frozenset()

    @classmethod
    def of(
        cls,
        caption: str,
        columns: Columns,
        *,
        folded: bool = False,
    ) -> "Table":
        """Return a table of columns, each a header, its cells, and whether they are numbers.

        >>> Table.of("Prices", [("Coin", ["BTC"], False), ("USD", ["90,000"], True)]).rows
        (('BTC', '90,000'),)
        """
        headers, cells, numeric = zip(*columns, strict=True)
        return cls(caption, headers, tuple(zip(*cells, strict=True)), numeric, folded)


class Gauge(NamedTuple):
    """An LTV on its scale, with both thresholds; decimals."""

    title: str
    ltv: float
    margin_call: float
    liquidation: float


class Picture(NamedTuple):
    """A figure; its name is for a file."""

    name: str
    figure: go.Figure


Part: TypeAlias = Text | Subtitle | Items | Table | Gauge | Picture


class Section(NamedTuple):
    """A chapter of a report; ``failed`` where it has only the reason why it is not there."""

    key: str
    title: str
    parts: tuple[Part, ...]
    failed: bool = False


class Report(NamedTuple):
    """A report, ready to be rendered.

    Attributes
    ----------
    title, subtitle : str
        What it is about; of what time and from where.
    simulated : bool
        Whether the loan is one of the embedded exchange.
    sections : tuple of Section
        In reading order.
    lang : str
        ``"en"`` or ``"zh"``.
    """

    title: str
    subtitle: str
    simulated: bool
    sections: tuple[Section, ...]
    lang: str

    @property
    def failed(self) -> list[str]:
        """Titles of the sections that could not be made."""
        return [section.title for section in self.sections if section.failed]

    @property
    def figures(self) -> dict[str, go.Figure]:
        """The figures by name."""
        return {
            part.name: part.figure
            for section in self.sections
            for part in section.parts
            if isinstance(part, Picture)
        }
