"""Which value a name has at a place of a run. Lookup is lexical: nearest iteration first, then outwards.

What is in hand is answered at once; the rest is asked of the journal, all of it in one reading.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from typing import Any

from playbooks_app.language.access import AUDIT, Access
from playbooks_app.language.document import Step
from playbooks_app.language.names import NAMED_ROOTS
from playbooks_app.language.scope import Missing, Reference
from playbooks_app.language.step_type import Json
from runs_app.engine.place import Frame, block_name
from runs_app.engine.program import Ancestor, Program
from runs_app.engine.records import MISSING, Read, RunFacts, StepRecord

Reading = Generator[list[Read], list[Json], None]


@dataclass(slots=True)
class Knowledge:
    """What one strand has seen of its run while it is being driven."""

    program: Program
    facts: RunFacts
    caches_variables: bool  # false where other strands may set them meanwhile
    outputs: dict[str, Json] = field(default_factory=dict)  # path -> {output, status, error}
    variables: dict[str, Json] = field(default_factory=dict)
    items: dict[tuple[str, int], Json] = field(default_factory=dict)
    states: dict[str, dict[str, Json]] = field(default_factory=dict)  # path of a container -> what it remembers

    def closed(self, record: StepRecord) -> None:
        """Remember how a step run ended."""
        self.outputs[record.path] = {"output": record.output, "status": record.status, "error": record.error}

    def forget_since(self, mark: int) -> None:
        """Drop the outputs of an iteration that is over: a loop of any length takes no more room than one turn."""
        while len(self.outputs) > mark:
            self.outputs.popitem()


class Scope:
    """The names visible inside `frames`. `prepare` first (it may read), then `lookup` for the renderer.

    extra: names that the playbook's own `catch` or `finally` binds. access: what of all this the step may see, None = all. own: what is the step's
    own, whatever it may see: the error that its `retry.if` asks about.
    """

    def __init__(
        self,
        known: Knowledge,
        frames: list[Frame],
        extra: dict[str, Json] | None = None,
        access: Access | None = None,
        own: dict[str, Json] | None = None,
    ) -> None:
        self.known, self.frames, self.extra, self.access, self.own = known, frames, extra or {}, access, own or {}
        self._ready: dict[tuple[str, str | None], Json] = {}

    def prepare(self, references: Iterable[Reference]) -> Reading:
        """Fetch what is not in hand. Use with `yield from`."""
        asks: list[Read] = []
        takers: list[Callable[[Json], None]] = []
        for reference in references:
            found = self._seen(reference)
            if isinstance(found, Read):
                asks.append(found)
                takers.append(self._taker(reference, found))
            else:
                self._ready[reference.root, reference.name] = found
        if asks:
            for take, value in zip(takers, (yield asks), strict=True):
                take(value)

    def lookup(self, root: str, name: str | None) -> Json:
        """The value of a prepared reference. Raises Missing."""
        value = self._ready.get((root, name), MISSING)
        if value is MISSING:
            raise Missing(root if name is None else f"{root}.{name}")
        return value

    def _taker(self, reference: Reference, ask: Read) -> Callable[[Json], None]:
        def take(value: Json) -> None:
            self._ready[reference.root, reference.name] = self._granted(reference, value)
            if value is MISSING:
                return
            if ask.kind == "item":
                self.known.items[ask.key, ask.number] = value
            elif ask.kind == "variable" and self.known.caches_variables:
                self.known.variables[ask.name] = value

        return take

    def _seen(self, reference: Reference) -> Json | Read:
        """What is at hand, as far as the step may see it. What it may not see is not even read."""
        if reference.root in self.own:
            return self.own[reference.root]
        if self.access is not None and not self.access.allows(reference.root, reference.name):
            return MISSING
        return self._granted(reference, self._at_hand(reference))

    def _granted(self, reference: Reference, value: Json | Read) -> Json | Read:
        """Of a root that is read as a whole only the names that are granted."""
        if self.access is None or reference.name is not None or reference.root not in NAMED_ROOTS or not isinstance(value, dict):
            return value
        return self.access.part(reference.root, value)

    def _at_hand(self, reference: Reference) -> Json | Read:
        """The value, MISSING, or what to read."""
        root, name = reference.root, reference.name
        if root in self.extra:
            nearer = self._bound(root)
            return self.extra[root] if nearer is MISSING else nearer
        match root:
            case "inputs":
                return self._part(self.known.facts.inputs, name)
            case "config":
                return self._part(self.known.facts.config, name)
            case "run":
                return self._part(self.known.facts.root, name)
            case "secrets":
                return self._part(self.known.facts.secrets, name)
            case "vars":
                return self._variable(name)
            case "steps":
                return self._step(name) if name is not None else MISSING
            case _ if root == AUDIT:
                return Read("audit")
        return self._bound(root)

    def _part(self, whole: Any, name: str | None) -> Json:
        return dict(whole) if name is None else whole.get(name, MISSING)

    def _variable(self, name: str | None) -> Json | Read:
        if name is None:
            return Read("variables")
        if self.known.caches_variables and name in self.known.variables:
            return self.known.variables[name]
        return Read("variable", name=name)

    def _bound(self, root: str) -> Json | Read:
        """A name that an enclosing container gives: a loop's item or index, the error in a catch."""
        for frame in reversed(self.frames):
            source = self.known.program.binds(self.known.program.step(frame.step), frame.block).get(root)
            if source == "index":
                return frame.iteration or 0
            if source == "item":
                number = frame.iteration or 0
                return self.known.items.get((frame.path, number), Read("item", key=frame.path, number=number))
            if source == "error":
                return self.known.states.get(frame.path, {}).get("error", Read("state", key=frame.path, name="error"))
        return MISSING

    def _step(self, name: str) -> Json | Read:
        """The step run of another step as seen from here."""
        try:
            target = self.known.program.step(name)
        except KeyError:
            return MISSING
        path, iterated_under = self._path_of(target)
        if iterated_under is not None:
            return Read("newest", key=iterated_under, name=name)
        return self.known.outputs.get(path, Read("step", key=path))

    def _path_of(self, target: Step) -> tuple[str, str | None]:
        """Its path; and, where it lies in a loop that does not enclose this place, the path of that loop's block instead."""
        above = self.known.program.ancestors(target)
        shared = 0
        for frame, ancestor in zip(self.frames, above, strict=False):
            if frame.step != ancestor.step.id or frame.block != ancestor.block:
                break
            shared += 1
        prefix = self.frames[shared - 1].prefix if shared else top_prefix(self.known.program, above, target)
        for ancestor in above[shared:]:
            if self.known.program.is_iterated(ancestor.step, ancestor.block):
                return "", f"{prefix}{ancestor.step.id}/{ancestor.block}["
            prefix += f"{ancestor.step.id}/{block_name(ancestor.block, None)}/"
        return prefix + target.id, None


def top_prefix(program: Program, above: tuple[Ancestor, ...], target: Step) -> str:
    """What stands before the first step id of a path: nothing, or the playbook's own `catch/` or `finally/`."""
    outermost = above[0].step if above else target
    if program.is_in_main(outermost):
        return ""
    return "finally/" if program.is_in_finally(outermost) else "catch/"
