from .api.accounts import Accounts as Accounts
from .api.cache import MarketCache as MarketCache
from .api.client import FlexibleLoanClient as FlexibleLoanClient
from .api.client import LoanSnapshot as LoanSnapshot
from .api.credentials import Credentials as Credentials
from .api.market import MarketClient as MarketClient
from .connection import connect as connect
from .connection import connect_many as connect_many
from .errors import ApiError as ApiError
from .errors import AuthError as AuthError
from .errors import CertificateError as CertificateError
from .errors import CredentialsError as CredentialsError
from .errors import FlexLoanError as FlexLoanError
from .errors import InvalidArgumentError as InvalidArgumentError
from .errors import InvalidRequestError as InvalidRequestError
from .errors import LoanRuleError as LoanRuleError
from .errors import OutcomeUnknownError as OutcomeUnknownError
from .errors import PermissionDeniedError as PermissionDeniedError
from .errors import RateLimitError as RateLimitError
from .errors import ResponseFormatError as ResponseFormatError
from .errors import ServiceError as ServiceError
from .errors import TradingDisabledError as TradingDisabledError
from .errors import TransportError as TransportError
from .figures import plot_interest as plot_interest
from .sim import SimulatedExchange as SimulatedExchange

__version__: str
