"""The people of the tests' small country: each asks with a plain HTTP client and a token of its own."""

import json
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from layidu.sandbox.accounts import read
from tests.sandbox_country import DISTRICT, SOURCE


class Asked:
    """One user's view of a sandbox."""

    def __init__(self, url: str, token: str) -> None:
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self.headers = {"Authorization": f"ApiToken {token}", "Content-Type": "application/json"}

    def raw(self, method: str, path: str, body: object = None, **params: Any) -> tuple[int, bytes]:
        """Status and body of an answer."""
        text = None if body is None else json.dumps(body).encode()
        query = urlencode(params, doseq=True)
        self.connection.request(method, f"{path}?{query}", text, self.headers)
        response = self.connection.getresponse()
        return response.status, response.read()

    def get(self, path: str, **params: Any) -> Any:
        """What a good answer says."""
        status, body = self.raw("GET", path, **params)
        assert status == 200, body
        return json.loads(body)

    def refusal(self, path: str, **params: Any) -> tuple[int, str | None]:
        """Status and error code of a refusal."""
        status, body = self.raw("GET", path, **params)
        return status, json.loads(body).get("errorCode")


class People:
    """All four users of a sandbox."""

    def __init__(self, url: str, folder: Path) -> None:
        by_role = {role: Asked(url, account.token) for role, account in read(folder).items()}
        self.admin, self.pull = by_role["admin"], by_role["pull"]
        self.push, self.analytics = by_role["push"], by_role["analytics"]

    def close(self) -> None:
        """Hang up."""
        for each in (self.admin, self.pull, self.push, self.analytics):
            each.connection.close()

    def build_tables(self) -> None:
        """Run analytics and wait for it."""
        status, body = self.analytics.raw("POST", "/api/resourceTables/analytics")
        assert status == 200
        job = json.loads(body)["response"]["id"]
        assert self.admin.get(f"/api/system/tasks/ANALYTICS_TABLE/{job}") == []
        self.wait_for(job)

    def wait_for(self, job: str) -> None:
        """Poll a build's messages until it is completed."""
        for _ in range(500):
            messages = self.admin.get(f"/api/system/tasks/ANALYTICS_TABLE/{job}")
            if messages and messages[0]["completed"]:
                return
            time.sleep(0.02)
        raise AssertionError(messages)

    def rows(self, dx: str, pe: str, ou: str, **params: Any) -> list[list[str]]:
        """The rows of an analytics answer, sorted."""
        found = self.admin.get("/api/analytics", dimension=[f"dx:{dx}", f"pe:{pe}", f"ou:{ou}"], **params)
        return sorted(found["rows"])


def values(**more: Any) -> dict[str, Any]:
    return {
        "dataSet": SOURCE,
        "orgUnit": DISTRICT,
        "children": "true",
        "period": ["202601", "202602"],
        **more,
    }


def envelope(data_set_id: str, *rows: tuple[str, str, str, str]) -> dict[str, Any]:
    names = ("dataElement", "period", "orgUnit", "value")
    return {"dataSet": data_set_id, "dataValues": [dict(zip(names, each, strict=True)) for each in rows]}
