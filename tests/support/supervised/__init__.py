"""Processes that are asked at each of their system calls what is to become of them.

The kernel's seccomp user notifications (seccomp(2), `SECCOMP_RET_USER_NOTIF`) hold every watched
call, SQLite's own included, until the supervisor lets it pass, has it fail, or kills who made it.
Nothing of the program is changed or knows.
"""
