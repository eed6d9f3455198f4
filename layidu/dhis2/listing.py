"""How are whole collections of metadata read? In pages whose total is proved, or by a list of ids."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from layidu.dhis2.answers import RightsError
from layidu.dhis2.bodies import doubt
from layidu.dhis2.client import Client

PAGE_SIZE = 1000
IDS_IN_ONE_REQUEST = 150

Item = dict[str, Any]


def read_pages(client: Client, collection: str, fields: str, filters: Sequence[str] = ()) -> list[Item]:
    """Read every object of a collection; ordered by id, because somebody may edit between two pages."""
    for _ in range(2):
        items, total = read_all_pages(client, collection, fields, filters)
        if len(items) == total:
            return items
    raise doubt(
        "GET", client.address(collection), f"{len(items)} objets différents, alors que {total} sont annoncés"
    )


def read_all_pages(
    client: Client, collection: str, fields: str, filters: Sequence[str]
) -> tuple[list[Item], int]:
    """Read page after page; the objects, each once, and the total the last page announces."""
    found: dict[str, Item] = {}
    page, pages, total = 1, 1, 0
    while page <= pages:
        params = [("fields", fields), ("order", "id"), ("pageSize", str(PAGE_SIZE)), ("page", str(page))]
        answer = client.read_json(collection, [*params, *(("filter", one) for one in filters)])
        pager = answer.get("pager") or {}
        read = objects(client, collection, answer)
        found.update((item["id"], item) for item in read)
        pages, total = int(pager.get("pageCount", 1)), int(pager.get("total", len(found)))
        page += 1
    return list(found.values()), total


def read_by_id(client: Client, collection: str, ids: Iterable[str], fields: str) -> list[Item]:
    """Read the objects with these ids, in the order of the ids; one that is not readable is not returned."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Item] = {}
    for batch in batches(wanted, IDS_IN_ONE_REQUEST):
        params = [("fields", fields), ("filter", f"id:in:[{','.join(batch)}]"), ("paging", "false")]
        answer = client.read_json(collection, params)
        found.update((item["id"], item) for item in objects(client, collection, answer))
    return [found[uid] for uid in wanted if uid in found]


def read_all_by_id(client: Client, collection: str, ids: Iterable[str], fields: str, what: str) -> list[Item]:
    """Read the objects with these ids; `what` names them in the error when one is not readable."""
    wanted = list(dict.fromkeys(ids))
    found = read_by_id(client, collection, wanted, fields)
    missing = sorted(set(wanted) - {item["id"] for item in found})
    if missing:
        raise RightsError(
            f"métadonnées de {client}, {collection}",
            f"{len(missing)} {what} que ce compte ne voit pas : {', '.join(missing[:5])}",
            "la lecture des métadonnées de chaque jeu de données déclaré, en entier",
            "faire donner au compte la lecture (partage des métadonnées) de ces objets",
        )
    return found


def objects(client: Client, collection: str, answer: Item) -> list[Item]:
    """The objects of an answer, or a doubt about it."""
    read = answer.get(collection)
    if not isinstance(read, list) or not all(isinstance(item, dict) and "id" in item for item in read):
        raise doubt("GET", client.address(collection), f"une réponse sans liste « {collection} »")
    return read


def batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def reference(item: Item, name: str) -> str | None:
    """The id an object refers to, if it does."""
    referred = item.get(name)
    uid = referred.get("id") if isinstance(referred, dict) else None
    return uid if isinstance(uid, str) else None
