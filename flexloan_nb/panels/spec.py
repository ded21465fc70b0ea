"""A figure as what travels to the browser: a small description, and its numbers as bytes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go
from plotly.utils import PlotlyJSONEncoder

__all__ = ["Column", "Spec", "as_array", "as_column", "join", "replaced", "split", "with_dates"]

Column = dict[str, Any]  # {"shape": [rows, ...], "bytes": little-endian float64}


class Spec(NamedTuple):
    """A figure whose numeric arrays stand apart, by number of trace and path in it."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]
    columns: dict[str, Column]  # e.g. "0.y", "1.marker.size"


def split(figure: go.Figure) -> Spec:
    """Return a figure as its description and its columns.

    Numeric and time arrays become columns; axes that show times are told so, since what
    travels is milliseconds. All else stays in the description, as JSON.

    Examples
    --------
    >>> spec = split(go.Figure(go.Scatter(y=np.array([1.0, 2.0]))))
    >>> spec.data, list(spec.columns)
    ([{'type': 'scatter'}], ['0.y'])
    """
    data = [trace.to_plotly_json() for trace in figure.data]
    layout = figure.layout.to_plotly_json()
    columns: dict[str, Column] = {}
    for number, trace in enumerate(data):
        for path, array in list(_arrays(trace)):
            if array.dtype.kind == "M":
                layout = with_dates(layout, trace, path)
            _remove(trace, path)
            columns[".".join([str(number), *path])] = as_column(array)
    data, layout = json.loads(json.dumps([data, layout], cls=PlotlyJSONEncoder))
    return Spec(data, layout, columns)


def join(spec: Spec) -> go.Figure:
    """Return the figure again; times have become Unix ms, on axes that know it.

    Examples
    --------
    >>> figure = go.Figure(go.Scatter(y=np.array([1.0, 2.0])))
    >>> join(split(figure)).data[0].y
    array([1., 2.])
    """
    data: Any = spec.data
    for path, column in spec.columns.items():
        array = np.frombuffer(column["bytes"], "<f8").reshape(column["shape"])
        number, *keys = path.split(".")
        data = replaced(data, [int(number), *keys], array)
    return go.Figure(data=data, layout=spec.layout)


def replaced(node: Any, path: Sequence[str | int], value: Any) -> Any:
    """Return nested mappings and lists with one value in them another; the old ones are kept.

    >>> replaced({"title": {"x": 0}}, ["title", "text"], "LTV")
    {'title': {'x': 0, 'text': 'LTV'}}
    >>> replaced({"shapes": [{"y0": 1}, {"y0": 2}]}, ["shapes", 1, "y0"], 3)
    {'shapes': [{'y0': 1}, {'y0': 3}]}
    """
    if not path:
        return value
    key: Any
    key, *rest = path
    if isinstance(node, list):
        items = list(node)
        items[key] = replaced(items[key], rest, value)
        return items
    owner = dict(node or {})
    return owner | {key: replaced(owner.get(key), rest, value)}


def as_column(values: Any) -> Column:
    r"""Return an array as it travels: its shape and its float64 bytes; times as Unix ms.

    Examples
    --------
    >>> as_column(np.array(["1970-01-01T00:00:01"], dtype="datetime64[s]"))["bytes"]
    b'\x00\x00\x00\x00\x00@\x8f@'
    """
    array = as_array(values)
    if array.dtype.kind == "M":
        missing = np.isnat(array)
        array = array.astype("datetime64[ms]").astype(np.int64).astype("<f8")
        array[missing] = np.nan
    return {"shape": list(array.shape), "bytes": array.astype("<f8").tobytes()}


def with_dates(layout: dict[str, Any], trace: Mapping[str, Any], path: Sequence[str]) -> Any:
    """Return a layout in which the axis of a trace's times shows numbers as times.

    >>> with_dates({}, {"xaxis": "x2"}, ["x"])
    {'xaxis2': {'type': 'date'}}
    """
    if list(path) not in (["x"], ["y"]):
        return layout
    letter = path[0]
    axis = trace.get(f"{letter}axis", letter).replace(letter, f"{letter}axis")
    return replaced(layout, [axis, "type"], "date")


def as_array(values: Any) -> npt.NDArray[Any]:
    """Return an array; times of any kind as datetime64 in UTC.

    >>> import datetime
    >>> as_array([datetime.datetime(2025, 12, 1, tzinfo=datetime.UTC)])
    array(['2025-12-01T00:00:00.000000'], dtype='datetime64[us]')
    """
    if isinstance(getattr(values, "dtype", None), pd.DatetimeTZDtype):
        return pd.DatetimeIndex(values).tz_convert("UTC").tz_localize(None).to_numpy()
    array = np.asarray(values)
    if array.dtype == object and isinstance(next(iter(array), None), datetime):
        return pd.DatetimeIndex(pd.to_datetime(array, utc=True)).tz_localize(None).to_numpy()
    return array


def _arrays(node: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _arrays(value, (*path, key))
        elif isinstance(value, np.ndarray) and (array := as_array(value)).dtype.kind in "iufM":
            yield (*path, key), array


def _remove(node: dict[str, Any], path: tuple[str, ...]) -> None:
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
