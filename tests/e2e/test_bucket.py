"""The main job with the bytes of files in an S3 bucket."""

from tests.support.program import Program
from tests.support.s3 import bucket, s3_address

__all__ = ["bucket", "s3_address"]


def test_a_file_in_a_bucket_is_run_on_verified_and_deleted(
    program: Program, s3_address: tuple[str, int], bucket: str
) -> None:
    """Upload, run, verify, delete: no byte of a file lies on the disk, the bucket has what was recorded."""
    host, port = s3_address
    program.environment |= {
        "BLOB_URL": f"s3://{bucket}/files",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    data = program.data_dir.parent / "data.csv"
    data.write_text("a,b\n1,2\n3,4\n")
    (file,) = program.json("upload", "--user", "alice", str(data))["files"]
    code = f"df = load_file('{file['file_id']}'); print(df.a.sum()); df.to_csv('out.csv')"
    ran = program.console(f"/run {code}", "/files")
    assert "4" in ran.stdout
    assert "out.csv" in ran.stdout
    assert program.on_disk() == set()
    assert program.run("verify").returncode == 0
    assert program.json("delete", "--user", "alice", file["file_id"])
    verified = program.run("verify")
    assert verified.returncode == 0, verified.stdout
