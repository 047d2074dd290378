"""Running hostile code: the boundary is the kernel, never a check inside Python.

`adapter.BubblewrapSandbox` is the port's implementation. A *cell* is one
locked-down process that waits for code (`cells`); a *session* is one run in it
(`sessions`). An *enclosure* is a cell in its control group (`enclosures`): `single_cells`
starts an interpreter for each, `spares` has some ready that a warm `zygote` forked.
What runs inside is in `guest`, which imports nothing of the project.
"""
