"""One process of a running centre: ``python -m huawu.child NAME JSON``, started by ``huawu serve``.

It dies with its parent, logs as the others do, and otherwise is what the package of its name makes of it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from importlib import import_module

from calls.errors import HuawuError, ServeError
from huawu import logs

#: Name of a process → its package and the class of its settings.
PROCESSES = {
    "media": ("ivr.media", "MediaSettings"),
    "sip": ("ivr.sip", "SipSettings"),
    "ear": ("ivr.ears", "EarSettings"),
    "gateway": ("ivr.gateway", "GatewaySettings"),
    "engine": ("ivr.live", "EngineSettings"),
}
_PR_SET_PDEATHSIG = 1  # prctl(2)


def main(arguments: list[str]) -> int:
    """Run a process until it is told to end; return its exit code."""
    name, text = arguments
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before this was arranged
        return 0
    logs.configure(verbose=False, process=name)
    try:
        package, settings = PROCESSES[name]
        made = getattr(import_module(f"{package}.settings"), settings)(**json.loads(text))
        import_module(f"{package}.process").run(made)
    except HuawuError as error:
        print(f"huawu {name}: {error}", file=sys.stderr, flush=True)
        return ServeError.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
