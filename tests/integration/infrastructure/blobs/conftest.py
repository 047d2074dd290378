"""Fixtures of the blob stores."""

from tests.support.s3 import bucket, s3_address

__all__ = ["bucket", "s3_address"]
