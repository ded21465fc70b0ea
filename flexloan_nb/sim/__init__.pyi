from .adapter import SimulatorAdapter as SimulatorAdapter
from .assumptions import ASSUMPTIONS as ASSUMPTIONS
from .exchange import SimulatedExchange as SimulatedExchange
from .gateway import Gateway as Gateway
from .keys import ApiKey as ApiKey
from .server import SimulatorServer as SimulatorServer

__all__ = [
    "ASSUMPTIONS",
    "ApiKey",
    "Gateway",
    "SimulatedExchange",
    "SimulatorAdapter",
    "SimulatorServer",
]
