"""How is a column of the warehouse declared? Its name, its type and a comment, on one line."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Identity,
    Integer,
    MetaData,
    SmallInteger,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.types import TypeEngine

METADATA = MetaData()

TEXT = SqlText()
INT = Integer()
SMALL = SmallInteger()
BIG = BigInteger()
NUMBER: Float[float] = DOUBLE_PRECISION()
BOOL = Boolean()
DATE = Date()
TIME = DateTime(timezone=True)
SERVER_CLOCK = DateTime(timezone=False)  # a server's own clock, in its own zone


def required(name: str, type_: TypeEngine[Any], comment: str) -> Column[Any]:
    """A column that is never empty."""
    return Column(name, type_, nullable=False, comment=comment)


def optional(name: str, type_: TypeEngine[Any], comment: str) -> Column[Any]:
    """A column that may be empty."""
    return Column(name, type_, nullable=True, comment=comment)


def part(name: str, type_: TypeEngine[Any], comment: str) -> Column[Any]:
    """A column of the primary key."""
    return Column(name, type_, primary_key=True, autoincrement=False, comment=comment)


def numbered(name: str, comment: str, type_: TypeEngine[Any] = INT) -> Column[Any]:
    """A primary key the database counts up."""
    return Column(name, type_, Identity(always=True), primary_key=True, comment=comment)
