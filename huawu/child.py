"""One process of a running centre: ``python -m huawu.child NAME JSON``, started by ``huawu serve``.

It dies with its parent, logs as the others do, and otherwise is what the package of its name makes of it.
``-`` in place of the JSON reads it from standard input: it holds passwords, and ``ps`` shows arguments.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib import import_module

from calls.errors import HuawuError, ServeError
from huawu import logs
from huawu.centre import PARENT
from ivr.wire.parent import end_with

#: Name of a process → module and class of its settings, module whose ``run`` takes them.
PROCESSES = {
    "media": ("ivr.media.settings", "MediaSettings", "ivr.media.process"),
    "sip": ("ivr.sip.settings", "SipSettings", "ivr.sip.process"),
    "ear": ("ivr.ears.settings", "EarSettings", "ivr.ears.process"),
    "gateway": ("ivr.gateway.settings", "GatewaySettings", "ivr.gateway.process"),
    "engine": ("ivr.live.settings", "EngineSettings", "ivr.live.process"),
    "console": ("huawu.centre.desk", "DeskSettings", "huawu.centre.desk"),
}


def main(arguments: list[str]) -> int:
    """Run a process until it is told to end; return its exit code."""
    name, text = arguments
    # whoever starts it in the background of a shell lets it ignore this, and it means: end now
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # for those who know something to do then
    parent = int(os.environ.get(PARENT) or os.getppid())
    if not end_with(parent, signal.SIGINT):  # it died before this was arranged
        return 0
    logs.configure(verbose=False, process=name)
    try:
        settings_module, settings, process = PROCESSES[name]
        fields = json.loads(sys.stdin.read() if text == "-" else text)
        made = getattr(import_module(settings_module), settings)(**fields)
        import_module(process).run(made)
    except HuawuError as error:
        sys.stderr.write(f"huawu {name}: {error}\n")  # at once: others write there too
        return ServeError.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
