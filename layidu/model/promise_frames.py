"""The exact columns of the frames that say how promises stand, and of what people entered about them."""

from layidu.model.frames import DATE, TEXT, Contract

# --- entered by people; only what is current: the history stays in the warehouse -------------------
PROGRESS = Contract(  # what one line of the plan achieved in one period, not cumulated
    "progress",
    {
        "line": TEXT,
        "period": TEXT,  # DHIS2 period id
        "quantity": "float64",
        "document": TEXT,  # may be missing
        "entered_by": TEXT,
        "entered_on": DATE,
    },
    ("line", "period"),
)
EVIDENCE = Contract(  # a document that shows a milestone; it counts once somebody validated it
    "evidence",
    {
        "object": TEXT,
        "milestone": TEXT,
        "evidence_on": DATE,
        "document": TEXT,
        "validated_by": TEXT,  # missing: not validated yet
        "validated_on": DATE,
    },
    ("object", "milestone", "evidence_on", "document"),
)

# --- computed --------------------------------------------------------------------------------------
COMMITMENT_STATUS = Contract(
    "commitment_status",
    {
        "commitment": TEXT,
        "code": TEXT,  # of the commitment, result, process indicator or part
        "kind": TEXT,  # commitment | result | process | part
        "parent": TEXT,  # code above; "" for a commitment
        "label": TEXT,
        "population": TEXT,  # base of a reference series, or place; "" when there is none
        "colour": TEXT,  # GREEN | YELLOW | RED | GREY
        "reason": TEXT,  # French
        "value": "float64",
        "value_date": TEXT,  # 2024, 202603 or 2026-03-14
        "value_source": TEXT,
        "numerator": "float64",  # of a value that is a ratio of DHIS2 counts
        "denominator": "float64",
        "completeness": "float64",  # 0 to 1
        "baseline": "float64",
        "baseline_year": "Int32",
        "target": "float64",
        "target_year": "Int32",
        "expected": "float64",  # at the date of the value
        "expected_today": "float64",
        "gap": "float64",  # value - expected; value - target where no path is declared
        "progress": "float64",
        "unit": TEXT,
        "expired": "bool",  # the target year is over
        "proxy_indicator": TEXT,  # "PF-CYP, PF-CYPR": shown beside, never as the value
        "proxy_trend": TEXT,  # "↑, →", in the same order; "–" where nothing can be compared
        "assessed_on": DATE,
    },
    ("code", "population"),
)
PLAN_PROGRESS = Contract(
    "plan_progress",
    {
        "line": TEXT,
        "label": TEXT,
        "quantity": "float64",  # promised over the whole plan; missing when the plan prints none
        "unit": TEXT,
        "expected": "float64",  # cumulated, due today
        "actual": "float64",  # cumulated; missing when nothing was entered
        "gap": "float64",  # actual - expected
        "ratio": "float64",
        "colour": TEXT,
        "reason": TEXT,
        "last_period": TEXT,  # latest period entered; missing without an entry
        "actual_source": TEXT,  # document, author and date of the latest entry
        "companions": TEXT,  # "SM-CPN1 : 45,2 % (202603)", of the supported places; never the measure of the line
        "assessed_on": DATE,
    },
    ("line",),
)
