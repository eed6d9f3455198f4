"""What can be read from the warehouse? One name for the other rooms; the queries stand where they belong."""

from warehouse.behind_read import computed_by, kept_out, published_parts, variable_cells
from warehouse.explain_read import source_cells, terms_of
from warehouse.holds import accepted, decide_hold, one_hold, open_hold, open_holds
from warehouse.load_ledger import read_ledger
from warehouse.read_ledger import changes_of, open_cells
from warehouse.read_results import find_org_units, org_unit_codes, results
from warehouse.read_runs import (
    cursors,
    freshness,
    known_rows,
    open_issues,
    open_refusals,
    status,
    tombstones,
)
from warehouse.read_sums import mapped_sums, published_results, reports, tree, variables_of_data_sets, years

__all__ = [
    "accepted",
    "changes_of",
    "computed_by",
    "cursors",
    "decide_hold",
    "find_org_units",
    "freshness",
    "kept_out",
    "known_rows",
    "mapped_sums",
    "one_hold",
    "open_cells",
    "open_hold",
    "open_holds",
    "open_issues",
    "open_refusals",
    "org_unit_codes",
    "published_parts",
    "published_results",
    "read_ledger",
    "reports",
    "results",
    "source_cells",
    "status",
    "terms_of",
    "tombstones",
    "tree",
    "variable_cells",
    "variables_of_data_sets",
    "years",
]
