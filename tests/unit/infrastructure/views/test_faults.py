import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    InvalidURI,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from domain.errors import EnvironmentFaultError
from infrastructure.views.client import connect
from infrastructure.views.faults import mongodb_faults


@pytest.mark.parametrize(
    ("error", "cause", "remedy"),
    [
        (ServerSelectionTimeoutError("x"), "no server answers", "start the server"),
        (NetworkTimeout("x"), "takes too long", "check its load"),
        (AutoReconnect("x"), "connection was lost", "check that the server runs"),
        (InvalidURI("x"), "malformed", "correct MONGODB_URI"),
        (OperationFailure("x", 18), "refuses the credentials", "user and password"),
        (OperationFailure("x", 13), "refuses access", "dbOwner"),
        (OperationFailure("x", 14031), "disk is full", "free some space"),
        (BulkWriteError({"writeErrors": [{"code": 121}]}), "another shape", "fileledger replay"),
        (PyMongoError("odd thing"), "odd thing", "check the server"),
    ],
)
def test_errors_become_one_line_with_cause_and_remedy(error: PyMongoError, cause: str, remedy: str) -> None:
    """Whatever the driver raises, the user reads what happened, why, and what next."""
    with pytest.raises(EnvironmentFaultError) as caught, mongodb_faults("list the files"):
        raise error
    message = str(caught.value)
    assert message.startswith("MongoDB cannot list the files: ")
    assert cause in message
    assert remedy in message
    assert "\n" not in message


@pytest.mark.parametrize("uri", ["mongodb://", "http://h", "mongodb://someone:se@cret@h/"])
def test_a_bad_address_is_told_without_the_password(uri: str) -> None:
    """MONGODB_URI is named, its secrets are not."""
    with pytest.raises(EnvironmentFaultError, match="MONGODB_URI") as caught:
        connect(uri)
    assert "cret" not in str(caught.value)


def test_the_database_of_the_address_is_used() -> None:
    """`/name` in the address names the database, else it is the program's own."""
    for uri, name in (("mongodb://h/other", "other"), ("mongodb://h/", "fileledger")):
        database = connect(uri)
        database.client.close()
        assert database.name == name
