from __future__ import annotations

import contextlib
import random
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlcards.authoring import run as module
from mlcards.cli import main
from mlcards.library.folder import load

FILE = Path("cards/ml-coding/auc.md")


def with_code(code: str) -> None:
    text = FILE.read_text("utf-8")
    FILE.write_text(text.replace("## Prompts", f"{code}\n\n## Prompts"), "utf-8")


def problem() -> str:
    (found,) = [r.problem for r in module.run_all(load(Path("cards")).answers) if r.problem]
    return str(found)


def line_of(text: str) -> int:
    return FILE.read_text("utf-8").split("\n").index(text) + 1


def test_good_code_passes_and_is_remembered(mini: Path) -> None:
    """`mlcards test` runs each answer, and an unchanged one only once."""
    for _ in range(2):
        result = CliRunner().invoke(main, ["test"])
        assert result.output == "the code of 2 answers passes\n"
    remembered = sorted(f.name[:-17] for f in Path("build/.tested").iterdir())
    assert remembered == ["auc", "bias-variance"]
    with_code("```python test\nassert False, 'changed'\n```")
    result = CliRunner().invoke(main, ["test"])
    assert result.exit_code == 1
    assert "AssertionError: changed [run]" in result.output


def test_a_failure_has_the_files_own_line(mini: Path) -> None:
    """The line is that of the Markdown file, inside functions too."""
    with_code("```python\ndef broken():\n    return 1 / 0\n```\n\n```python test\nbroken()\n```")
    expected = f"{FILE}:{line_of('    return 1 / 0')}:1: the code failed: ZeroDivisionError"
    assert problem().startswith(expected)


def test_a_syntax_error_has_its_line(mini: Path) -> None:
    """A block that does not compile is reported at its line."""
    with_code("```python\nx = 1\ny = = 2\n```")
    assert problem().startswith(f"{FILE}:{line_of('y = = 2')}:1: the code failed: SyntaxError")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import warnings\nwarnings.warn('old')", "UserWarning: old"),
        ("raise ValueError('\\n  first\\n second')", "ValueError: first [run]"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("import os\nos._exit(3)", "the code ended its process: exit code 3"),
        ("from mlcards_nowhere import x", "ModuleNotFoundError"),
        ("while True: pass", "the code takes longer than 2 s; make it smaller"),
    ],
)
def test_what_fails(code: str, expected: str, mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings, exits, crashes, missing modules and endless loops all fail, and end."""
    monkeypatch.setattr(module, "TIME_LIMIT", 2.0)
    with_code(f"```python\n{code}\n```")
    assert expected in problem()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import sys\nsys.stdout.write('\\udcff')\nraise ValueError('\\udcff')", "\\udcff [run]"),
        ("import os\nos.write(2, b'\\xff\\n')\nos._exit(1)", "the code ended its process: \ufffd"),
        ("x = bytearray(10_000_000_000)", "the code failed: MemoryError"),
        ("while True: print('x' * 1000)", "the block prints more than 1000000 characters"),
        (
            "with open('big', 'wb') as file:\n    while True: file.write(bytes(1_000_000))",
            "File too large",
        ),
        ("import os\nos.kill(os.getpid(), 9)", "the code ended its process: exit code 137"),
    ],
)
def test_what_knows_no_bounds_fails(code: str, expected: str, mini: Path) -> None:
    """Memory, output and files are bounded, and bytes that are no text are shown."""
    with_code(f"```python\n{code}\n```")
    assert expected in problem()


REPORT = '{"problem": null, "figures": {}, "ran": 3}'
FORGERIES = [
    f"import os\nprint('{REPORT}')\nos._exit(0)",
    f"import os\nos.system(\"echo '{REPORT}'\")\nos._exit(0)",
    "import os\nfor number in range(1, 40):\n    try:\n"
    f"        os.write(number, b'\\n{REPORT}')\n    except OSError: pass\nos._exit(0)",
    "import json, os\njson.dumps = json.dump = os.write = lambda *_: None\nassert False",
    "import builtins\nbuiltins.exec = builtins.compile = lambda *_, **__: None",
    "import atexit, os\natexit.register(os._exit, 0)\nassert False",
]


@pytest.mark.parametrize("code", FORGERIES)
def test_code_cannot_say_that_it_passed(code: str, mini: Path) -> None:
    """Whatever an answer's code prints, writes, replaces or ends, what fails in it fails."""
    with_code(f"```python\n{code}\n```\n\n```python test\nassert False\n```")
    assert "[run]" in problem()


ORPHANS = {
    "a child": "subprocess.Popen(['sleep', '{0}'])",
    "a session of its own": "subprocess.Popen(['sleep', '{0}'], start_new_session=True)",
    "a daemon": "subprocess.Popen(['sh', '-c', 'setsid sleep {0} & exit'])",
    "one that outlives the time": "subprocess.Popen(['sleep', '{0}'])\nwhile True: pass",
}


def sleeping(seconds: str) -> bool:
    """Tell whether a process sleeps so many seconds."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if file.read_bytes() == f"sleep\0{seconds}\0".encode():
                return True
    return False


@pytest.mark.parametrize("code", ORPHANS.values(), ids=ORPHANS)
def test_no_process_is_left(code: str, mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a block started and did not end is ended with the run."""
    monkeypatch.setattr(module, "TIME_LIMIT", 3.0)
    seconds = f"{1000 + random.random():.6f}"  # noqa: S311 - not for secrets
    pause = "import time; time.sleep(0.3)" if "while" not in code else ""
    with_code(f"```python\nimport subprocess\n{code.format(seconds)}\n{pause}\n```")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        list(module.run_all(load(Path("cards")).answers))
    assert not sleeping(seconds)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_killed_test_leaves_no_process(number: int, mini: Path) -> None:
    """The code of the answers ends with the command that runs it."""
    seconds = f"{1000 + random.random():.6f}"  # noqa: S311 - not for secrets
    with_code(f"```python\nimport subprocess\nsubprocess.run(['sleep', '{seconds}'])\n```")
    process = subprocess.Popen([sys.executable, "-m", "mlcards", "test"])
    wait_for(lambda: sleeping(seconds))
    process.send_signal(number)
    process.wait()
    wait_for(lambda: not sleeping(seconds))


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_what_a_clone_says_that_passed_is_run_again(mini: Path) -> None:
    """What was remembered in another folder does not count in this one."""
    CliRunner().invoke(main, ["test"])
    before = {file.name for file in Path("build/.tested").iterdir()}
    shutil.copytree("build/.tested", "build/.copy")
    shutil.move("build/.tested", "kept")
    shutil.move("build/.copy", "build/.tested")
    CliRunner().invoke(main, ["test"])
    assert not before & {file.name for file in Path("build/.tested").iterdir()}


def test_two_blocks_do_not_draw_one_figure(mini: Path) -> None:
    """The second block is an error for `check`, and `figures` draws nothing."""
    block = "```python figure=auc-line.svg\nimport matplotlib.pyplot as plt\nplt.plot([0, 1])\n```"
    with_code(f"{block}\n\n{block}")
    for command in ("check", "figures"):
        result = CliRunner().invoke(main, [command])
        assert result.exit_code == 1
        first = line_of("import matplotlib.pyplot as plt")
        assert f"`auc-line.svg` is drawn in line {first} already; give each" in result.output
    assert not FILE.with_name("auc-line.svg").exists()


def test_output_is_compared(mini: Path) -> None:
    """A shown output that differs from what was printed is an error at the output's place."""
    with_code("```python\nprint(1 + 1)\n```\n\n```output\n3\n```")
    place = f"{FILE}:{line_of('3')}:1"
    assert problem() == f"{place}: the block above printed something else:\n2 [output]"


def test_output_is_that_of_the_shown_block_above(mini: Path) -> None:
    """A test block between the code and its output prints for nobody."""
    with_code("```python\nprint(1)\n```\n\n```python test\nprint(2)\n```\n\n```output\n1\n```")
    assert not any(r.problem for r in module.run_all(load(Path("cards")).answers))


def test_each_run_has_the_same_hashes(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on the order of a set is the same in every run, whatever the environment."""
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    with_code("```python\nassert False, hash('a')\n```")
    assert problem() == problem()


def test_what_passed_need_not_be_remembered(mini: Path) -> None:
    """A file where the folder should be is no reason to fail."""
    Path("build").write_text("", "utf-8")
    assert CliRunner().invoke(main, ["test"]).output == "the code of 2 answers passes\n"


def test_no_run_is_not_run_and_blocks_share_names(mini: Path) -> None:
    """`no-run` is only shown; later blocks see the names of earlier ones."""
    with_code("```python no-run\n1 / 0\n```\n\n```python test\nassert auc([1], [0]) == 1\n```")
    assert not any(r.problem for r in module.run_all(load(Path("cards")).answers))


def test_what_a_child_process_prints_does_no_harm(mini: Path) -> None:
    """A block may start a program that prints."""
    with_code("```python\nimport subprocess\nprint(subprocess.run(['echo', 'hi']).returncode)\n```")
    assert not any(r.problem for r in module.run_all(load(Path("cards")).answers))


def test_a_figure_of_another_answer_is_not_touched(mini: Path) -> None:
    """`figures` writes only pictures that bear the answer's id."""
    with_code(
        "```python figure=bias-variance-curve.svg\nimport matplotlib.pyplot as plt\nplt.plot([0])\n```"
    )
    other = FILE.with_name("bias-variance-curve.svg")
    result = CliRunner().invoke(main, ["figures"])
    assert result.exit_code == 1
    assert "begin the name with the answer's id" in result.output
    assert not other.exists()


def test_figures_are_drawn_beside_the_file_and_the_same_each_time(mini: Path) -> None:
    """`mlcards figures` draws the figure block's SVG, and the same one each time."""
    with_code(
        "```python figure=auc-line.svg\nimport matplotlib.pyplot as plt\n"
        "plt.plot([0, 1], [0, 1])\nplt.xlabel('x')\n```\n\n![a line](auc-line.svg)"
    )
    result = CliRunner().invoke(main, ["figures", str(FILE)])
    figure = FILE.with_name("auc-line.svg")
    assert result.output == f"{figure}\n"
    first = figure.read_bytes()
    CliRunner().invoke(main, ["figures"])
    assert figure.read_bytes() == first
    assert CliRunner().invoke(main, ["check"]).exit_code == 0


def test_a_figure_older_than_its_code_is_an_error(mini: Path) -> None:
    """`check` sees without running anything that a figure is missing or stale."""
    with_code(
        "```python figure=auc-line.svg\nimport matplotlib.pyplot as plt\nplt.plot([0, 1])\n```"
    )
    line = line_of("```python figure=auc-line.svg")
    result = CliRunner().invoke(main, ["check"])
    assert f"{FILE}:{line + 1}:1: `auc-line.svg` is not drawn yet" in result.output
    CliRunner().invoke(main, ["figures"])
    assert CliRunner().invoke(main, ["check"]).exit_code == 0
    FILE.write_text(FILE.read_text("utf-8").replace("plot([0, 1])", "plot([1, 0])"), "utf-8")
    result = CliRunner().invoke(main, ["check"])
    assert "`auc-line.svg` is older than its code; run `mlcards figures" in result.output
    assert result.exit_code == 1
