"""Refusals of the REST API, with the status and code that Discord documents for each."""

from tests.support.discord_server.values import Json


class ApiError(Exception):
    """A refusal: HTTP status, Discord's own code, and for forms the tree of what is wrong in them."""

    def __init__(self, status: int, code: int, message: str, errors: Json = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message, "code": code}
        if errors is not None:
            self.body["errors"] = errors


def not_found() -> ApiError:
    """There is no such route."""
    return ApiError(404, 0, "404: Not Found")


def unauthorized() -> ApiError:
    """The token is missing or wrong."""
    return ApiError(401, 0, "401: Unauthorized")


def unknown_channel() -> ApiError:
    """There is no such channel."""
    return ApiError(404, 10003, "Unknown Channel")


def unknown_guild() -> ApiError:
    """There is no such guild."""
    return ApiError(404, 10004, "Unknown Guild")


def unknown_message() -> ApiError:
    """There is no such message, or it is none of the bot's business."""
    return ApiError(404, 10008, "Unknown Message")


def unknown_user() -> ApiError:
    """There is no such user."""
    return ApiError(404, 10013, "Unknown User")


def unknown_webhook() -> ApiError:
    """No interaction has that token, or it was not answered yet."""
    return ApiError(404, 10015, "Unknown Webhook")


def unknown_interaction() -> ApiError:
    """There is no such interaction, or its 3 seconds are over."""
    return ApiError(404, 10062, "Unknown interaction")


def unknown_command() -> ApiError:
    """There is no such application command."""
    return ApiError(404, 10063, "Unknown application command")


def too_many_attachments() -> ApiError:
    """More files than a message can have."""
    return ApiError(400, 30015, "Maximum number of attachments in a message reached (10)")


def too_large() -> ApiError:
    """A file over the upload limit, or too large a request."""
    return ApiError(413, 40005, "Request entity too large")


def already_acknowledged() -> ApiError:
    """The interaction has its response."""
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def missing_access() -> ApiError:
    """The bot cannot even see it."""
    return ApiError(403, 50001, "Missing Access")


def not_the_author() -> ApiError:
    """Somebody else wrote it."""
    return ApiError(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> ApiError:
    """Nothing would be seen."""
    return ApiError(400, 50006, "Cannot send an empty message")


def closed_to_messages() -> ApiError:
    """The person takes no direct messages."""
    return ApiError(403, 50007, "Cannot send messages to this user")


def missing_permissions() -> ApiError:
    """The bot sees it, and may not do that."""
    return ApiError(403, 50013, "Missing Permissions")


def invalid_webhook_token() -> ApiError:
    """The interaction's 15 minutes are over."""
    return ApiError(401, 50027, "Invalid Webhook Token")


def invalid_form(errors: Json) -> ApiError:
    """Fields break a rule."""
    return ApiError(400, 50035, "Invalid Form Body", errors)


def invalid_json() -> ApiError:
    """The body is no JSON."""
    return ApiError(400, 50109, "The request body contains invalid JSON.")


def no_history_to_reply_to() -> ApiError:
    """A reply needs the right to read what it replies to."""
    return ApiError(400, 160002, "Cannot reply without permission to read message history")
