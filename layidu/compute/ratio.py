"""What is a numerator over a denominator worth, and when is it worth nothing?"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.object_]

COMPUTED = "computed"
NUMERATOR_MISSING = "numerator missing"
DENOMINATOR_MISSING = "denominator missing"
DENOMINATOR_ZERO = "denominator zero"
DENOMINATOR_INCOMPLETE = "denominator incomplete"
INSUFFICIENT_DATA = "insufficient data"  # the source's bands cannot tell what is asked
PARAMETER_MISSING = "parameter missing"  # a declared table, as of continuation, that nobody has given
REPORTING_TOO_LOW = "reporting too low"  # too few reports of the year for an estimate
STATUSES = (
    COMPUTED,
    DENOMINATOR_INCOMPLETE,
    DENOMINATOR_ZERO,
    DENOMINATOR_MISSING,
    NUMERATOR_MISSING,
)
NAMES = np.array(STATUSES, dtype=object)


def divide(
    numerator: FloatArray,
    denominator: FloatArray | None,
    factor: float,
    *,
    incomplete: BoolArray | None = None,
) -> tuple[FloatArray, TextArray]:
    """Value and status of each pair of parts; NaN is missing, and missing is never zero.

    No denominator at all means a count. `incomplete` marks denominators that lack a part of their branch:
    they are divided, because DHIS2 will divide them too, and the status says what is wrong with the value.
    """
    code = np.zeros(numerator.shape, dtype=np.int8)
    if denominator is None:
        value = numerator * factor
    else:
        if incomplete is not None:
            code[incomplete] = STATUSES.index(DENOMINATOR_INCOMPLETE)
        code[denominator == 0] = STATUSES.index(DENOMINATOR_ZERO)
        code[np.isnan(denominator)] = STATUSES.index(DENOMINATOR_MISSING)
        divisor = np.where(denominator == 0, np.nan, denominator)
        value = numerator / divisor * factor
    code[np.isnan(numerator)] = STATUSES.index(NUMERATOR_MISSING)
    return value, NAMES[code]
