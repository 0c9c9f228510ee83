"""Small step types for the tests of the language: one of each shape that a document can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from playbooks_app.language.problem import Problem
from playbooks_app.language.registry import Registry
from playbooks_app.language.settings import NoSettings, setting
from playbooks_app.language.step_type import Block, BlockList, Example, Json, StepType

Bound = Mapping[str, Literal["item", "index", "error"]]


class Kind(StepType[Any]):
    """What all of them say."""

    label = "A step"
    summary = "Does something."
    icon = "dot"
    family = "do"
    Config: ClassVar[type] = NoSettings


@dataclass(frozen=True, slots=True)
class IfSettings:
    """Of `condition`."""

    test: str = setting("expression", key="if", label="If", required=True)


class Condition(Kind):
    """Two blocks, settings beside the type."""

    name = "condition"
    settings_in = "step"
    Config = IfSettings
    blocks = (Block("then", "then", "Yes"), Block("else", "else", "No"))


@dataclass(frozen=True, slots=True)
class EachSettings:
    """Of `for_each`."""

    source: str = setting("expression", key="in", label="List", required=True)
    item: str = setting("name", label="Name of an item", default="item")
    concurrency: int = setting("integer", label="At the same time", default=1, minimum=1, maximum=50)


class ForEach(Kind):
    """An iterated block that gives names to its steps."""

    name = "for_each"
    settings_in = "step"
    Config = EachSettings
    blocks = (Block("steps", "body", "each", iterated=True, optional=False),)

    def binds(self, block: str, settings: Mapping[str, Json]) -> Bound:
        return {"item": "item", "index": "index", str(settings.get("item", "item")): "item"}


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Of `loop`."""

    until: str = setting("expression", label="Until")


class Loop(Kind):
    """Asks about its own body."""

    name = "loop"
    settings_in = "step"
    Config = LoopSettings
    blocks = (Block("steps", "body", "each turn", iterated=True, optional=False),)

    def binds(self, block: str, settings: Mapping[str, Json]) -> Bound:
        return {"index": "index"}


@dataclass(frozen=True, slots=True)
class Branch:
    """Of `parallel`."""

    name: str = setting("name", label="Name")


class Parallel(Kind):
    """A list of named clauses."""

    name = "parallel"
    settings_in = "step"
    blocks = (BlockList("branches", "Branch", "branch", Branch),)


@dataclass(frozen=True, slots=True)
class Case:
    """Of `router`."""

    name: str = setting("name", label="Name")
    when: str = setting("expression", label="When", required=True)


class Router(Kind):
    """Clauses and a block."""

    name = "router"
    settings_in = "step"
    blocks = (BlockList("cases", "Case", "case", Case), Block("default", "default", "Otherwise"))


@dataclass(frozen=True, slots=True)
class Catch:
    """Of `try`."""

    code: str = setting("text", label="Code", default="*")


class Try(Kind):
    """Clauses that share a name, and blocks that see what the guarded block did."""

    name = "try"
    settings_in = "step"
    blocks = (
        Block("steps", "body", "Try"),
        BlockList("catch", "If it fails", "catch", Catch, name_field=None, single=True, minimum=0),
        Block("finally", "finally", "In any case"),
    )

    def binds(self, block: str, settings: Mapping[str, Json]) -> Bound:
        return {"error": "error"} if block == "catch" else {}


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Of `http`."""

    url: str = setting("text", label="Address", required=True, help="Where to send it.", example="https://example.com")
    method: str = setting("choice", label="Method", default="GET", choices=(("GET", "Read"), ("POST", "Send")))
    json: Json = setting("json", label="Body")


class Http(Kind):
    """A leaf that reaches outside."""

    name = "http"
    Config = HttpSettings
    acts = True
    takes_secrets = True
    output_help = {"status": "number of the answer"}
    examples = (Example("Read something", {"type": "http", "with": {"url": "https://example.com"}}),)


@dataclass(frozen=True, slots=True)
class VarSettings:
    """Of `var`."""

    name: str = setting("name", label="Name", required=True)
    value: Json = setting("json", label="Value")


class Var(Kind):
    """A leaf with a short form that sets variables."""

    name = "var"
    Config = VarSettings
    shorthand = "name"
    sets_variables = True


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Of `log`."""

    message: str = setting("long_text", label="Message", required=True)


class Log(Kind):
    """The simplest leaf; has an opinion of its own."""

    name = "log"
    Config = LogSettings
    shorthand = "message"

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        if settings["message"] == "shout":
            return [Problem(f"{address}/message", "TooLoud", "Not so loud.", "Whisper.")]
        return [Problem(f"{address}/message", "Quiet", "Hard to hear.", "", "warning")] if settings["message"] == "whisper" else []


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of `approval`."""

    who: Json = setting("people", label="Who", required=True)


@dataclass(frozen=True, slots=True)
class ApprovalSettings:
    """Of `approval`."""

    title: str = setting("text", label="Question", required=True)
    approvers: Json = setting("people", label="Who decides")
    show: list[Json] = setting("list", label="What is decided on", default=[])
    rules: tuple[Rule, ...] = setting("rows", label="Rules", default=[], row=Rule)
    on_reject: str = setting("choice", label="After a rejection", default="fail", choices=(("fail", "fails"), ("continue", "goes on")))


class Approval(Kind):
    """A leaf with a setting beside `with`, people, rows, and a short form inside its settings."""

    name = "approval"
    Config = ApprovalSettings
    beside = ("on_reject",)

    def written_out(self, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        shown = settings.get("show")
        if not isinstance(shown, list):
            return settings
        return {**settings, "show": [f"{{{{ {each} }}}}" if isinstance(each, str) else each for each in shown]}


@dataclass(frozen=True, slots=True)
class AskSettings:
    """Of `ask`."""

    who: Json = setting("people", label="Who", required=True)


class Ask(Kind):
    """People in settings beside the type; a short form there, too."""

    name = "ask"
    settings_in = "step"
    shorthand = "who"
    Config = AskSettings


KINDS = Registry(Condition(), ForEach(), Loop(), Parallel(), Router(), Try(), Http(), Var(), Log(), Approval(), Ask())


def playbook(*steps: Json, **more: Json) -> dict[str, Json]:
    """A document with these steps; `more` are further keys of it, `final` is `finally`."""
    found = {"name": "Sample", "description": "For a test.", "owner": "Finance", "steps": list(steps), **more}
    if "final" in found:
        found["finally"] = found.pop("final")
    return found


def log(message: str = "hello", **more: Json) -> dict[str, Json]:
    """A step that says something."""
    return {"type": "log", "with": {"message": message}, **more}
