"""Which org units hang elsewhere than `org_units.yaml` declares: how a moved unit is seen on a first night."""

import pandas as pd

from layidu.mapping.contracts import OrgUnits
from layidu.model.frames import METADATA_EVENTS
from layidu.model.metadata import Metadata


def moved_units(declared: OrgUnits | None, source: str, metadata: Metadata) -> pd.DataFrame:
    """One `moved` event (frames.METADATA_EVENTS) for each unit whose parent is not the declared one.

    Units are named by code. A declared unit the source does not have is not judged here: the checker says so.
    """
    expected = declared.expected_parents.get(source, {}) if declared else {}
    units = metadata.org_units[["uid", "code", "name", "parent"]].dropna(subset="code")
    parents = metadata.org_units[["uid", "code", "name"]].add_prefix("parent_")
    placed = units.merge(parents, left_on="parent", right_on="parent_uid", how="left")
    placed["expected"] = placed["code"].map(expected)
    moved = placed[placed["expected"].notna() & (placed["expected"] != placed["parent_code"])]
    names = metadata.org_units.set_index("code")["name"].to_dict() if len(moved) else {}
    return METADATA_EVENTS.frame(
        (
            "moved",
            "org_unit",
            row["uid"],
            row["name"],
            str(names.get(row["expected"], row["expected"])),
            str(row["parent_name"]),
        )
        for row in moved.to_dict("records")
    )
