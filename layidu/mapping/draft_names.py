"""What a thing of a foreign DHIS2 is called in the declarations: keys from names, bands from options."""

import json
import re
import unicodedata
from collections.abc import Collection

RANGE = re.compile(r"(\d+)\s*(?:-|–|à|a|to)\s*(\d+)")
FROM = re.compile(
    r"(\d+)\s*(?:\+|ans et plus|et plus|years and (?:over|above|older)|and (?:over|above))|≥\s*(\d+)"
)
BELOW = re.compile(r"(?:<|moins de|under|less than)\s*(\d+)")
MONTHS = re.compile(r"\b(mois|months?)\b")
YEARS = re.compile(r"\b(ans?|years?|yrs?)\b")
LONGEST = 48
UNKNOWN = "à préciser"  # what a person must say; the checker counts them


def plain(text: str) -> str:
    """Lower case, without accents, one space between words: how names are compared."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).split())


def key_of(name: str, taken: Collection[str] = ()) -> str:
    """A name for a variable or a dimension: `fp_visits_by_client_type`; numbered when it is taken."""
    words = re.findall(r"[a-z0-9]+", plain(name)) or ["element"]
    key = ""
    for word in words:
        if key and len(key) + len(word) >= LONGEST:
            break
        key = f"{key}_{word}" if key else word
    key = key if key[0].isalpha() else f"n_{key}"
    number, free = 2, key
    while free in taken:
        free, number = f"{key}_{number}", number + 1
    return free


def band_of(option: str, taken: Collection[str] = ()) -> tuple[str, int | None, int | None]:
    """A band for an option, with its ages in whole years when the name says them.

    `10-14 years` is `10-14`; `0-11 months` is `0-11m`; `25 ans et plus` is `25+`; any other name is its key.
    """
    text = plain(option)
    months = "m" if MONTHS.search(text) else ""
    band, minimum, maximum = "", None, None
    if found := RANGE.search(text):
        low, high = int(found.group(1)), int(found.group(2))
        band, minimum, maximum = f"{low}-{high}{months}", low, high
    elif found := FROM.search(text):
        low = int(found.group(1) or found.group(2))
        band, minimum = f"{low}+{months}", low
    elif found := BELOW.search(text):
        high = int(found.group(1))
        band, minimum, maximum = f"<{high}{months}", 0, high - 1
    if not band or band in taken:
        return key_of(option, taken), None, None
    known = bool(YEARS.search(text)) and not months
    return band, minimum if known else None, maximum if known else None


SAFE = re.compile(r"[^\W_][\w '’«»()/.<>+°%-]*", re.UNICODE)
WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "~"})


def quoted(text: str) -> str:
    """A text as YAML writes it: bare when nothing in it could be read otherwise."""
    bare = SAFE.fullmatch(text) and not text.endswith(" ") and text.casefold() not in WORDS
    if bare and not re.fullmatch(r"[\d.+-]+", text):
        return text
    return in_quotes(text)


def in_quotes(text: str) -> str:
    """A text in double quotes, as YAML and JSON both read it."""
    return json.dumps(text, ensure_ascii=False)


def in_braces(text: str) -> str:
    """A text inside braces, where commas and brackets would end it."""
    return text if re.fullmatch(r"[^\W\d_][\w -]*", text) and quoted(text) == text else in_quotes(text)
