"""A server that answers with what one DHIS2 version answered when it was recorded."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from layidu.dhis2.client import Client, connect
from layidu.dhis2.transport import read_retry
from layidu.settings import Credentials
from tests.contract.replaying import exchanges

FOLDER = Path(__file__).parent / "recorded_reads"
VERSIONS = ["2.41.9.1", "2.42.5.2", "2.43.1"]
SET, COUNTRY, COMBO, DEFAULT = "Lyd00000033", "Lyd00000001", "Lyd00000016", "bjDvmb4bfuf"


def exchange_of(version: str, exchange: str) -> dict[str, Any]:
    """One answer of the long scenario: status, type, framing, and `json` or `text`."""
    return next(said for asked, said in exchanges(version[:4]) if asked["id"] == exchange)


class Recorded:
    """A server that answers with what one version answered, filtered as the request says."""

    def __init__(self, httpserver: HTTPServer, version: str) -> None:
        self.version = version
        self.said: dict[str, Any] = json.loads((FOLDER / f"{version}.json").read_text(encoding="utf-8"))
        self.changed: dict[str, Any] = {}
        self.requests: list[Request] = []
        httpserver.expect_request(re.compile("/api/.*")).respond_with_handler(self.answer)
        self.client: Client = connect(
            Credentials(httpserver.url_for("").rstrip("/"), username="lydpull", password="x"),  # noqa: S106
            retry=read_retry(attempts=1, backoff_seconds=0.01),
        )

    def body(self, exchange: str) -> Any:
        """What an exchange said, as JSON."""
        return json.loads(self.said[exchange]["body"])

    def exactly(self, exchange: str) -> Response:
        """An exchange word for word."""
        said = self.said[exchange]
        return Response(said["body"].encode(), status=said["status"], headers=said["headers"])

    def replayed(self, exchange: str) -> Response:
        """What this version answered in the long scenario (`recordings/`)."""
        said = dict(exchange_of(self.version, exchange))
        headers = {
            name.title(): said[name]
            for name in ("www-authenticate", "content-disposition", "location")
            if name in said
        }
        body = said["text"] if "text" in said else json.dumps(said["json"])
        return Response(
            body.encode(), status=said["status"], headers=headers, content_type=said["type"] or "text/plain"
        )

    def answer(self, request: Request) -> Response:
        """Answer as recorded, unless a test changed it."""
        self.requests.append(request)
        path = request.path.removeprefix("/api/")
        if path in self.changed:
            changed = self.changed[path]
            return (
                changed
                if isinstance(changed, Response)
                else Response(json.dumps(changed), content_type="application/json")
            )
        words = {
            "system/info": "system-info",
            "me": "me-puller",
            "dataValueSets.csv": "pull-csv-suffix-deleted",
            "completeDataSetRegistrations": "complete-get",
        }
        return self.exactly(words[path]) if path in words else self.collection(path, request)

    def collection(self, path: str, request: Request) -> Response:
        """A collection, by ids or by pages."""
        query = parse_qs(request.query_string.decode())
        items = getattr(self, path)()
        for one in query.get("filter", []):
            wanted = re.fullmatch(r"id:in:\[(.*)\]", one)
            assert wanted, one
            items = [item for item in items if item["id"] in wanted[1].split(",")]
        if query.get("paging") == ["false"]:
            return Response(json.dumps({path: items}), content_type="application/json;charset=UTF-8")
        size, page = int(query["pageSize"][0]), int(query["page"][0])
        pager = {"page": page, "total": len(items), "pageSize": size, "pageCount": -(-len(items) // size)}
        shown = items[size * (page - 1) : size * page]
        return Response(json.dumps({"pager": pager, path: shown}), content_type="application/json")

    def organisationUnits(self) -> list[Any]:  # noqa: N802 - DHIS2's name
        """The whole little country."""
        return list(self.body("org-units-all")["organisationUnits"])

    def dataSets(self) -> list[Any]:  # noqa: N802 - DHIS2's name
        """The monthly data set."""
        return [self.body("data-set-read")]

    def dataElements(self) -> list[Any]:  # noqa: N802 - DHIS2's name
        """The elements, with the combos they were made with."""
        listed = self.body("metadata-export")["dataElements"]
        combos = {"Lyd00000023": COMBO}
        return [{**item, "categoryCombo": {"id": combos.get(item["id"], DEFAULT)}} for item in listed]

    def categoryCombos(self) -> list[Any]:  # noqa: N802 - DHIS2's name
        """Sex and age, and the default."""
        split = self.body("option-combos-after-maintenance")
        options = {
            option["id"]: option for one in split["categoryOptionCombos"] for option in one["categoryOptions"]
        }
        sexes, ages = ["Lyd00000010", "Lyd00000011"], ["Lyd00000012", "Lyd00000013"]
        categories = [
            {"id": "Lyd00000014", "name": "Sexe", "categoryOptions": [options[uid] for uid in sexes]},
            {"id": "Lyd00000015", "name": "Âge", "categoryOptions": [options[uid] for uid in ages]},
        ]
        return [*self.body("default-combos")["categoryCombos"], {**split, "categories": categories}]

    def optionSets(self) -> list[Any]:  # noqa: N802 - DHIS2's name
        """There were none."""
        return []
