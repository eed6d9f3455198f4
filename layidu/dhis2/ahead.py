"""How are many slices pulled from one server? A few requests at once, less at a time where too much was asked.

While the caller checks and loads one answer the next ones are on their way; never more of them than the server is
asked to bear. A slice that was too large is halved, and its halves take its place. A server that no longer answers
is not asked a thousand times more.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from layidu.dhis2.answers import (
    AnswerError,
    BrokenOffAnswerError,
    NetworkError,
    ServerFailedError,
    TooMuchAskedError,
)
from layidu.dhis2.slices import halve
from layidu.model.metadata import Metadata
from layidu.model.slices import Pulled, Slice

Answer = Callable[[], Pulled]
Halved = Callable[[Slice, AnswerError], None]

#: Answers in a row that did not come at all. A time-out counts half: less may come through.
SILENT_AFTER = 4
MOST_HALVINGS_OF_A_BROKEN_LINE = 3


class Ahead:
    """The answers to some slices, in order, as (slice, a call that gives its answer or raises why there is none)."""

    def __init__(
        self, ask: Callable[[Slice], Pulled], metadata: Metadata, *, at_once: int, halved: Halved
    ) -> None:
        self._ask = ask
        self._metadata = metadata
        self._at_once = at_once
        self._halved = halved
        self._barred: set[str] = set()
        self._unanswered = 0.0
        self._broken: dict[Slice, int] = {}

    def bar(self, data_set: str) -> None:
        """Ask for nothing more of a data set: the account may not read it."""
        self._barred.add(data_set)

    def pull(self, slices: Sequence[Slice]) -> Iterator[tuple[Slice, Answer]]:
        """Pull these slices; nothing is asked ahead of a caller that stops."""
        waiting = deque(slices)
        asked: deque[tuple[Slice, Future[Pulled]]] = deque()
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="pull") as pool:
            while waiting or asked:
                self._fill(pool, waiting, asked)
                if not asked:
                    continue
                slice_, future = asked.popleft()
                halves = self._settled(slice_, future.exception())
                waiting.extendleft(reversed(halves))
                self._fill(pool, waiting, asked)
                if not halves:
                    yield slice_, future.result

    def _fill(
        self,
        pool: ThreadPoolExecutor,
        waiting: deque[Slice],
        asked: deque[tuple[Slice, Future[Pulled]]],
    ) -> None:
        while waiting and len(asked) < self._at_once:
            slice_ = waiting.popleft()
            if slice_.data_set not in self._barred:
                asked.append((slice_, pool.submit(self._unless_silent, slice_)))

    def _unless_silent(self, slice_: Slice) -> Pulled:
        if self._unanswered >= SILENT_AFTER:
            raise NetworkError(
                f"tranche {slice_.name}",
                "les demandes précédentes sont toutes restées sans réponse ; celle-ci n'a pas été faite",
                "un serveur qui répond",
                "rien à faire : la prochaine exécution reprendra là",
            )
        return self._ask(slice_)

    def _settled(self, slice_: Slice, error: BaseException | None) -> list[Slice]:
        """Count silence; the halves to ask for instead, where less may come through."""
        if isinstance(error, NetworkError | ServerFailedError | BrokenOffAnswerError):
            self._unanswered += 1
        elif isinstance(error, TooMuchAskedError) and error.status not in (413, 414):
            self._unanswered += 0.5
        else:
            self._unanswered = 0
        if self._unanswered >= SILENT_AFTER:
            return []
        depth = self._broken.pop(slice_, 0)
        if isinstance(error, BrokenOffAnswerError) and depth >= MOST_HALVINGS_OF_A_BROKEN_LINE:
            return []
        if not isinstance(error, TooMuchAskedError | BrokenOffAnswerError):
            return []
        halves = halve(slice_, self._metadata)
        if isinstance(error, TooMuchAskedError) and halves:
            self._halved(slice_, error)  # to be remembered: a line that broke says nothing about sizes
        if isinstance(error, BrokenOffAnswerError):
            self._broken.update((half, depth + 1) for half in halves)
        return halves
