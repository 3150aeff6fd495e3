"""Traces as CSV: what is read, and what is refused with its line and column."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from ballast.errors import WorkloadError
from ballast.sim.scenario import Scenario
from ballast.sim.workload import ANYBODY, MAX_REWARDS, Workload
from ballast.sim.workload.jobs import MAX_MOMENT
from ballast.sim.workload.trace import read_trace
from tests.sim.workload import job, swf

JOBS = "submit,duration,processors,user\n0,10,4,ann\n50,20,8,\n99,30,1,bob\n"


def read(folder: Path, text: str | bytes, name: str = "trace.csv") -> Workload:
    """Workload of a file with such a text: two periods, five operators."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_trace(path, Scenario(periods=2, operators=5))


def test_rows_become_tasks(tmp_path: Path) -> None:
    found = read(tmp_path, JOBS)
    assert found.period.tolist() == [0, 1, 1]
    assert found.operator.tolist() == [0, ANYBODY, 1]
    assert found.difficulty.tolist() == [40, 160, 30]
    assert found.reward.tolist() == [400, 1_600, 300]
    assert found.heavy.tolist() == [False, True, False]
    assert found.notes == {
        "jobs_read": 3,
        "users": 2,
        "unit": 1,
        "unit_of": "processor-seconds",
        "work_left_out": 0.0,
    }


def test_the_same_jobs_are_the_same_tasks_in_either_format(tmp_path: Path) -> None:
    rows = [(0, 10, 4, 10), (7, 0, 3, 9), (8, 2.5, 8, -1), (30, 100, 1, 100)]
    table = "submit,duration,processors,user\n" + "".join(f"{s},{d},{p},{u if u > 0 else ''}\n" for s, d, p, u in rows)
    one = read(tmp_path, table)
    other = read_trace(
        swf(tmp_path, "".join(job(i, *row) for i, row in enumerate(rows))), Scenario(periods=2, operators=5)
    )
    for name in ("period", "operator", "difficulty", "reward", "heavy"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


@pytest.mark.parametrize(
    "text",
    [
        JOBS.replace("\n", "\r\n"),
        b"\xef\xbb\xbf" + JOBS.encode(),
        gzip.compress(JOBS.encode()),
        JOBS.replace(",", ";"),
        JOBS.replace(",", "\t"),
        JOBS.replace(",", " , "),
        "\n\n" + JOBS + "\n\n",
        re.sub(r"[^,\n]+", lambda found: f'"{found[0]}"', JOBS),
        JOBS.replace("submit", "Submit").replace("user", "USER"),
        JOBS.rstrip("\n"),
    ],
    ids=["crlf", "bom", "gzip", "semicolons", "tabs", "spaces", "blank", "quotes", "capitals", "no-last-newline"],
)
def test_oddities_of_csv_change_nothing(text: str | bytes, tmp_path: Path) -> None:
    found = read(tmp_path, text, "trace")
    assert found.difficulty.tolist() == [40, 160, 30]
    assert found.operator.tolist() == [0, ANYBODY, 1]


def test_columns_that_may_be_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, "duration,submit\n10,0\n21,5\n").difficulty.tolist() == [10, 21]
    priced = read(tmp_path, "submit;cost\n0;70\n5;2000\n")
    assert priced.difficulty.tolist() == [70, 2_000]
    assert priced.operator.tolist() == [ANYBODY] * 2
    assert (priced.notes["users"], priced.notes["unit_of"]) == (0, "cost")


def test_rewards_and_classes_may_be_given(tmp_path: Path) -> None:
    found = read(tmp_path, "submit,cost,reward,heavy\n0,70,12,TRUE\n1,80,5,0\n2,90,7,false\n")
    assert found.reward.tolist() == [12, 5, 7]
    assert found.heavy.tolist() == [True, False, False]


def test_columns_of_other_names_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, "job,submit,duration,machine\n1,0,10,m\n2,5,20,n\n")
    assert found.notes["columns_ignored"] == "job, machine"


def test_fractions_of_a_unit_are_told_apart(tmp_path: Path) -> None:
    found = read(tmp_path, "submit,duration\n0,0.05\n1,0.1\n2,0.4\n3,60\n4,0\n")
    assert found.difficulty.tolist() == [5, 10, 40, 6_000, 1]
    assert found.notes["unit"] == 0.01
    finest = read(tmp_path, "submit,duration\n0,1e-320\n1,2\n2,1e-9\n")
    assert (finest.difficulty.tolist(), finest.notes["unit"]) == ([1, 2 * 10**8, 1], 1e-8)
    whole = read(tmp_path, "submit,duration\n0,1\n1,2\n2,4\n")
    assert (whole.difficulty.tolist(), whole.notes["unit"]) == ([1, 2, 4], 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("submit,processors\n0,1\n", ": there is no column duration, or cost; it has submit, processors"),
        ("submit,durations\n0,1\n", ": there is no column duration, or cost; is durations meant?"),
        ("time,duration\n0,1\n", ": there is no column submit; it has time, duration"),
        ("submit_time,duration\n0,1\n", ": there is no column submit; is submit_time meant?"),
        ("submit,duration,procesors\n0,1,1\n", ": there is no column processors; is procesors meant?"),
        ("submit,duration,duration\n0,1,1\n", ": two columns are named duration: give each a name of its own"),
        ("submit,duration,x,x\n0,1,1,1\n", ": two columns are named x"),
        ("submit,duration,cost\n0,1,1\n", ": cost stands in place of duration and processors"),
        ("0,10,4\n5,10,4\n", ": the first line is no header: give the names of its columns"),
        ("submit,duration\n", " has a header and no job"),
        ("# of a cluster\nsubmit,duration\n0,1\n", ": there is no column submit; it has # of a cluster"),
        ("submit,duration\n0,1\n5,1e-400\n", ", line 3: duration is '1e-400': give seconds, a number from 0"),
        ("submit,duration\n0,1\n5,ten\n", ", line 3: duration is 'ten': give seconds, a number from 0"),
        ("submit,duration\n0,1\n5,-2\n", ", line 3: duration is '-2': give seconds, a number from 0"),
        ("submit,duration\n0,1\n5,nan\n", ", line 3: duration is 'nan'"),
        ("submit,duration\n0,1\n5,inf\n", ", line 3: duration is 'inf'"),
        ("submit,duration\n0,1\n5,1_000\n", ", line 3: duration is '1_000'"),
        ('submit,duration\n0,1\n5,"1,000"\n', ", line 3: duration is '1,000'"),
        ("submit;duration\n0;1,5\n", ", line 2: duration is '1,5'"),
        ("submit,duration\n0,1\n\n5,\n", ", line 4: duration is empty: give seconds"),
        ("submit,duration\n-1,1\n", f", line 2: submit is '-1': give seconds, a number from 0 to {MAX_MOMENT}"),
        ("submit,duration\n1556668800000000,1\n", ", line 2: submit is '1556668800000000': give seconds"),
        ("submit,duration\n2019-05-01 00:00:00,1\n", ", line 2: submit is '2019-05-01 00:00:00': give seconds"),
        ("submit,duration,processors\n0,1,0\n", ", line 2: processors is '0': give a number above 0"),
        ("submit,cost\n0,-1\n", ", line 2: cost is '-1': give a number from 0"),
        ("submit,cost,reward\n0,1,1.5\n", ", line 2: reward is '1.5': give token units, a whole number from 1 to"),
        ("submit,cost,reward\n0,1,0\n", ", line 2: reward is '0'"),
        ("submit,cost,heavy\n0,1,yes\n", ", line 2: heavy is 'yes': give true or false"),
        ("submit,duration\n0,1,2\n", ", line 2: 3 fields, the header has 2"),
        ("submit,duration\n0,1\n5\n", ", line 3: 1 fields, the header has 2"),
        ("submit,duration\n0,1\nsubmit,duration\n5,1\n", ", line 3 repeats the header: leave it out"),
        ('submit,duration,user\n0,1,"ann\n5,1,bob\n', ", line 2 cannot be read as CSV"),
        (f"submit,cost,reward\n0,1,{MAX_REWARDS}\n1,1,1\n", "a run may hold"),
        ("submit,duration\n0," + "1" * 500 + "\n", ", line 2: duration is '" + "1" * 60 + "...'"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(WorkloadError) as caught:
        read(tmp_path, text)
    assert f"workload {tmp_path / 'trace.csv'}{says}" in str(caught.value) or says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_lines_are_counted_as_an_editor_does_even_where_a_quote_has_several(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="line 4: duration is 'x'"):
        read(tmp_path, 'submit,duration,user\n0,1,"a\nb"\n5,x,c\n')
