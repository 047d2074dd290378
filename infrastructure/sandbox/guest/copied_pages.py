"""Copy, while a forked process waits for code, the pages that a typical run would copy one by one.

A fork shares its maker's memory until it writes: each first write to a page traps into
the kernel, which copies it. One system call copies a range without traps, at a time when
nobody waits: MADV_POPULATE_WRITE in madvise(2), Linux 5.14. Which pages these are is seen
in a rehearsal: bit 56 of proc_pid_pagemap(5) marks what a process shares with no other.
"""

import ctypes
import errno
import json
import os
import select
import signal
import socket
from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NoReturn

import lockdown

_MADV_POPULATE_WRITE = 23
_PRESENT, _OWN = 1 << 63, 1 << 56
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MOST_AT_ONCE_BYTES = 128 * _PAGE_BYTES  # what a run that comes meanwhile waits for: less than 1 ms
_LARGEST_KEPT_BYTES, _ROOM_BYTES = 31 * 2**20, 8 * 2**20
_LONGEST_REHEARSAL_S = 5

_libc = ctypes.CDLL(None, use_errno=True)
_libc.malloc.restype = ctypes.c_void_p
_Range = tuple[int, int]
_ranges: list[_Range] = []


def learn(typical_run: Callable[[], object]) -> None:
    """Have a fork do a typical run, and keep which ranges (address, length in bytes) it copied.

    None where that fails, or takes longer than 5 s: forks then copy when they write.
    """
    _ranges.clear()
    _make_room()
    with suppress(OSError, ValueError):
        _ranges.extend((address, length) for address, length in json.loads(_rehearsed(typical_run)))


def copy(channel: socket.socket) -> None:
    """Copy what was learnt, unless and until something arrives at `channel`."""
    arrival = select.poll()
    arrival.register(channel, select.POLLIN)
    for address, length in _ranges:
        if arrival.poll(0):
            return
        failed = _libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(length), _MADV_POPULATE_WRITE)
        if failed and ctypes.get_errno() != errno.ENOMEM:  # which says that a part is no longer mapped
            return


def _make_room() -> None:
    """Leave free memory at the end of the heap, for new things of a run: a part that forks can have ready.

    Who frees a block as large as the first has the C library keep what is freed later: see
    M_MMAP_THRESHOLD in mallopt(3). Nothing is written to either.
    """
    for size_bytes in (_LARGEST_KEPT_BYTES, _ROOM_BYTES):
        _libc.free(ctypes.c_void_p(_libc.malloc(ctypes.c_size_t(size_bytes))))


def _rehearsed(typical_run: Callable[[], object]) -> bytes:
    """Return what a fork tells of its pages: nothing, or half of it, when it fails."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _rehearse(typical_run, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        text = told.read()
    os.waitpid(child, 0)
    return text


def _rehearse(typical_run: Callable[[], object], writer: int) -> NoReturn:
    """Tell which pages a typical run copied, and end; the kernel ends a rehearsal that does not."""
    try:
        lockdown.die_with_parent()
        signal.alarm(_LONGEST_REHEARSAL_S)
        lockdown.close_all_but(0, 1, 2, writer)
        areas = list(_writable_areas())
        typical_run()
        text = json.dumps(list(_merged(_own_pages(areas)))).encode()
        with os.fdopen(writer, "wb") as told:
            told.write(text)
    finally:
        os._exit(0)


def _writable_areas() -> Iterator[_Range]:
    """Yield first and last address of what a fork gets a copy of: proc_pid_maps(5)."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            span, rights, *_ = line.split()
            if rights == "rw-p":
                first, end = (int(word, 16) for word in span.split("-"))
                yield first, end


def _own_pages(areas: list[_Range]) -> Iterator[int]:
    """Yield the addresses of pages that this process shares with no other."""
    with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        for first, end in areas:
            pagemap.seek(first // _PAGE_BYTES * 8)
            entries = array("Q", pagemap.read((end - first) // _PAGE_BYTES * 8))
            for number, entry in enumerate(entries):
                if entry & _PRESENT and entry & _OWN:
                    yield first + number * _PAGE_BYTES


def _merged(pages: Iterator[int]) -> Iterator[_Range]:
    """Yield neighbours together, as many as are copied at once."""
    begin = end = 0
    for page in pages:
        if page != end or end - begin == _MOST_AT_ONCE_BYTES:
            if end:
                yield begin, end - begin
            begin = page
        end = page + _PAGE_BYTES
    if end:
        yield begin, end - begin
