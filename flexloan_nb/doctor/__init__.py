"""Is the set-up right? A finding for each thing that can be wrong, with what to do about it.

Nothing is moved: the calls are the exchange's time, the list of borrowable coins and, live, the
configuration of the account. They go out through the client's own transport, so what is found is
what a client would meet.
"""

from flexloan_nb.doctor.check import Check, as_json, as_text
from flexloan_nb.doctor.examination import examine

__all__ = ["Check", "as_json", "as_text", "examine"]
