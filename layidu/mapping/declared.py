"""What every declaration has in common: unknown keys are errors, unknown facts are None."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Uid = Annotated[str, Field(pattern=r"^[a-zA-Z][a-zA-Z0-9]{10}$")]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}(0[1-9]|1[0-2])$")]


class Declared(BaseModel):
    """Base of all declarations: frozen, nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False)
