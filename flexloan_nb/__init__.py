"""Jupyter toolkit for OKX Flexible Loan.

>>> from flexloan_nb import connect
>>> client = connect("simulator")
>>> client.loan_info()["ordId"].is_unique
True

The public names are listed in the stub beside this file and loaded when they are first used:
importing the package alone imports neither pandas nor plotly nor ipywidgets.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
