"""A running centre: its configuration, and the supervisor that keeps its processes alive.

:mod:`~huawu.centre.config` reads ``huawu.yaml``, :mod:`~huawu.centre.plan` makes of it what each process is
told, :mod:`~huawu.centre.supervisor` starts the processes and starts them again; when, is decided by
:mod:`~huawu.centre.upkeep`.
"""

#: Environment variable with the process that a child of it has to end with.
PARENT = "HUAWU_PARENT"
