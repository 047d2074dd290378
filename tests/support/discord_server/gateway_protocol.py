"""The numbers of the gateway (topics/opcodes-and-status-codes)."""

from enum import IntEnum

from tests.support.discord_server.values import Json


class Opcode(IntEnum):
    """Kinds of packet."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Close(IntEnum):
    """Codes with which the gateway closes."""

    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SHARD = 4010
    INVALID_API_VERSION = 4012
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


def packet_of(opcode: Opcode, data: Json = None) -> Json:
    """Return a packet that is no event."""
    return {"op": opcode, "d": data, "s": None, "t": None}
