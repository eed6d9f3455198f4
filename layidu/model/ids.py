"""Deterministic ids for the objects layidu creates in a target DHIS2."""

import hashlib
import re

UID = re.compile(r"[a-zA-Z][a-zA-Z0-9]{10}")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ALPHABET = LETTERS + "0123456789"


def is_uid(text: str) -> bool:
    """Whether a text has the form of a DHIS2 uid."""
    return UID.fullmatch(text) is not None


def result_uid(kind: str, code: str) -> str:
    """The uid of our object of this kind and code: the same everywhere, so a second import updates it."""
    number = int.from_bytes(hashlib.sha256(f"layidu/{kind}/{code}".encode()).digest(), "big")
    number, first = divmod(number, len(LETTERS))
    characters = [LETTERS[first]]
    for _ in range(10):
        number, rest = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[rest])
    return "".join(characters)
