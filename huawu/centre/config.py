"""``huawu.yaml``: what a centre is, in words that people write; everything has a default.

Fields of numbers carry their unit. Files that people write (flows, prompts) lie beside ``huawu.yaml``;
what huawu writes (database, recordings, sockets) lies below the working directory.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from calls.allowlist import Address
from calls.document import Document, Location, Section, names_hint, read_document
from calls.errors import HuawuError, ServeError, WebError
from console.settings import HOST_NAME
from ivr.sip.settings import PRIVATE
from speech.resources import resource

#: Bytes of the path of a Unix socket (unix(7)), and of the longest name of one of ours.
SOCKET_PATH, SOCKET_NAME = 107, len("/gateway.sock~")


def _fault(problem: str, hint: str = "") -> PydanticCustomError:
    return PydanticCustomError("fault", "{error}", {"error": problem, "hint": hint})


def _text(value: Any) -> Any:
    if isinstance(value, int):  # one that began with 0 is another one by now
        raise _fault("a telephone number is a text", 'put it in quotes, as in "95588"')
    return value


def _texts(value: Any) -> Any:
    return value if isinstance(value, list) else [_text(value)]


def _routes(value: Any) -> Any:
    routes = [value] if isinstance(value, str) else value
    if not isinstance(routes, list):
        return routes
    return [{"flow": route} if isinstance(route, str) else route for route in routes]


def _pattern(value: str) -> str:
    if not re.fullmatch(r"[\w+.*?#-]+", value):
        raise _fault("no number", 'write digits; * stands for any rest and ? for one place, as in "80??"')
    return value


def _code(value: str) -> str:
    if not re.fullmatch(r"[\w*#]*", value):
        raise _fault("no dial code", 'write one such as "*11"')
    return value


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise _fault("no address", "write one such as 10.0.0.5, or 0.0.0.0 for all of this machine") from None


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        raise _fault(str(error), "write an address or a network such as 10.0.0.0/24") from None


def _web(value: str) -> str:
    try:
        Address.parse(value)
    except WebError as error:
        raise _fault(error.message, error.hint) from None
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"\w*", value):
        raise _fault("no name of an environment variable", "the secret itself does not belong in the file")
    return value


def _host_name(value: str) -> str:
    if not HOST_NAME.fullmatch(value):
        raise _fault("no host name", "without https://, port and path, in small letters: desk.example.cn")
    return value


Number = Annotated[str, BeforeValidator(_text), AfterValidator(_pattern)]
Code = Annotated[str, BeforeValidator(_text), AfterValidator(_code)]
Ip = Annotated[str, AfterValidator(_address)]
Network = Annotated[str, AfterValidator(_network)]
Web = Annotated[str, AfterValidator(_web)]
Variable = Annotated[str, AfterValidator(_variable)]
HostName = Annotated[str, AfterValidator(_host_name)]
Port = Annotated[int, Field(ge=1, le=65535)]
PortOrNone = Annotated[int, Field(ge=0, le=65535)]


class RouteSection(Section):
    """Which flow answers which numbers; without numbers it answers all."""

    flow: str
    numbers: Annotated[tuple[Number, ...], BeforeValidator(_texts), Field(min_length=1)] = ("*",)


class RecordingsSection(Section):
    """Where recordings lie."""

    folder: str = "out/recordings"
    fsync_seconds: Annotated[float, Field(ge=0, le=60)] = 0.0


class TrunkSection(Section):
    """A carrier, or an exchange: how numbers are reached there, and who we are."""

    name: str = Field(min_length=1)
    proxies: tuple[str, ...] = Field(min_length=1)
    user: str = ""
    password_env: Variable = ""
    domain: str = ""
    registers: bool = False
    expires_seconds: Annotated[int, Field(ge=60, le=86400)] = 300


class SipSection(Section):
    """Who may call, and whom huawu may call."""

    enabled: bool = True
    host: Ip = "127.0.0.1"
    port: Port = 5060
    advertise: str = ""
    allow_sources: tuple[Network, ...] = PRIVATE
    trusted_sources: tuple[Network, ...] = ("127.0.0.0/8", "::1/128")
    max_calls: Annotated[int, Field(ge=1, le=5000)] = 200
    full_code: Literal[486, 503] = 503
    rate_per_second: Annotated[float, Field(gt=0)] = 100.0
    session_expires_seconds: Annotated[int, Field(ge=0, le=86400)] = 1800
    trunks: tuple[TrunkSection, ...] = ()
    outbound: str = ""
    outbound_trunk: str = ""
    allow_targets: tuple[str, ...] = ()
    targets_per_hour: Annotated[int, Field(ge=0)] = 3600
    refer: tuple[str, ...] = ()


class MediaSection(Section):
    """The sound of calls."""

    host: Ip | None = None
    port_min: Port = 20_000
    port_max: Port = 29_999
    slots: Annotated[int | None, Field(ge=1, le=10_000)] = None
    rtp_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    message_minutes: Annotated[float, Field(gt=0, le=60)] = 15.0
    realtime: bool = True


class EarsSection(Section):
    """Who recognises speech."""

    count: Annotated[int | None, Field(ge=0, le=256)] = None
    model: str = ""
    most_recognitions: Annotated[int, Field(ge=1)] = 50


class EngineSection(Section):
    """Who leads the calls."""

    http_host: Ip = "127.0.0.1"
    http_port: Port = 8060
    token_env: Variable = ""
    drain_minutes: Annotated[float, Field(ge=0, le=24 * 60)] = 10.0
    allow_web: tuple[Web, ...] = ()
    prompts: tuple[str, ...] = ()
    hold_music: str = ""


class CodesSection(Section):
    """What agents dial."""

    login: Code = ""
    logout: Code = ""
    pause: Code = ""
    unpause: Code = ""


class AgentsSection(Section):
    """How calls are handed to agents."""

    codes: CodesSection = CodesSection()
    ring_seconds: Annotated[float, Field(ge=1, le=300)] = 20.0
    wrap_up_seconds: Annotated[float, Field(ge=0, le=3600)] = 15.0
    max_no_answers: Annotated[int, Field(ge=1)] = 3


class GatewaySection(Section):
    """The doors for browsers and for Asterisk; they are open where the section is there."""

    enabled: bool = True
    host: Ip = "127.0.0.1"
    web_port: PortOrNone = 8061
    web_url: str = ""
    audiosocket_port: PortOrNone = 0
    token_env: Variable = ""
    sources: tuple[Ip, ...] = ("127.0.0.1", "::1")
    origins: tuple[str, ...] = ()
    max_calls: Annotated[int, Field(ge=1)] = 200


class ConsoleSection(Section):
    """The QA desk."""

    enabled: bool = True
    port: Port = 8000
    public_hosts: tuple[HostName, ...] = ()
    behind_proxy: bool = False


class CentreFile(Section):
    """What ``huawu.yaml`` may hold."""

    flows: Annotated[tuple[RouteSection, ...], BeforeValidator(_routes), Field(min_length=1)] = (
        RouteSection(flow="main"),
    )
    database: Annotated[str, Field(min_length=1)] = "out/huawu.db"
    recordings: RecordingsSection = RecordingsSection()
    run: str = ""
    node: Annotated[str, Field(max_length=64)] = ""
    hang_seconds: Annotated[float, Field(ge=0, le=3600)] = 15.0
    sip: SipSection = SipSection()
    media: MediaSection = MediaSection()
    ears: EarsSection = EarsSection()
    engine: EngineSection = EngineSection()
    agents: AgentsSection = AgentsSection()
    gateway: GatewaySection | None = None
    console: ConsoleSection = ConsoleSection()

    @model_validator(mode="before")
    @classmethod
    def _an_empty_section_has_its_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: {} if value is None and name != "flows" else value for name, value in data.items()}


@dataclass(frozen=True)
class Centre:
    """A configuration that has been read.

    Parameters
    ----------
    file : CentreFile
    document : Document
        For complaints about it; without a file, an empty one.
    run : Path
        The run folder, absolute.
    flows : tuple of (str, Path)
        Pattern of dialled numbers and flow file, in the order in which they are tried.
    """

    file: CentreFile
    document: Document
    run: Path
    flows: tuple[tuple[str, Path], ...]

    def beside(self, name: str) -> Path:
        """Return the path of a file that lies beside the configuration."""
        return self.document.path.parent / name

    def complaint(self, location: Location, problem: str, hint: str = "") -> HuawuError:
        """Return the error that names file, line, field and problem."""
        return _complaint(self.document, location, problem, hint)

    @property
    def ears(self) -> int:
        """How many recogniser processes run: one less than there are cores unless the file says."""
        count = self.file.ears.count
        return max(1, (os.cpu_count() or 2) - 1) if count is None else count

    @property
    def slots(self) -> int:
        """Legs at a time: two for each call, since it may be connected with an agent."""
        return self.file.media.slots or min(2 * self.most_calls, 10_000)

    @property
    def most_calls(self) -> int:
        """Calls at a time, by all doors."""
        return (self.file.sip.max_calls if self.file.sip.enabled else 0) + (
            self.gateway.max_calls if self.gateway else 0
        )

    @property
    def media_host(self) -> str:
        """Address that the media process listens at."""
        return self.file.media.host or self.file.sip.host

    @property
    def gateway(self) -> GatewaySection | None:
        """The doors for browsers and Asterisk, where they are open."""
        section = self.file.gateway
        return section if section and section.enabled else None


def load_centre(path: str | Path | None = None) -> Centre:
    """Read a configuration.

    Parameters
    ----------
    path : str or Path, optional
        ``huawu.yaml``. Without one, everything has its default: the flow ``main`` that ships with huawu
        answers at 127.0.0.1:5060.

    Raises
    ------
    ServeError
        The message names file, line, field and value.
    """
    if path is None:
        document = Document(Path("huawu.yaml"), {}, {}, "", ServeError)
    else:
        document = read_document(Path(path), ServeError)
    file = document.read_as(CentreFile)
    flows = tuple(_flows(file, document))
    run = Path(file.run or _run_folder()).absolute()
    if len(os.fsencode(run)) + SOCKET_NAME > SOCKET_PATH:
        raise _complaint(
            document,
            ("run",),
            f"the folder {run} is too long for sockets",
            f"choose one of at most {SOCKET_PATH - SOCKET_NAME} bytes",
        )
    return Centre(file, document, run, flows)


def _complaint(document: Document, location: Location, problem: str, hint: str) -> HuawuError:
    if document.lines:
        return document.complaint(location, problem, hint)
    return ServeError(f"{'.'.join(map(str, location))}: {problem}", f"{hint}, in a file for --config")


def _flows(file: CentreFile, document: Document) -> Iterator[tuple[str, Path]]:
    """Yield patterns and files; one that can answer no number is a mistake."""
    before: dict[str, int] = {}
    for index, route in enumerate(file.flows):
        flow = _flow_file(route.flow, document, ("flows", index, "flow"))
        for pattern in route.numbers:
            for earlier in ("*", pattern):
                if earlier in before:
                    problem = f"{pattern!r} is answered by {file.flows[before[earlier]].flow!r} already"
                    raise document.complaint(("flows", index), problem, "the first flow that fits counts")
            before[pattern] = index
            yield pattern, flow


def _flow_file(name: str, document: Document, location: Location) -> Path:
    """Return the file of a flow: one beside the configuration, or one that ships with huawu."""
    beside = document.path.parent / name
    if beside.is_file():
        return beside.absolute()
    folder = resource("prompts", "flows")
    shipped = folder / f"{name.removesuffix('.yaml')}.yaml"
    if shipped.parent == folder and shipped.is_file():
        return shipped
    known = [each.stem for each in folder.glob("*.yaml")]
    problem = f"there is no flow file {beside}, and none of that name ships with huawu"
    raise document.complaint(location, problem, names_hint(name, known))


def _run_folder() -> Path:
    if given := os.environ.get("RUNTIME_DIRECTORY"):  # systemd.exec(5)
        return Path(given.split(":")[0])
    if user := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(user, "huawu")
    return Path("out/run")
