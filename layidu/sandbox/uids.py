"""Deterministic DHIS2 ids: the same kind and code give the same uid in every sandbox."""

import hashlib

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ALPHABET = LETTERS + "0123456789"


def uid(kind: str, code: str) -> str:
    """Eleven characters, the first a letter, as DHIS2's own generator makes them."""
    number = int.from_bytes(hashlib.sha256(f"{kind}:{code}".encode()).digest(), "big")
    number, first = divmod(number, len(LETTERS))
    characters = [LETTERS[first]]
    for _ in range(10):
        number, rest = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[rest])
    return "".join(characters)
