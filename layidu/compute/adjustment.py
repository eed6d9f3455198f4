"""What would a count be if every report had come? For analysis only: raw is what is published, never this.

Source: Countdown to 2030, github.com/damurka/cd2030.core (0148b91).
"""


def for_completeness(count: float, reporting_rate: float, k: float) -> float:
    """Count x (1 + (1/rate - 1) x k); k says how much of what is missing happened at all (0 nothing, 1 all of it)."""
    return count * (1 + (1 / reporting_rate - 1) * k)
