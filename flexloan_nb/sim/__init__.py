"""An embedded exchange that lends against crypto, for notebooks and tests that need no key.

`SimulatedExchange` is the desk with its clock, market and books. `Gateway` is its HTTP interface
as one WSGI callable, reached in process through `SimulatorAdapter` or over the loopback
interface through `SimulatorServer`. It imports nothing else of the package and states its own
rules, so that a mistake of the rest cannot confirm itself here.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
