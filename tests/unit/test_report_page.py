"""The page: what it says, what it weighs, and that no name in it can become markup or script."""

import base64
import hashlib
import json
import re
import time
from collections import Counter
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from layidu.model.frames import METADATA_EVENTS
from layidu.report.country_map import APART, spread
from layidu.report.night_words import PublicationProof, balanced, verdict
from layidu.report.page import Page, render
from layidu.report.series import months_between
from tests.report_world import MONTHS, accounts, indicators, labelled, page

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></svg></style></script><script src=//evil.example/x.js></script>",
    "{{ 7*7 }}{% raw %}",
    "<!--",
    "]]>&lt;b&gt;&#60;",
    "javascript:alert(1)\u2028\u2029",
)


class Reader(HTMLParser):
    """Counts of elements and attributes, the scripts' texts, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.shape: Counter[str] = Counter()
        self.scripts: list[str] = []
        self.text = ""
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count an element and its attributes."""
        self.shape.update([tag, *(f"{tag}@{name}" for name, _ in attrs)])
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        """Text is of a script, or of the page."""
        if self.inside == "script":
            self.scripts.append(data)
        else:
            self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.fixture(scope="module")
def harmless() -> Page:
    return page("nom")


@pytest.fixture(scope="module")
def html() -> str:
    return render(page())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(text: str, harmless: Page) -> None:
    expected, found = read(render(harmless)), read(render(page(text)))
    assert found.shape == expected.shape
    assert found.scripts[-1] == expected.scripts[-1]
    assert len(found.scripts) == len(expected.scripts) == 3  # phrases, figures, and the one that acts
    assert text.rstrip("\u2028\u2029") in found.text


def test_the_data_is_json_that_cannot_end_its_script(html: str) -> None:
    data = json.loads(read(render(page("</script>"))).scripts[0])
    assert set(data) == set(indicators())
    month = data["PAL-TPR"]["month"]
    assert len(month["classes"]) == len(month["words"]) == 75
    assert "</script>" not in read(html).scripts[0]


def test_nothing_is_asked_of_the_outside(html: str) -> None:
    assert 'http-equiv="Content-Security-Policy"' in html
    policy = re.search(r'content="(default-src [^"]*)"', html)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;;")
    for tag, name in (("style", "style-src"), ("script", "script-src")):
        inline = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert len(inline) == 1
        digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
        assert (
            f"{name} &#39;sha256-{digest.replace('+', '&#43;')}&#39;" in html
            or f"{name} &#39;sha256-{digest}&#39;" in html
        )
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", html)
    assert not re.search(r"\sstyle=", html)  # the policy would drop it
    assert not re.search(r"\son[a-z]+=", html)
    assert "http://www.w3.org/2000/svg" in html.replace("https", "")
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", html)


def test_size_and_speed_for_the_whole_country() -> None:
    whole = page()
    started = time.process_time()
    text = render(whole)
    assert time.process_time() - started < 2
    assert len(text.encode()) < 1_700_000
    assert text == render(whole)


def test_what_the_page_says(html: str) -> None:
    text = read(html).text
    for words in (
        "données synthétiques",
        "Nuit n° 12",
        "2026-04-08 02:00 UTC",
        "reçues 181\u202f239 = nouvelles 181\u202f200 + modifiées 4 + fermées 1 + inchangées 25 + refusées 9",
        "disparues 3",
        "le serveur n'a pas répondu",
        "integer-expected",
        "20\u00a0valeurs, dont 9\u00a0nouvelles",
        "« 0,5 » n'est pas un nombre entier ; corriger.",
        "… et 14 autres",
        "structures : déplacement",
        "FP2030-E2",
        "15,3 observé, 23,9 attendu",
        "PF-CYPR\u00a0→",
        "aucun résultat : manquant n'est pas zéro",
        "prouvé",
        "jamais une moyenne de taux",
        "gris Aucune dépense exécutée n'est donnée.",
        "tranches à lire avec soin",
    ):
        assert words in text, words
    for code, each in indicators().items():
        assert code in text
        assert each.name in text


def test_sandbox_label_only_on_a_sandbox() -> None:
    from dataclasses import replace

    shown = page()
    real = replace(shown, header=replace(shown.header, sandbox=False))
    assert "synthétiques" not in render(real)


def test_a_night_without_anything_is_still_a_page() -> None:
    from layidu.report.board import ARROWS, LABELLED, board
    from layidu.report.country_map import DISTRICTS
    from layidu.report.page import Header

    nothing = Page(
        header=Header("inconnu", 1, "", [], {}, exit_code=2),
        board=board(LABELLED.frame(), ARROWS.frame(), {}, None),
        labelled=LABELLED.frame(),
        thresholds=None,
        districts=DISTRICTS.frame(),
    )
    text = read(render(nothing)).text
    assert "Aucun mois n'est encore calculé" in text
    assert "Rien n'a été publié" in text
    assert METADATA_EVENTS.frame().empty


def test_the_verdict_says_what_happened() -> None:
    done = PublicationProof("P", "P", planned=3, sent=3, confirmed=2, compared=10, different=1)
    words = verdict(2, accounts(), [done])
    assert words.startswith("La nuit n'a pas pu tout faire")
    assert "9\u00a0refusées (dont 9\u00a0nouvelles)" in words
    assert "2\u00a0cellules publiées et relues" in words
    assert "10\u00a0chiffres confrontés aux tableaux de bord, 1\u00a0différence" in words
    assert done.verdict == "à examiner"
    assert PublicationProof("P", "P", planned=3, confirmed=3).verdict == "relu, non confronté"
    assert PublicationProof("P", "P", planned=3, held="abc").verdict == "attend une décision"
    assert balanced(accounts())


def test_points_that_cover_each_other_are_moved_apart_the_same_way_each_time() -> None:
    spots = np.array([[100.0, 100.0]] * 6 + [[300.0, 300.0]])
    moved = spread(spots)
    gaps = np.hypot(*(moved[:, None] - moved[None]).transpose(2, 0, 1))[np.triu_indices(7, 1)]
    assert gaps.min() > APART * 0.9
    assert np.abs(moved[6] - 300).max() < 1
    assert np.abs(moved - spots).max() < 40
    assert (spread(spots) == moved).all()


def test_missing_months_break_the_line_and_are_not_zero() -> None:
    from layidu.report.board import ARROWS, LABELLED, board
    from layidu.report.series import charts

    whole = labelled()
    hole = LABELLED.cast(whole[(whole["indicator"] == "PAL-TPR") & (whole["period"] != MONTHS[5])])
    shown = board(hole, ARROWS.frame(), {"PAL-TPR": indicators()["PAL-TPR"]}, None)
    (chart,) = charts(hole, shown, None)
    assert len(chart.marks) == 23
    assert chart.path.count("M") == 2
    assert months_between("202411", "202502") == ["202411", "202412", "202501", "202502"]


def test_promises_are_folded_lists_with_three_statuses_and_a_reason(html: str) -> None:
    section = html.split('<h2 id="engagements">')[1].split('<h2 id="comptes">')[0]
    assert section.count('<details class="printed promise">') == 2  # a commitment and a sector
    assert "open" not in re.findall(r"<details[^>]*>", section)[0]
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", section)).split())
    for words in (
        "Déclaré, synthèse : « beaucoup d'actions »",
        "titre : Réalisé ; récapitulatif : Réalisé",
        "Comité de suivi, 14/03/2026",
        "15,3 observé, 23,9 attendu Source : enquête",
        "PF-CYP ↑ PF-CYPR →",
        "Contradictions : C14",
        "21 mars 2026 250 ÷ 1 193 complétude 88 %",
        "2 lignes : 1 vert 1 gris",
        "titres de section 8 3 0 4 15 compté",
        "Contradictions des documents (1)",
        "non imprimé",  # a line without a responsible
    ):
        assert words in text
    process = section.split("FP2030-I2.1")[1].split("</tr>")[0]
    assert re.findall(r'<span class="(GREEN|YELLOW|RED|GREY)">', process) == ["GREY", "YELLOW"]
    assert "−8,6" in text
    assert "1er trimestre 2026" in text
