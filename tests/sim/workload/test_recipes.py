"""Recipes of the documents, run on lines in the published schemas."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ballast.sim.scenario import Scenario
from ballast.sim.workload.trace import check, read_trace

TEXT = (Path(__file__).parents[3] / "docs" / "traces.md").read_text()
RECIPES = {
    found[1]: code
    for code in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    for found in [re.search(r'to_csv\("(.*?)"', code)]
    if found
}

GOOGLE_2011 = f"""\
0,2,3418309,0,4155527081,0,early=,3,9,0.125,0.07446,0.0004244,0
600000000,,10,0,,0,ann=,0,2,0.0625,0.01,0.0001,0
605000000,,10,0,77,1,ann=,0,2,0.0625,0.01,0.0001,0
606000000,,10,0,77,2,ann=,0,2,0.0625,0.01,0.0001,0
606000000,,10,0,,0,ann=,0,2,0.0625,0.01,0.0001,0
610000000,,10,0,78,1,ann=,0,2,0.0625,0.01,0.0001,0
634000000,,10,0,78,4,ann=,0,2,0.0625,0.01,0.0001,0
700000000,,11,3,,0,bob=,0,2,0.5,0.01,0.0001,1
700000000,,11,3,79,1,bob=,0,2,0.5,0.01,0.0001,1
740000000,,11,3,79,4,bob=,0,2,0.5,0.01,0.0001,1
800000000,,12,0,,0,bob=,0,2,0.5,,,
800000000,,12,0,80,1,bob=,0,2,0.5,,,
{2**63 - 1},,12,0,80,4,bob=,0,2,0.5,,,
"""


def instance(time: int, kind: int, collection: int, index: int, cpus: float | None) -> str:
    """Event of an instance, in JSON as Google writes it: whole numbers are texts."""
    request = "" if cpus is None else f',"resource_request":{{"cpus":{cpus},"memory":0.01}}'
    return (
        f'{{"time":"{time}","type":"{kind}","collection_id":"{collection}","instance_index":"{index}",'
        f'"priority":"103"{request}}}\n'
    )


GOOGLE_2019 = (
    instance(0, 0, 9, 0, 0.1)
    + instance(600_000_000, 0, 374931319104, 0, 0.0625)
    + instance(610_000_000, 3, 374931319104, 0, 0.0625)
    + instance(634_000_000, 6, 374931319104, 0, 0.0625)
    + instance(700_000_000, 0, 374931319105, 3, 0.5)
    + instance(700_000_000, 3, 374931319105, 3, 0.5)
    + instance(740_000_000, 6, 374931319105, 3, 0.5)
    + instance(750_000_000, 0, 374931319106, 0, None)
    + instance(750_000_000, 3, 374931319106, 0, None)
    + instance(760_000_000, 6, 374931319106, 0, None)
)
COLLECTIONS = "".join(
    f'{{"time":"1","type":"0","collection_id":"{collection}","user":"{user}"}}\n'
    for collection, user in ((374931319104, "ann="), (374931319105, "bob="))
)
AZURE_VM = """\
vm1,ann,dep1,600,624,98.1,3.2,20.5,Delay-insensitive,4,32
vm2,bob,dep2,700,740,98.1,3.2,20.5,Unknown,>24,>64
"""
AZURE_FUNCTIONS = """\
app,func,end_timestamp,duration
bob,f1,740.5,40.5
ann,f2,624.0,24.0
ann,f2,0.5,0.75
"""
ALIBABA_2017 = """\
600,624,1,10,8,Terminated,50,0.016
700,740,2,11,1,Terminated,100,0.016
-10,40,2,12,1,Terminated,100,0.016
800,0,3,13,1,Waiting,,
"""
ALIBABA_2018 = """\
M1,8.0,j_1,1,Terminated,600,624,50.0,0.39
R2_1,1.0,j_2,1,Terminated,700,740,100.0,0.39
task_x,1.0,j_3,1,Running,800,0,100.0,0.39
"""
ALIBABA_2020 = """\
j1,tensorflow,8.0,Terminated,600.0,624.0,600.0,29.29,50.0,MISC
j2,worker,1.0,Terminated,700.0,740.0,600.0,29.29,100.0,V100
j2,ps,1.0,Terminated,700.0,740.0,600.0,29.29,,
j3,worker,1.0,Failed,800.0,,600.0,29.29,100.0,T4
"""
ALIBABA_JOBS = """\
j1,i1,ann,Terminated,590.0,624.0
j2,i2,bob,Terminated,690.0,740.0
j3,i3,bob,Failed,790.0,
"""

# By recipe: the published files, and submit times, processor-seconds and users of what they become.
CASES: dict[str, tuple[dict[str, str], list[tuple[float, float, int]]]] = {
    "google-2011.csv": (
        {"task_events/part-00000-of-00500.csv.gz": GOOGLE_2011},
        [(600, 24 * 0.0625, 0), (700, 20, 1)],
    ),
    "google-2019.csv": (
        {
            "instance_events-000000000000.json.gz": GOOGLE_2019,
            "collection_events-000000000000.json.gz": COLLECTIONS,
        },
        [(600, 24 * 0.0625, 0), (700, 20, 1)],
    ),
    "azure-vm.csv": ({"vmtable.csv.gz": AZURE_VM}, [(600, 96, 0), (700, 960, 1)]),
    "azure-functions.csv": (
        {"AzureFunctionsInvocationTraceForTwoWeeksJan2021.txt": AZURE_FUNCTIONS},
        [(0, 0.75, 0), (600, 24, 0), (700, 40.5, 1)],
    ),
    "alibaba-2017.csv": ({"batch_task.csv": ALIBABA_2017}, [(600, 96, 0), (700, 40, 1)]),
    "alibaba-2018.csv": ({"batch_task.csv": ALIBABA_2018}, [(600, 96, 0), (700, 40, 1)]),
    "alibaba-2020.csv": (
        {"pai_task_table.csv": ALIBABA_2020, "pai_job_table.csv": ALIBABA_JOBS},
        [(600, 96, 0), (700, 40, 1)],
    ),
}


def test_every_recipe_is_tried() -> None:
    assert set(RECIPES) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_recipe_makes_a_trace_of_published_lines(name: str, tmp_path: Path) -> None:
    files, expected = CASES[name]
    for file, content in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(gzip.compress(content.encode()) if file.endswith(".gz") else content.encode())
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RECIPES[name]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = read_trace(tmp_path / name, Scenario(periods=1_000, operators=10))
    unit = found.notes["unit"]
    first, last = expected[0][0], expected[-1][0]
    assert found.period.tolist() == [int((at - first) * 1_000 // (last - first + 1)) for at, _, _ in expected]
    assert found.difficulty.tolist() == [round(work / unit) for _, work, _ in expected]
    assert found.operator.tolist() == [user for _, _, user in expected]
    assert "columns_ignored" not in found.notes
    assert check(tmp_path / name) == []
