"""Small stateful fakes that stand where the exchange would."""

import io

import requests
from requests.adapters import BaseAdapter


class CannedAdapter(BaseAdapter):
    """Answers every request with the same bytes and remembers what was asked."""

    def __init__(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        super().__init__()
        self.body = body
        self.status = status
        self.headers = headers
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        self.requests.append(request)
        response = requests.Response()
        response.status_code = self.status
        response.headers.update(self.headers)
        response.raw = io.BytesIO(self.body)
        response.request = request
        response.url = request.url or ""
        return response

    def close(self) -> None:
        pass


class AdjustmentAdapter(CannedAdapter):
    """Has an empty history, and answers a change with the same bytes or by raising."""

    def __init__(self, body: bytes = b"", status: int = 200, error: Exception | None = None):
        super().__init__(body, status)
        self.history = CannedAdapter(b'{"code": "0", "msg": "", "data": []}')
        self.error = error

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        if request.method == "GET":
            return self.history.send(request)
        if self.error is None:
            return super().send(request)
        self.requests.append(request)
        raise self.error
