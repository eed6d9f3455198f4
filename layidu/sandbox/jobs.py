"""What became of a job? The lists a client polls: empty at first, then newest first, the last one completed."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from layidu.sandbox.answers import Answer, as_json, succeeded
from layidu.sandbox.clock import Clock, java_text
from layidu.sandbox.dialects import Change, Dialect
from layidu.sandbox.uids import uid

KEPT = 100


@dataclass(slots=True)
class Job:
    """One job, its messages (oldest first) and how often somebody asked."""

    id: str
    kind: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    polls: int = 0
    summary: Any = None


class Jobs:
    """The last jobs of the server."""

    def __init__(self, clock: Clock, dialect: Dialect) -> None:
        self._clock = clock
        self._typed = Change.V242_REPORTS_TYPED in dialect
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def start(
        self,
        kind: str,
        work: Callable[[], object],
        parameters: dict[str, Any],
        base_url: str,
        *,
        waited_for: bool = False,
    ) -> Answer:
        """Begin a job, in the background unless it is waited for, and answer as DHIS2 does."""
        now = self._clock.now()
        number = int(now.timestamp() * 1000)
        with self._lock:
            self._count += 1
            job = Job(uid("job", f"{kind}:{number}:{self._count}"), kind)
            self._jobs[job.id] = job
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)
        # The thread works in the name of the request that began it: the ledger says so.
        work_of_request = partial(copy_context().run, self._run, job, work, now)
        thread = threading.Thread(target=work_of_request, daemon=True)
        thread.start()
        if waited_for:
            thread.join()
        name = f"{kind} ({number})"
        response = {
            "name": name,
            "id": job.id,
            "created": java_text(now),
            "jobType": kind,
            "jobStatus": "NOT_STARTED",
            "jobParameters": parameters,
            "relativeNotifierEndpoint": f"/api/system/tasks/{kind}/{job.id}",
        }
        if self._typed:
            response["responseType"] = "JobConfiguration"
        answer = succeeded(f"Initiated {name}", response=response)
        answer.headers["Location"] = f"{base_url}/api/system/tasks/{kind}"
        return answer

    def _run(self, job: Job, work: Callable[[], object], begun: datetime) -> None:
        title = (
            "Analytics table update process"
            if job.kind == "ANALYTICS_TABLE"
            else f"{job.kind} process started"
        )
        self._say(job, title, completed=False)
        job.summary = work()
        taken = str(self._clock.now() - begun)[:11]
        done = f"Analytics tables updated: 0{taken}" if job.kind == "ANALYTICS_TABLE" else "Import complete"
        self._say(job, done, completed=True)

    def _say(self, job: Job, message: str, *, completed: bool) -> None:
        identifier = uid("message", f"{job.id}:{len(job.messages)}")
        job.messages.append(
            {
                "level": "INFO",
                "category": job.kind,
                "message": message,
                "completed": completed,
                "id": identifier,
                "time": java_text(self._clock.now()),
                "uid": identifier,
            }
        )

    def tasks(self, identifier: str) -> Answer:
        """The messages of a job; the first time somebody asks there are none yet."""
        job = self._jobs.get(identifier)
        found: list[dict[str, Any]] = []
        if job is not None:
            job.polls += 1
            found = list(reversed(job.messages)) if job.polls > 1 else []
        return as_json(found, cache="no-store")

    def summary(self, identifier: str) -> Answer:
        """The result of a job; not one byte while there is none."""
        job = self._jobs.get(identifier)
        if job is None or job.summary is None or job.polls <= 1:
            return Answer(200, None, b"", {"Cache-Control": "no-store"}, chunked=False)
        return as_json(job.summary, cache="no-store")
