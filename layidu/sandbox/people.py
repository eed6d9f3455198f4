"""Who may do what in the sandbox? An administrator and three accounts, each with only its rights."""

from collections.abc import Sequence

from layidu.sandbox.country import Account


def accounts(root: str, data_sets: Sequence[str]) -> tuple[Account, ...]:
    """The accounts of a country; passwords and tokens are made by the server when it starts."""
    return (
        Account("admin", "", "", ("ALL",), ()),
        Account("pull", "", "", (), (root,), data_read=tuple(data_sets)),
        Account("push", "", "", ("F_DATAVALUE_ADD",), (root,)),
        Account("analytics", "", "", ("F_PERFORM_MAINTENANCE",), (root,)),
    )
