"""Several accounts, such as sub-accounts, read as one."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd

from flexloan_nb.api.client import FlexibleLoanClient
from flexloan_nb.errors import FlexLoanError, InvalidArgumentError

__all__ = ["Accounts"]


class Accounts:
    """The reading methods of `FlexibleLoanClient`, for several accounts at once.

    Each method takes what the client's takes and returns the accounts' rows one after another,
    with the account's name in a first column ``account``. The accounts are asked at the same
    time, as each has limits of its own. Collateral is moved through one account's own client.

    Parameters
    ----------
    clients : mapping of str to FlexibleLoanClient
        The accounts by name.

    Raises
    ------
    InvalidArgumentError
        There are no accounts.
    FlexLoanError
        From every method: that of the first account that failed, with a note that names it.

    Examples
    --------
    >>> from flexloan_nb import connect
    >>> accounts = Accounts({"main": connect("simulator"), "other": connect("simulator", seed=8)})
    >>> accounts.loan_info()["account"].tolist()
    ['main', 'main', 'other', 'other']
    """

    def __init__(self, clients: Mapping[str, FlexibleLoanClient]) -> None:
        if not clients:
            raise InvalidArgumentError("There are no accounts: give at least one.")
        self._clients = dict(clients)

    def __repr__(self) -> str:
        return f"Accounts({', '.join(self._clients)})"

    def __getitem__(self, account: str) -> FlexibleLoanClient:
        """Return one account's own client."""
        return self._clients[account]

    def borrow_currencies(self) -> pd.DataFrame:
        """See `FlexibleLoanClient.borrow_currencies`."""
        return self._each(FlexibleLoanClient.borrow_currencies)

    def collateral_assets(self, *args: Any, **kwargs: Any) -> pd.DataFrame:
        """See `FlexibleLoanClient.collateral_assets`."""
        return self._each(FlexibleLoanClient.collateral_assets, *args, **kwargs)

    def max_loan(self, *args: Any, **kwargs: Any) -> pd.DataFrame:
        """See `FlexibleLoanClient.max_loan`."""
        return self._each(FlexibleLoanClient.max_loan, *args, **kwargs)

    def max_collateral_redeem_amount(self, *args: Any, **kwargs: Any) -> pd.DataFrame:
        """See `FlexibleLoanClient.max_collateral_redeem_amount`."""
        return self._each(FlexibleLoanClient.max_collateral_redeem_amount, *args, **kwargs)

    def loan_info(self) -> pd.DataFrame:
        """See `FlexibleLoanClient.loan_info`."""
        return self._each(FlexibleLoanClient.loan_info)

    def loan_legs(self) -> pd.DataFrame:
        """See `FlexibleLoanClient.loan_legs`."""
        return self._each(FlexibleLoanClient.loan_legs)

    def loan_history(self, *args: Any, **kwargs: Any) -> pd.DataFrame:
        """See `FlexibleLoanClient.loan_history`."""
        return self._each(FlexibleLoanClient.loan_history, *args, **kwargs)

    def interest_accrued(self, *args: Any, **kwargs: Any) -> pd.DataFrame:
        """See `FlexibleLoanClient.interest_accrued`."""
        return self._each(FlexibleLoanClient.interest_accrued, *args, **kwargs)

    def _each(self, method: Callable[..., pd.DataFrame], *args: Any, **kwargs: Any) -> pd.DataFrame:
        def read(account: str) -> pd.DataFrame:
            try:
                frame = method(self._clients[account], *args, **kwargs)
            except FlexLoanError as error:
                error.add_note(f"This is of the account {account!r}.")
                raise
            frame.insert(0, "account", pd.Series(account, frame.index, dtype="string"))
            return frame

        with ThreadPoolExecutor(len(self._clients)) as pool:
            return pd.concat(list(pool.map(read, self._clients)), ignore_index=True)
