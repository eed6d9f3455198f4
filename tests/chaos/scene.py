"""A hamlet whose values change, a warehouse that copies it, and whether the copy is what it should be."""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layidu.sandbox.accounts import read
from layidu.sandbox.server import serving
from layidu.sandbox.store import FILE
from layidu.sandbox.uids import uid
from tests.bad_days import Site
from tests.chaos import processes
from tests.hamlet import Person, hamlet_mappings
from tests.loaded_countries import loaded
from warehouse.connect import Warehouse

DATA_SET = uid("data_set", "SRPF")
STATE = ("source.data_value", "source.data_value_history", "source.org_unit", "source.report", "run.cursor")
Cell = tuple[str, str, str, str, str]
LIVE = """
SELECT e.text, p.text, o.text, c.text, a.text, v.value FROM data_value v
JOIN word e ON e.key = v.data_element JOIN word p ON p.key = v.period JOIN word o ON o.key = v.org_unit
JOIN word c ON c.key = v.category_option_combo JOIN word a ON a.key = v.attribute_option_combo WHERE NOT v.deleted
"""
KEY = "e.uid, p.id, o.uid, c.uid, a.uid"
COPY = f"""
SELECT {KEY}, v.value FROM source.data_value v JOIN source.data_element e ON e.key = v.data_element
JOIN source.period p ON p.key = v.period JOIN source.org_unit o ON o.key = v.org_unit
JOIN source.category_option_combo c ON c.key = v.category_option_combo
JOIN source.category_option_combo a ON a.key = v.attribute_option_combo
"""  # noqa: S608
REFUSED = """
SELECT data_element, period, org_unit, category_option_combo, attribute_option_combo FROM run.refused_value
WHERE resolved_run IS NULL
"""


@dataclass
class Scene:
    """One server, one person, one warehouse."""

    site: Site
    person: Person
    warehouse: Warehouse
    marked: tuple[Cell, ...] = ()
    coming_and_going: tuple[Cell, ...] = ()
    generation: int = 0
    seconds: float = 1.0  # how long the last ordinary run took

    def server(self) -> dict[Cell, str]:
        """What DHIS2 holds, of the elements that are copied."""
        wanted = self.elements()
        with closing(sqlite3.connect(self.site.folder / FILE)) as connection:
            return {row[:5]: row[5] for row in connection.execute(LIVE) if row[0] in wanted}

    def elements(self) -> frozenset[str]:
        """The elements of the data sets that are copied."""
        with self.warehouse.connect() as connection:
            rows = connection.execute(
                "SELECT e.uid FROM source.data_set_element m JOIN source.data_element e ON e.key = m.data_element"
            ).fetchall()
        return frozenset(str(found) for (found,) in rows)

    def copy(self) -> dict[Cell, str]:
        """What the warehouse holds."""
        with self.warehouse.connect() as connection:
            return {tuple(row[:5]): row[5] for row in connection.execute(COPY).fetchall()}

    def refused(self) -> set[Cell]:
        """The cells that are kept out, with a reason."""
        with self.warehouse.connect() as connection:
            return {tuple(row) for row in connection.execute(REFUSED).fetchall()}

    def differences(self) -> list[tuple[Cell, str | None, str | None]]:
        """Cells whose copy is not what the server has: cell, there, here. Refused ones are accounted for."""
        there, here, refused = self.server(), self.copy(), self.refused()
        cells = (there.keys() | here.keys()) - refused
        return [
            (cell, there.get(cell), here.get(cell))
            for cell in sorted(cells)
            if there.get(cell) != here.get(cell)
        ]

    def lost(self) -> list[tuple[Cell, str | None, str | None]]:
        """Differences in periods whose cursor says that they were read after the last change: there must be none."""
        with self.warehouse.connect() as connection:
            read_through = {
                str(period): str(moment)
                for period, moment in connection.execute(
                    "SELECT period, min(server_date) FROM run.cursor GROUP BY period"
                ).fetchall()
            }
        changed = self.site.ask("GET", "/api/system/info")["serverDate"]
        return [
            (cell, there, here)
            for cell, there, here in self.differences()
            if read_through.get(cell[1], "").replace(" ", "T") >= changed[:19]
        ]

    def change(self) -> None:
        """Another generation: values of two slices that change together, one that comes or goes, a report, a name."""
        if not self.marked:
            self.marked = self.choose()
        self.generation += 1
        number = str(1000 + self.generation)
        self.write([(cell, number) for cell in self.marked])
        coming, going = self.coming_and_going[:: 1 if self.generation % 2 else -1]
        self.write([(going, "0")], importStrategy="DELETE")
        self.write([(coming, "7")])
        _, period, org_unit, *_ = self.marked[0]
        self.site.ask(
            "POST",
            "/api/completeDataSetRegistrations",
            {
                "completeDataSetRegistrations": [
                    {
                        "dataSet": DATA_SET,
                        "period": period,
                        "organisationUnit": org_unit,
                        "completed": bool(self.generation % 2),
                        "date": f"2026-04-{self.generation % 28 + 1:02d}",
                    }
                ]
            },
        )
        unit = self.site.ask("GET", f"/api/organisationUnits/{org_unit}", fields=":owner")
        unit["name"] = f"CSCom {self.generation}"
        self.site.ask("POST", "/api/metadata", {"organisationUnits": [unit]}, importStrategy="UPDATE")

    def choose(self) -> tuple[Cell, ...]:
        """Ten numbers of a month that is read in full every night, and ten of one that is read by increment."""
        copied = sorted(
            cell for cell, value in self.copy().items() if cell[0] in self.owned() and value.isdigit()
        )
        months = sorted({cell[1] for cell in copied})
        chosen = [[cell for cell in copied if cell[1] == month] for month in (months[0], months[-1])]
        self.coming_and_going = tuple(chosen[1][10:12])
        return tuple(cell for of_month in chosen for cell in of_month[:10])

    def owned(self) -> frozenset[str]:
        """The elements of the data set that changes."""
        with self.warehouse.connect() as connection:
            rows = connection.execute(
                "SELECT e.uid FROM source.data_set_element m JOIN source.data_set s ON s.key = m.data_set"
                " JOIN source.data_element e ON e.key = m.data_element"
                " WHERE s.uid = %s AND e.value_type LIKE 'INTEGER%%'",
                [DATA_SET],
            ).fetchall()
        return frozenset(str(found) for (found,) in rows)

    def write(self, values: list[tuple[Cell, str]], **options: str) -> None:
        """As a district's data manager does."""
        names = ("dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo")
        rows = [{**dict(zip(names, cell, strict=True)), "value": value} for cell, value in values]
        self.site.ask("POST", "/api/dataValueSets", {"dataSet": DATA_SET, "dataValues": rows}, **options)

    def torn(self) -> list[str]:
        """What a reader sees now that no night ever wrote: a slice of two generations."""
        with self.warehouse.connect() as connection:
            rows = connection.execute(
                "SELECT periode, array_agg(DISTINCT valeur) FROM mart.valeurs WHERE (uid_element, periode, uid_unite,"
                " uid_combinaison, uid_combinaison_attribut) IN (SELECT * FROM unnest(%s::text[], %s::text[],"
                " %s::text[], %s::text[], %s::text[])) AND nombre > 1000 GROUP BY periode",
                [list(column) for column in zip(*self.marked, strict=True)],
            ).fetchall()
        return [f"{period}: {values}" for period, values in rows if len(values) > 1]

    def state(self) -> tuple[object, ...]:
        """All that a killed run may have left behind: values, history, names, reports, cursors."""
        digests = ", ".join(
            f"(SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t)"  # noqa: S608
            for table in STATE
        )
        with self.warehouse.connect() as connection:
            return tuple(connection.execute(f"SELECT {digests}".encode()).fetchone() or ())

    def child(self, output: Path, **how: Any) -> int:
        """One run in a process of its own, dead or alive at the end; its exit code, negative for a signal."""
        process = processes.start(self.person.environment({}), ["pull"], output, **how)
        process.join(120)
        assert process.exitcode is not None, "the run hangs"
        return process.exitcode

    def pull(self) -> int:
        """One ordinary run, in this process."""
        start = time.monotonic()
        answer = self.person.run("pull")
        self.seconds = time.monotonic() - start
        if answer.returncode not in (0, 1):
            raise AssertionError(answer.stderr)
        return answer.returncode


@contextmanager
def scene(
    folder: Path, warehouse: Warehouse, home: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Scene]:
    """A served hamlet, most of it read by increment, and a person whose warehouse is given."""
    mappings = hamlet_mappings(folder / "mappings")
    sources = mappings / "sources.yaml"
    sources.write_text(sources.read_text(encoding="utf-8").rstrip() + "\n  re_read: 2\n", encoding="utf-8")
    with serving(loaded("hamlet"), folder / "dhis2") as server:
        account = {
            "LAYIDU_SANDBOX_URL": server.url,
            "LAYIDU_SANDBOX_TOKEN": str(read(folder / "dhis2")["pull"].token),
        }
        yield Scene(
            Site(server.url, folder / "dhis2"),
            Person(home, mappings, {**account, **(settings or {})}),
            warehouse,
        )
