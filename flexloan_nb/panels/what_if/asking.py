"""Asking when things have come to rest, away from the thread that draws."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from flexloan_nb.errors import FlexLoanError

__all__ = ["Asker", "OutdatedError", "deliver_to_loop"]

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]


class OutdatedError(FlexLoanError):
    """A question was given up, as there is a newer one."""


class Asker(Generic[T]):
    """Asks one question at a time, the newest, when none has come for a while.

    A thread is there only as long as there is something to ask. An answer that has been
    overtaken by a newer question is dropped.

    Parameters
    ----------
    answered : callable
        Called with the answer, or with the exception that took its place.
    rest : float
        Seconds without another question before one is asked; with 0 it is asked at once, in
        the caller's own thread.
    deliver : callable, optional
        Runs a function in the thread that draws; by default the one that calls.

    Examples
    --------
    >>> asker = Asker(print, rest=0)
    >>> asker.ask(lambda: "15,341.60 USDT")
    15,341.60 USDT
    """

    def __init__(
        self,
        answered: Callable[[T | BaseException], None],
        *,
        rest: float = 0.5,
        deliver: Deliver | None = None,
    ) -> None:
        self._answered = answered
        self._rest = rest
        self._deliver = deliver or deliver_to_loop()
        self._changed = threading.Condition()
        self._question: Callable[[], T] | None = None
        self._due = 0.0
        self._number = 0
        self._asking = False
        self._is_closed = False
        self._mine = threading.local()

    def ask(self, question: Callable[[], T]) -> None:
        """Ask this in place of whatever was to be asked."""
        with self._changed:
            if self._is_closed:
                return
            self._question, self._due = question, time.monotonic() + self._rest
            self._number += 1
            self._changed.notify_all()
            start = not self._asking and self._rest > 0
            self._asking = self._asking or start
        if start:
            threading.Thread(target=self._work, name="flexloan-asker", daemon=True).start()
        elif self._rest <= 0:
            self._ask_now(*self._taken())

    def cancel(self) -> None:
        """Forget the question, and drop the answer to one that is out."""
        with self._changed:
            self._number += 1
            self._question = None
            self._changed.notify_all()

    def close(self) -> None:
        """Ask nothing any more."""
        self.cancel()
        with self._changed:
            self._is_closed = True

    def pause(self, seconds: float) -> None:
        """Sleep, as a client does between two attempts, unless a newer question comes.

        Raises
        ------
        OutdatedError
            One has come, so that the next attempt would be for nothing.
        """
        mine, until = getattr(self._mine, "number", None), time.monotonic() + seconds
        with self._changed:
            while (left := until - time.monotonic()) > 0:
                if mine is not None and mine != self._number:
                    raise OutdatedError("A newer question has come.")
                self._changed.wait(left)

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._question and (left := self._due - time.monotonic()) > 0:
                    self._changed.wait(left)
                if self._question is None:
                    self._asking = False
                    return
                question, number = self._taken()
            self._ask_now(question, number)

    def _taken(self) -> tuple[Callable[[], T], int]:
        question, self._question = self._question, None
        assert question is not None
        return question, self._number

    def _ask_now(self, question: Callable[[], T], number: int) -> None:
        self._mine.number = number
        answer: T | BaseException
        try:
            answer = question()
        except Exception as error:
            answer = error
        finally:
            self._mine.number = None
        self._deliver(lambda: self._hand_over(answer, number))

    def _hand_over(self, answer: T | BaseException, number: int) -> None:
        if number == self._number and not self._is_closed:
            self._answered(answer)


def deliver_to_loop() -> Deliver:
    """Return what runs functions in the event loop of the caller, or at once without one.

    A kernel runs cells in its loop. There, what an answer changes cannot meet with what a
    slider changes at the same moment.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return _at_once
    return lambda function: _in(loop, function)


def _at_once(function: Callable[[], None]) -> None:
    function()


def _in(loop: Any, function: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function)
