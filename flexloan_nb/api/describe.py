"""The endpoints' data as tables to read in a notebook."""

import pandas as pd

from flexloan_nb.api.endpoints import DTYPES, ENDPOINTS, TABLES
from flexloan_nb.api.frames import Numbers
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["describe"]


def describe(name: str | None, numbers: Numbers) -> pd.DataFrame:
    """Return the columns of one frame, or all endpoints; see `FlexibleLoanClient.describe`."""
    if name is None:
        return _endpoints()
    if name not in TABLES:
        raise InvalidArgumentError(f"No frame {name!r}; there are {', '.join(sorted(TABLES))}.")
    dtypes = DTYPES | ({"number": "Decimal"} if numbers == "decimal" else {})
    rows = [(c.name, dtypes[c.kind], c.unit, c.meaning) for c in TABLES[name].columns]
    return pd.DataFrame(rows, columns=["column", "dtype", "unit", "meaning"])


def _endpoints() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "endpoint": endpoint.name,
            "method": endpoint.method,
            "path": endpoint.path,
            "permission": endpoint.permission,
            "parameters": ", ".join(parameter.name for parameter in endpoint.parameters),
            "meaning": endpoint.table.meaning,
        }
        for endpoint in ENDPOINTS.values()
    )
