"""Comparing and tracing on the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.support.program import Program


def test_a_chart_is_traced_to_its_upload_and_back(served: Program, table: Path) -> None:
    """In words, as JSON and as a picture; the reverse way leads from the upload to the chart."""
    upload = served.json("upload", "--user", "alice", str(table))["files"][0]
    script = table.with_name("script.py")
    script.write_text(f"load_file({upload['file_id']!r}).to_csv('copy.csv')")
    copy = served.json("run", "--user", "alice", str(script))["files"][0]
    trace = served.json("provenance", copy["file_id"])
    assert [node["kind"] for node in trace["nodes"]] == ["upload", "generated", "execution"]
    assert {edge["sha256"] for edge in trace["edges"]} == {upload["sha256"], copy["sha256"]}
    back = served.json("provenance", upload["file_id"], "--reverse")
    assert copy["file_id"] in [node["id"] for node in back["nodes"]]
    words = served.run("provenance", copy["file_id"]).stdout
    assert words.index("copy.csv") < words.index(upload["filename"])
    picture = served.run("provenance", copy["file_id"], "--format", "svg").stdout
    assert ET.fromstring(picture).tag.endswith("svg")  # noqa: S314 - our own picture
    assert served.run("provenance", "aaaaaaaaaaaa").returncode == 2


def test_a_difference_names_what_came_and_went(served: Program, table: Path) -> None:
    """Uploaded in between: added; deleted in between: removed; the wrong way round is an error."""
    began = datetime.now(UTC)
    first = served.json("upload", "--user", "alice", str(table))["files"][0]
    between = datetime.now(UTC) + timedelta(milliseconds=5)
    second = served.json("upload", "--user", "alice", str(table))["files"][0]
    served.json("delete", "--user", "alice", first["file_id"])
    later = datetime.now(UTC) + timedelta(milliseconds=5)
    found = served.json("diff", "--user", "alice", between.isoformat(), later.isoformat())
    assert [file["file_id"] for file in found["added"]] == [second["file_id"]]
    assert [file["file_id"] for file in found["removed"]] == [first["file_id"]]
    whole = served.json("diff", "--user", "alice", began.isoformat(), later.isoformat())
    assert ([file["file_id"] for file in whole["added"]], whole["removed"]) == ([second["file_id"]], [])
    served.json("diff", "--user", "alice", later.isoformat(), began.isoformat(), code=2)
