"""The preview in real Chromium: it shows, searches, turns, and follows each change of a file."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium
from click.testing import CliRunner
from playwright.sync_api import Browser, ConsoleMessage, Frame, Page, Request, expect

from mlcards.cli import main
from mlcards.compile.folder import compile_cards

THEORY = Path("cards/ml-theory/bias-variance.md")
SECOND = 1_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page that lets nothing pass: no error, no warning, no request elsewhere."""
    opened = browser.new_page(viewport={"width": 1200, "height": 800})
    complaints: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def request(sent: Request) -> None:
        if not re.match(r"http://127\.0\.0\.1:|file:|data:", sent.url):
            complaints.append(sent.url)

    opened.on("console", console)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", request)
    opened.set_default_timeout(15 * SECOND)
    yield opened
    opened.close()
    assert complaints == []


@pytest.fixture
def server(mini: Path) -> Iterator[str]:
    """Start the preview of the small library; return its address."""
    command = [sys.executable, "-m", "mlcards", "preview", "--no-browse", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield process.stdout.readline().split()[0]
    process.terminate()
    assert process.wait(10) in (0, -15)
    process.stdout.close()


def side(page: Page, name: str) -> Frame:
    frame = page.frame(url=re.compile("card.html")) and page.query_selector(f"#{name}")
    assert frame
    content = frame.content_frame()
    assert content
    return content


def edit(old: str, new: str) -> None:
    text = THEORY.read_text("utf-8")
    assert old in text
    THEORY.write_text(text.replace(old, new), "utf-8")


def test_index_search_and_filters(server: str, page: Page) -> None:
    """The index lists all answers; search and filters narrow it."""
    page.goto(server)
    expect(page.locator("#home h1")).to_have_text("A Small Library for Tests")
    links = page.locator("#list a")
    assert links.all_inner_texts() == [
        "Write AUC from scratch",
        "What is the bias–variance trade-off?",
    ]
    page.fill("#search", "BIAS variance")
    assert links.all_inner_texts() == ["What is the bias–variance trade-off?"]
    page.fill("#search", "")
    page.select_option("#filter-company", "amazon")
    assert links.all_inner_texts() == ["Write AUC from scratch"]
    page.select_option("#filter-company", "")
    page.select_option("#filter-difficulty", "easy")
    assert page.locator("#count").inner_text() == "1 of 2 answers"


def test_a_broken_formula_says_its_fault(server: str, page: Page) -> None:
    """Beside the TeX that Anki would show stands what MathJax says of it."""
    edit("follows the noise.", "follows $x^a^b$.")
    page.goto(f"{server}#bias-variance")
    side(page, "question").wait_for_selector("h1.question")
    fault = side(page, "answer").wait_for_selector(".broken-formula", state="attached")
    assert fault
    assert fault.text_content() == " MathJax: Double exponent: use braces to clarify"


def test_turn_night_and_phone(server: str, page: Page) -> None:
    """A card turns, by night and at a phone's width, with its formulas typeset."""
    page.goto(f"{server}#bias-variance")
    question = side(page, "question")
    question.wait_for_selector("h1.question")
    expect(page.locator("#answer")).not_to_be_visible()
    page.keyboard.press("Space")
    answer = side(page, "answer")
    answer.wait_for_selector(".formula mjx-container", state="attached")
    expect(page.locator("#answer")).to_be_visible()
    expect(page.locator("#question")).not_to_be_visible()
    assert answer.locator("mjx-merror").count() == 0
    assert answer.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 0
    page.check("#night")
    expect(answer.locator("body")).to_have_css("background-color", "rgb(44, 44, 44)")
    page.check("#phone")
    answer.wait_for_function("innerWidth === 360")
    page.check("#both")
    expect(page.locator("#question")).to_be_visible()
    page.reload()
    expect(page.locator("#night")).to_be_checked()
    expect(page.locator("#question")).to_be_visible()


def test_keys_lead_through_the_cards(server: str, page: Page) -> None:
    """The arrow keys go to the next and previous card, an Explain card before its prompts."""
    page.goto(f"{server}#auc")
    side(page, "question").wait_for_selector(".question")
    for key, address in (
        ("ArrowRight", "#auc/ties/0"),
        ("ArrowRight", "#bias-variance"),
        ("ArrowRight", "#bias-variance/bagging-lowers/0"),
        ("ArrowRight", "#bias-variance/decomposition/0"),
        ("ArrowRight", "#bias-variance/decomposition/1"),
    ):
        page.keyboard.press(key)
        expect(page).to_have_url(f"{server}{address}")
    side(page, "question").wait_for_selector("text=[not its root]")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(f"{server}#bias-variance/decomposition/0")
    page.locator("#list a").first.click()
    expect(page).to_have_url(f"{server}#auc")
    page.keyboard.press("Space")
    expect(page.locator("#answer")).to_be_visible()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()


def test_a_saved_file_shows_at_once(server: str, page: Page) -> None:
    """A change shows by itself, and the page keeps its place and open sections."""
    page.goto(f"{server}#bias-variance")
    page.keyboard.press("Space")
    answer = side(page, "answer")
    answer.wait_for_selector("details")
    answer.evaluate("document.querySelectorAll('details')[1].open = true")
    page.wait_for_timeout(SECOND)  # the watcher has started
    edit("follows the noise.", "follows its own noise.")
    answer.wait_for_selector("text=follows its own noise.")
    assert answer.evaluate("[...document.querySelectorAll('details')].map(d => d.open)") == [
        False,
        True,
        False,
    ]
    assert page.locator("#answer").is_visible()


def test_a_broken_file_shows_its_errors(server: str, page: Page) -> None:
    """Errors take the card's place, with line and caret; when mended, the card is back."""
    page.goto(f"{server}#bias-variance")
    side(page, "question").wait_for_selector("h1.question")
    page.wait_for_timeout(SECOND)  # the watcher has started
    edit("topic: generalization", "topic: generalisation")
    problem = page.locator("#problems .problem.error")
    problem.wait_for()
    assert "`generalisation` is no topic; did you mean generalization?" in problem.inner_text()
    assert "cards/ml-theory/bias-variance.md:3:8" in problem.inner_text()
    expect(page.locator("#stage")).not_to_be_visible()
    expect(page.locator("#list .broken")).to_have_count(1)
    edit("topic: generalisation", "topic: generalization")
    page.locator("#stage").wait_for()


def test_it_survives_anything_in_the_folder(server: str, page: Page, tmp_path: Path) -> None:
    """A half-saved file, a lost taxonomy, a deleted folder, a thousand files: it goes on."""
    page.goto(server)
    page.wait_for_timeout(SECOND)  # the watcher has started
    THEORY.write_bytes(THEORY.read_bytes()[:300] + b"\xff")
    page.locator("#home .problem", has_text="not UTF-8").wait_for()
    Path("cards/taxonomy.yaml").rename("taxonomy.yaml")
    page.locator("#home .problem", has_text="taxonomy.yaml:1:1").wait_for()
    Path("taxonomy.yaml").rename("cards/taxonomy.yaml")
    shutil.copytree("cards", "copy")
    shutil.rmtree("cards")
    page.locator("#home .problem", has_text="there is no such folder").wait_for()
    auc = Path("copy/ml-coding/auc.md").read_text("utf-8")
    for i in range(1000):
        Path(f"copy/ml-coding/auc-{i}.md").write_text(auc, "utf-8")
    Path("copy").rename("cards")
    page.locator("#count", has_text="of 1001 answers").wait_for(timeout=60 * SECOND)


def test_it_serves_nothing_but_the_page(server: str) -> None:
    """Nothing outside of what was built is served, to no other host name, on no other address."""
    port = int(server.split(":")[2].strip("/"))
    for path in (
        "../pyproject.toml",
        "%2e%2e/cards/library.yaml",
        "cards/library.yaml",
        "/etc/passwd",
    ):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{server}{path}")
    foreign = urllib.request.Request(server, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(foreign)
    other = socket.gethostbyname(socket.gethostname())
    if other != "127.0.0.1":
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((other, port), 2)


def answer(server: str, path: str, **headers: str) -> tuple[int, str]:
    """Ask the server with some headers; return the status and the policy of its answer."""
    named = {name.replace("_", "-"): word for name, word in headers.items()}
    try:
        found = urllib.request.urlopen(urllib.request.Request(server + path, headers=named))
    except urllib.error.HTTPError as error:
        return error.code, ""
    with found:
        return found.status, found.headers["Content-Security-Policy"]


def test_it_answers_no_other_origin(server: str) -> None:
    """A page of another site, or of another port, reads nothing; a link to the page leads there."""
    own = {"Origin": server.rstrip("/"), "Sec_Fetch_Site": "same-origin"}
    assert answer(server, "data.js", **own)[0] == 200
    for foreign in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "script"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
    ):
        for path in ("", "data.js", "events", "cards/auc.js"):
            assert answer(server, path, **foreign)[0] == 403, foreign
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert answer(server, "", **link, Sec_Fetch_Dest="document")[0] == 200


def test_a_drawing_runs_nothing(mini: Path, browser: Browser) -> None:
    """An SVG that is opened by itself may run no script and load nothing."""
    drawing = THEORY.with_name("bias-variance-curve.svg")
    drawing.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="document.title=1">'
        '<script>document.title = "ran"</script><rect width="9" height="9"/></svg>',
        "utf-8",
    )
    command = [sys.executable, "-m", "mlcards", "preview", "--no-browse", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    address = process.stdout.readline().split()[0]
    page = browser.new_page()
    page.goto(address)
    name = next(iter(compile_cards(mini).media))
    assert "sandbox" in answer(address, name)[1]
    page.goto(f"{address}{name}")
    assert page.title() == ""
    page.close()
    process.terminate()
    process.wait(10)
    process.stdout.close()


def test_two_prompts_with_one_id_of_different_form(server: str, page: Page) -> None:
    """The page goes on, shows what is wrong, and the server complains of nothing."""
    page.goto(f"{server}#bias-variance")
    page.wait_for_timeout(SECOND)  # the watcher has started
    edit("### decomposition\nC:", "### bagging-lowers\nC:")
    problem = page.locator("#problems .problem.error")
    problem.wait_for()
    assert "bagging-lowers" in problem.inner_text()


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["empty"], 1, "empty/taxonomy.yaml:1:1: "),
        (["nowhere"], 1, "nowhere:1:1: there is no such folder"),
        (["cards/ml-theory"], 1, "cards/ml-theory/taxonomy.yaml:1:1: "),
        (["--tag", "amazn"], 2, "no note has the tag `amazn`; did you mean amazon"),
    ],
)
def test_what_cannot_be_shown_ends_as_elsewhere(
    words: list[str], code: int, expected: str, mini: Path
) -> None:
    """A folder that no command can use, or a tag that no note has, starts no server."""
    Path("empty").mkdir()
    command = [sys.executable, "-m", "mlcards", "preview", "--no-browse", "--port", "0", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == code
    assert expected in done.stderr
    assert done.stdout == ""


def test_the_browser_opens_when_the_server_answers(mini: Path, tmp_path: Path) -> None:
    """What opens the page gets it at once."""
    opener = tmp_path / "opener"
    opener.write_text(
        f"#!{sys.executable}\nimport sys, urllib.request\n"
        "open('opened', 'wb').write(urllib.request.urlopen(sys.argv[1], timeout=2).read())\n"
    )
    opener.chmod(0o755)
    command = [sys.executable, "-m", "mlcards", "preview", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "BROWSER": f"{opener} %s"}
    )
    end = time.monotonic() + 30
    while not (Path("opened").exists() and Path("opened").read_bytes()):
        assert time.monotonic() < end
        time.sleep(0.05)
    process.terminate()
    process.wait(10)
    assert b"<title>mlcards</title>" in Path("opened").read_bytes()


def test_a_taken_port_is_said_so(server: str) -> None:
    """A port that is in use is a clear error."""
    port = server.split(":")[2].strip("/")
    command = [sys.executable, "-m", "mlcards", "preview", "--no-browse", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"port {port} cannot be used: Address already in use; choose another" in done.stderr


def test_static_files(page: Page, mini: Path) -> None:
    """`--output` writes the same page as files that need no server."""
    command = [sys.executable, "-m", "mlcards", "preview", "--tag", "meta", "--output", "site"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "site/index.html: 3 notes\n"
    page.goto(f"file://{Path('site/index.html').absolute()}#bias-variance")
    page.keyboard.press("Space")
    answer = side(page, "answer")
    answer.wait_for_selector(".formula mjx-container", state="attached")
    assert answer.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 0
    expect(page.locator("#list a")).to_have_count(1)


def test_the_page_fits_a_phone(server: str, page: Page) -> None:
    """On a phone the index and the card take turns, and nothing scrolls sideways."""
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(server)
    page.locator("#list a").first.click()
    side(page, "question").wait_for_selector("h1.question")
    expect(page.locator("#index")).not_to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.click("#back-to-index")
    expect(page.locator("#index")).to_be_visible()


def test_stopped_by_the_keyboard(mini: Path) -> None:
    """Ctrl-C ends the server without a traceback."""
    command = [sys.executable, "-m", "mlcards", "preview", "--no-browse", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=10)
    assert "Traceback" not in complaints


def test_without_its_extra_it_says_how_to_install_it(
    mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The core install has no preview; the command says what to install."""
    monkeypatch.setattr("mlcards.authoring.mathjax.folder", lambda: None)
    result = CliRunner().invoke(main, ["preview"])
    assert result.exit_code == 1
    assert "the preview needs more: pip install 'mlcards[preview]'" in result.output
