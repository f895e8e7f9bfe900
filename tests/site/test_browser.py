"""Cards as real Anki renders them, in real Chromium with real MathJax: legible everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from anki_styles import anki_styles
from browser import by_night, chromium, show, sides
from playwright.sync_api import Browser

from mlcards.notes import note_types

CARDS = Path(__file__).parents[2] / "cards"

CONTRAST = """() => {
  const channel = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const low = [];
  for (const e of document.querySelectorAll('body, body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !e.getClientRects().length) continue;
    let back = e;
    while (parse(getComputedStyle(back).backgroundColor)[3] === 0) back = back.parentElement;
    const [a, b] = [e, back].map((n, i) => luminance(parse(
      i ? getComputedStyle(n).backgroundColor : getComputedStyle(n).color)));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${e.className} ${ratio.toFixed(2)}: ${e.textContent.slice(0, 30)}`);
  }
  return low;
}"""

WIDE = """() => [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)
  .filter(e => !e.closest('pre, .formula, .table, mjx-assistive-mml'))
  .map(e => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 40)}`)"""

FORMULA_ERRORS = """() => [...document.querySelectorAll(
  'mjx-merror, mjx-container [mathcolor=red], mjx-container [style*="color: red"]'
)].map(e => e.textContent)"""

LONELY_PUNCTUATION = """() => [...document.querySelectorAll('mjx-container:not([display])')]
  .filter(formula => {
    let last = formula;
    while (!last.nextSibling && last.parentElement.matches('span, strong, em'))
      last = last.parentElement;
    const text = last.nextSibling;
    if (text?.nodeType !== 3 || !/^[.,;:?!)\\]]/.test(text.data)) return false;
    const mark = document.createRange();
    mark.setStart(text, 0);
    mark.setEnd(text, 1);
    return mark.getBoundingClientRect().left < formula.getBoundingClientRect().right - 2;
  })
  .map(formula => formula.parentElement.closest('p, li, td, h1, div').textContent.slice(0, 60))"""

SMALL_PICTURES = """() => [...document.images].filter(i => {
  const box = i.parentElement.closest('div, p, li, td').getBoundingClientRect().width;
  const wanted = i.classList.contains('figure') ? 480 : i.naturalWidth;
  return i.getBoundingClientRect().width < Math.min(wanted, box) - 1;
}).map(i => i.src)"""

NEEDLESS_SCROLLBARS = """() => [...document.querySelectorAll('.spoken, .answer, .checklist, .question, details > div')]
  .filter(e => e.scrollWidth > e.clientWidth)
  .filter(e => ![...e.querySelectorAll('*')].some(inner =>
    !inner.closest('mjx-assistive-mml') &&
    inner.getBoundingClientRect().right > e.getBoundingClientRect().right + 0.5))
  .map(e => e.className + ': ' + e.textContent.trim().slice(0, 40))"""

BROKEN_IMAGES = "[...document.images].filter(i => !i.naturalWidth).map(i => i.src)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    with sides(CARDS, tmp_path_factory.mktemp("anki")) as found:
        yield found


def test_cards_are_legible_by_day_and_night_on_a_phone(
    browser: Browser, answers: dict[str, list[str]], tmp_path: Path
) -> None:
    """At 360 px nothing makes the page scroll sideways; text has a contrast of 4.5 : 1.

    No line begins with a formula's punctuation, no formula shows an error, no picture is missing, and nothing comes from another place.
    """
    page = browser.new_page(viewport={"width": 360, "height": 700})
    outside: list[str] = []
    page.on("request", lambda r: None if r.url.startswith("file:") else outside.append(r.url))
    page.on("requestfailed", lambda r: outside.append(r.url))
    page.on("pageerror", lambda error: outside.append(str(error)))
    found: dict[str, object] = {}
    for answer, shown in answers.items():
        show(page, tmp_path, shown)
        found[f"{answer}: too wide"] = page.evaluate(WIDE)
        found[f"{answer}: formulas"] = page.evaluate(FORMULA_ERRORS)
        found[f"{answer}: punctuation alone"] = page.evaluate(LONELY_PUNCTUATION)
        found[f"{answer}: pictures"] = page.evaluate(BROKEN_IMAGES)
        found[f"{answer}: contrast by day"] = page.evaluate(CONTRAST)
        by_night(page)
        found[f"{answer}: contrast by night"] = page.evaluate(CONTRAST)
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            found[f"{answer}: the page scrolls sideways"] = True
    page.close()
    assert {what: where for what, where in found.items() if where} == {}
    assert outside == []


def test_sections_are_folded_and_the_answer_is_not(
    browser: Browser, answers: dict[str, list[str]], tmp_path: Path
) -> None:
    """The Explain back shows the spoken answer and the checklist, and folds the rest."""
    page = browser.new_page(viewport={"width": 360, "height": 700})
    show(page, tmp_path, next(iter(answers.values()))[1:2], unfold=False)
    assert page.locator(".spoken").is_visible()
    assert page.locator(".checklist li").count() >= 4
    assert not page.locator("details > div").first.is_visible()
    page.locator("summary").first.click()
    assert page.locator("details > div").first.is_visible()
    page.close()


def test_a_section_opens_with_the_keyboard(
    browser: Browser, answers: dict[str, list[str]], tmp_path: Path
) -> None:
    """Alt and its number open a section, since Anki keeps Space and Enter for itself."""
    page = browser.new_page(viewport={"width": 900, "height": 700})
    show(page, tmp_path, next(iter(answers.values()))[1:2], unfold=False)
    keys = page.context.new_cdp_session(page)
    for key, section in (("1", "details >> nth=0"), ("0", "details.foot")):
        assert not page.locator(f"{section} >> div >> nth=0").is_visible()
        pressed = {
            "type": "keyDown",
            "modifiers": 1,
            "key": key,
            "unmodifiedText": key,
            "text": key,
        }
        keys.send("Input.dispatchKeyEvent", pressed)
        assert page.locator(f"{section} >> div >> nth=0").is_visible()
    page.close()


@pytest.mark.parametrize("width", [400, 900])
def test_pictures_and_sections_fit_beside_ankis_style_sheets(
    browser: Browser, answers: dict[str, list[str]], tmp_path: Path, width: int
) -> None:
    """A picture has its full width, and what fits has no scrollbar."""
    page = browser.new_page(viewport={"width": width, "height": 700})
    found: dict[str, object] = {}
    for answer, shown in answers.items():
        show(page, tmp_path, shown)
        found[f"{answer}: pictures"] = page.evaluate(SMALL_PICTURES)
        found[f"{answer}: scrollbars"] = page.evaluate(NEEDLESS_SCROLLBARS)
    page.close()
    assert {what: where for what, where in found.items() if where} == {}


def test_no_class_of_ours_is_one_of_ankis() -> None:
    """Anki's style sheets say nothing of our classes."""
    ankis = set(re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"\{[^}]*\}", " ", anki_styles())))
    css = note_types()["explain"].css
    ours = set(
        re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"/\*.*?\*/|\{[^}]*\}", " ", css, flags=re.S))
    )
    assert ours & ankis <= {"nightMode"}


def test_the_measures_see_what_is_wrong(browser: Browser, tmp_path: Path) -> None:
    """Broken formulas, pale text, wide boxes, lost pictures and lone punctuation are found."""
    page = browser.new_page(viewport={"width": 360, "height": 700})
    wide = '<p style="width: 900px">wide</p>'
    pale = '<p style="color: #aaa">pale</p>'
    narrow = r'<p style="width: 1em">\(x + y\).</p>'
    show(
        page, tmp_path, [rf'{narrow} \(\frac{{a\) and \(\foo\) {wide} {pale} <img src="gone.svg">']
    )
    assert len(page.evaluate(FORMULA_ERRORS)) == 2
    assert len(page.evaluate(LONELY_PUNCTUATION)) == 1
    assert len(page.evaluate(WIDE)) == 1
    assert len(page.evaluate(CONTRAST)) >= 1
    assert len(page.evaluate(BROKEN_IMAGES)) == 1
    page.close()
