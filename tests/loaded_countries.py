"""The sandbox's countries, built once for all tests of a process; nobody changes them."""

from functools import cache

from layidu.sandbox import countries
from layidu.sandbox.country import Country


@cache
def loaded(name: str) -> Country:
    """A country of seed 1."""
    return countries.load(name)
