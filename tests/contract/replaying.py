"""The recorded scenario and a plain HTTP client that asks its questions again, as the recorded users did.

`questions.jsonl` has the questions once, in order; `answers_2_4x.jsonl` what each version answered: status, content
type, framing and the body, `send` where a body held ids of that server. The host is `{base}`. Left out are what no test
reads: the options an import repeats (but in two answers), the administrator's authorities, all but the newest message
of the analytics job, the rest of HTML pages. A gzip body stands as the text that was packed.
"""

import base64
import gzip
import json
import time
from datetime import datetime
from functools import cache
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pandas as pd

from layidu.sandbox.accounts import new_token, read
from layidu.sandbox.country import VALUE_COLUMNS, Account, Country
from layidu.sandbox.uids import uid

FOLDER = Path(__file__).parent / "recordings"
#: The server's time when the scenario began: time stamps in its questions are relative to it.
CLOCK_START = datetime(2026, 11, 22, 12, 35)  # noqa: DTZ001 - the recorded server's zone is UTC
#: Ids in the questions are those of this version; the other answers are in ids of their own.
QUESTIONS_OF = "2.42"

TREE = ("Lyd00000001",)
USERS = (
    Account("lydadmin", "", "", ("ALL",), ()),
    Account("lydpull", "", "", ("M_dhis-web-dataentry",), TREE),
    Account("lydpush", "", "", ("M_dhis-web-dataentry", "F_DATAVALUE_ADD"), TREE),
)
LEVELS = (
    ("Lyd00000071", "Pays"),
    ("Lyd00000072", "Région"),
    ("Lyd00000073", "District"),
    ("Lyd00000074", "CSCom"),
)
#: An empty server.
COUNTRY = Country(
    "vide",
    {
        "organisationUnitLevels": [
            {"id": identifier, "name": name, "level": level}
            for level, (identifier, name) in enumerate(LEVELS, 1)
        ]
    },
    pd.DataFrame({name: pd.Series(dtype=bool if name == "deleted" else str) for name in VALUE_COLUMNS}),
    pd.DataFrame(
        {name: pd.Series(dtype=str) for name in ("data_set", "period", "org_unit", "date", "stored_by")}
    ),
    USERS,
)


@cache
def _lines(name: str) -> tuple[dict[str, Any], ...]:
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in text.splitlines())


def exchanges(dialect: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every question with the answer that version gave; the same questions in the same order for all."""
    answers = {answer["id"]: answer for answer in _lines(f"answers_{dialect.replace('.', '_')}")}
    return [(question, answers[question["id"]]) for question in _lines("questions")]


class Client:
    """Asks as the recorded users asked, and translates ids that a server makes at random."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self.accounts = {account.username: account for account in read(folder).values()}
        self.token = ""
        self.ids = {
            "Lyd00000050": uid("user", "lydpull"),
            "Lyd00000051": uid("user", "lydpush"),
            "Lyd00000054": uid("user", "lydadmin"),
        }

    def translated(self, text: str) -> str:
        """A recorded text in the ids of this server."""
        for recorded, own in self.ids.items():
            text = text.replace(recorded, own)
        return text.replace("{base}", self.url)

    def ask(self, question: dict[str, Any], sent: object = None) -> tuple[HTTPResponse, bytes]:
        """Send one recorded question; `sent` is a body of this version's own."""
        method, path = question["ask"]
        path = self.translated(path)
        query = self.translated(urlencode(question.get("params", {}), doseq=True))
        headers = {**question.get("headers", {}), **self.credentials(question)}
        body: Any = question.get("send") if sent is None else sent
        if body is not None:
            body = self.translated(body if isinstance(body, str) else json.dumps(body)).encode()
            headers.setdefault("Content-Type", "application/json")
            if headers.get("Content-Encoding") == "gzip":
                body = gzip.compress(body)
        self.connection.request(method, f"{path}?{query}", body, headers)
        response = self.connection.getresponse()
        return response, response.read()

    def credentials(self, question: dict[str, Any]) -> dict[str, str]:
        """Who asks."""
        user = {"admin": "lydadmin"}.get(question["as"], question["as"])
        if user is None:
            return {}
        if question["id"] == "token-wrong":
            return {"Authorization": f"ApiToken {new_token()[:-1]}x"}
        if user == "token":
            return {"Authorization": f"ApiToken {self.token}"}
        password = "wrong" if question["id"] == "me-wrong-password" else self.accounts[user].password
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}

    def post(self, path: str) -> Any:
        """What the administrator's bare POST gives."""
        response, body = self.ask({"id": "", "as": "admin", "ask": ["POST", path]})
        assert response.status == 200, body
        return json.loads(body)

    def build_tables(self) -> None:
        """Run analytics and wait, as any client must."""
        job = self.post("/api/resourceTables/analytics")["response"]
        self.wait_for(job["relativeNotifierEndpoint"])

    def wait_for(self, path: str) -> None:
        """Poll a job's messages until it is completed."""
        for _ in range(500):
            messages = json.loads(self.ask({"id": "", "as": "admin", "ask": ["GET", path]})[1])
            if messages and messages[0]["completed"]:
                return
            time.sleep(0.02)
        raise AssertionError(path)

    def learn(self, recorded: Any, own: Any) -> None:
        """The ids a server makes at random: jobs and tokens, and option combos, which are matched by name."""
        if not (isinstance(recorded, dict) and isinstance(own, dict)):
            return
        for name in ("id", "uid"):
            made, ours = (_response(answer).get(name) for answer in (recorded, own))
            if made and ours and not str(made).startswith("Lyd"):
                self.ids[made] = ours
            if name == "uid" and "key" in _response(own):
                self.token = _response(own)["key"]
        by_name = {combo.get("name"): combo["id"] for combo in own.get("categoryOptionCombos", ())}
        for combo in recorded.get("categoryOptionCombos", ()):
            if combo.get("name") in by_name:
                self.ids[combo["id"]] = by_name[combo["name"]]


def _response(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer.get("response")
    return found if isinstance(found, dict) else {}
