from .adapter import SimulatorAdapter as SimulatorAdapter
from .exchange import SimulatedExchange as SimulatedExchange
from .gateway import Gateway as Gateway
from .keys import ApiKey as ApiKey
from .server import SimulatorServer as SimulatorServer

__all__ = [
    "ApiKey",
    "Gateway",
    "SimulatedExchange",
    "SimulatorAdapter",
    "SimulatorServer",
]
