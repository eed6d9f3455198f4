"""Which faults lie in the transport? Time, cuts and lengths; the answer itself is the server's own."""

from layidu.sandbox.answers import Answer, joined
from layidu.sandbox.faults_kind import Turn
from layidu.sandbox.faults_rows import Rows
from layidu.sandbox.wire import CLOSE, OPEN


def delay(turn: Turn) -> Answer:
    """Nothing for a while, then the answer."""
    if turn.strikes():
        turn.wait(turn["seconds"])
    return turn.serve()


def slow_insert(turn: Turn) -> Answer:
    """A time for every row sent."""
    rows = Rows.of_request(turn.request)
    if rows is not None and rows.rows and turn.strikes():
        turn.wait(turn["seconds"] * len(rows.rows))
    return turn.serve()


def drip(turn: Turn) -> Answer:
    """A few bytes at a time."""
    if turn.strikes():
        turn.wire.piece = max(1, turn["bytes"])
        turn.wire.pause = lambda: turn.wait(turn["seconds"])
    return turn.serve()


def hang(turn: Turn) -> Answer:
    """Silence on an open connection: before anything is done, or within the body and then a reset."""
    if turn["at"] < 0:
        return delay(turn)
    turn.wire.dwell = lambda: turn.wait(turn["seconds"])
    return reset_at(turn)


def reset_at(turn: Turn) -> Answer:
    """A connection reset after some bytes of the body."""
    answer = turn.serve()
    turn.wire.stop_at, turn.wire.strikes, turn.wire.resets = turn["at"], turn.strikes, True
    return answer


def lost_answer(turn: Turn) -> Answer:
    """Nobody hears of it: the connection is reset without a byte, after the server's work or before it."""
    if not turn["commit"]:
        turn.wire.lost = turn.strikes()
        return Answer(200, None, b"") if turn.wire.lost else turn.serve()
    answer = turn.serve()
    joined(answer)
    turn.wire.lost = turn.strikes()
    return answer


def gzip_cut(turn: Turn) -> Answer:
    """A compressed body without its end, in a transport that looks whole."""
    answer = turn.serve()
    turn.wire.packed_stop_at, turn.wire.strikes = turn["at"], turn.strikes
    return answer


def no_terminator(turn: Turn) -> Answer:
    """Every chunk but the last, then a closed connection."""
    if turn.strikes():
        turn.wire.framing = OPEN
    return turn.serve()


def plain_close(turn: Turn) -> Answer:
    """The whole body, whose end is the end of the connection: nothing proves that it is whole."""
    if turn.strikes():
        turn.wire.framing = CLOSE
    return turn.serve()


def wrong_length(turn: Turn) -> Answer:
    """A Content-Length that is not the body's."""
    answer = turn.serve()
    if joined(answer) and turn.strikes():
        turn.wire.longer_by = turn["by"]
        answer.chunked = False
    return answer
