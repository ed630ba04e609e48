"""A shell script followed in the order of its lines, none run: what it deploys and what its variables are."""

from __future__ import annotations

import posixpath
import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Remark, Said, line
from pytest_trt.deploy.reading import Tag
from pytest_trt.deploy.scope import ANCHOR, BY_CALLER, Variables, below, said, shape
from pytest_trt.deploy.scripts.bindings import Bindings
from pytest_trt.deploy.scripts.blocks import Body, elements, emptiness, is_test
from pytest_trt.deploy.scripts.docker_run import PROGRAMS, SERVERS, Where, container, plain_command, tags
from pytest_trt.deploy.scripts.host_server import host_server
from pytest_trt.deploy.scripts.quoting import group_end, tick_end
from pytest_trt.deploy.scripts.variables import fields, substituted
from pytest_trt.deploy.scripts.words import COMMAND, OPEN, Command, Script, Word, script
from pytest_trt.deploy.scripts.written import Written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

# Loops and functions are followed; together no further than this.
STEP_LIMIT = 20_000
CONTAINER_LIMIT = 1_000
LOOP_LIMIT = 32
DEPTH_LIMIT = 12
SOURCED_LIMIT = 256 << 10

TRIGGER = re.compile(r"docker|podman|nerdctl|tensorflow_model_server|tritonserver|trtserver")

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\[[^\]]*\])?(\+?)=")
_DECLARES = frozenset(("export", "declare", "local", "readonly", "typeset"))
_SHELLS = frozenset(("sh", "bash", "dash", "zsh", "ash"))


class Walk(Bindings):
    """Follows commands and puts what they deploy into a reading."""

    def __init__(self, reading: Reading, path: str, tree: Tree, scope: Variables, folder: str | None = ANCHOR) -> None:
        super().__init__(path, scope, folder)
        self.reading = reading
        self.tree = tree
        self.steps = 0
        self._functions: dict[str, tuple[Body, int, int]] = {}
        self._written = Written()
        self._tags: list[Tag] = []
        self._sources: list[str] = []
        self._called: set[str] = set()
        self._depth = 0

    def follow(self, parsed: Script) -> None:
        """A whole text, after what was followed before it."""
        body = Body(parsed.commands)
        self._run(body, 0, len(parsed.commands))
        for name, (other, start, stop) in list(self._functions.items()):
            if other is body and name not in self._called:
                # Nobody here calls it, or what calls it is not understood.
                self._branch([(other, start, stop)], f"in the function {name}")

    def _branch(self, bodies: Sequence[tuple[Body, int, int]], where: str, empty: str | None = None) -> None:
        """Bodies of which at most one runs. empty: the variable that was tested for being empty, if one was."""
        outcomes: list[dict[str, Said | list[Said]]] = []
        for body, start, stop in bodies:
            log, folder = self.begin()
            self._run(body, start, stop)
            outcomes.append(self.restore(log))
            self.folder = folder
        for name in dict.fromkeys(name for outcome in outcomes for name in outcome):
            values = [outcome[name] for outcome in outcomes if name in outcome]
            self.uncertain(name, values, where, empty == name)

    # Commands

    def _run(self, body: Body, start: int, stop: int) -> None:
        index = start
        commands = body.commands
        while index < stop:
            self.steps += 1
            if self.steps > STEP_LIMIT or len(self.reading.containers) > CONTAINER_LIMIT:
                self._limit(commands[index].line)
                return
            command = commands[index]
            if command.kind == OPEN:
                end = min(body.ends[index], stop)
                self._compound(body, command, index, end)
                index = end + 1
                continue
            if command.kind == COMMAND:
                after = commands[index + 1] if index + 1 < stop else None
                self._simple(command, commands[index - 1] if index > start else None, after)
            index += 1

    def _limit(self, number: int) -> None:
        if not any(each.facts.get("what") == "file" and each.code == "TRT418" for each in self.reading.remarks):
            why = f"the script is followed for {STEP_LIMIT:,} commands and {CONTAINER_LIMIT:,} containers"
            self.reading.remarks.append(Remark("TRT418", line(self.path, number), {"what": "file", "why": why}))

    def _compound(self, body: Body, command: Command, index: int, end: int) -> None:
        what = command.words[0].raw
        if self._depth >= DEPTH_LIMIT:
            self._limit(command.line)
            return
        self._depth += 1
        if what == "function":
            self._functions[command.words[1].raw] = (body, index + 1, end)
        elif what == "{":
            self._run(body, index + 1, end)
        elif what == "(":
            log, folder = self.begin()
            self._run(body, index + 1, end)
            self.restore(log)
            self.folder = folder
        elif what in ("for", "select"):
            self._for(body, command, index + 1, end)
        else:
            parts = body.branches(index + 1, end)
            condition, rest = parts[0], parts[1:]
            if what != "case":
                self._run(body, *condition)
            empty = emptiness(body.commands[condition[0] : condition[1]]) if what == "if" else None
            where = f"in a branch (line {command.line})"
            self._branch([(body, *each) for each in rest], where, empty)
        self._depth -= 1

    def _for(self, body: Body, command: Command, start: int, end: int) -> None:
        """A loop over known words is followed for each; another one once, its variable unknown."""
        words = command.words[1:]
        if not words:
            self._branch([(body, start, end)], f"in a loop (line {command.line})")
            return
        name = words[0].raw
        items: list[Said] = []
        for word in words[2:]:
            items += self._globbed(self._fields(word))
        known = len(words) > 1 and 0 < len(items) <= LOOP_LIMIT and all(each.text is not None for each in items)
        if not known:
            why = next((each.why for each in items if each.text is None), "")
            why = why or f"{name} takes one value after the other (line {command.line})"
            items = [Said(None, line(self.path, command.line), why)]
        for item in items:
            self.set(name, item)
            if len(items) == 1 and known:
                self._run(body, start, end)
            else:
                self._branch([(body, start, end)], f"in a loop (line {command.line})")

    def _globbed(self, words: list[Said]) -> list[Said]:
        """`folder/*` becomes the names in the folder, as far as the tree has it."""
        found: list[Said] = []
        for word in words:
            match = re.fullmatch(r"([^*?\[\]]*/|)\*(/?)", word.text or "")
            if match is None:
                found.append(word)
                continue
            folder = below(self.folder, match[1] or ".")
            path = self.tree.first(self.tree.candidates(folder, self.path)) if folder is not None else None
            names = [name for name in self.tree.names(path) if name[0] != "."] if path is not None else []
            if match[2] and path is not None:
                names = [name for name in names if self.tree.is_folder(posixpath.join(path, name))]
            if not names:
                why = f"what `{word.text}` stands for is not in the tree"
                found.append(Said(None, word.at, why))
            found += [Said(match[1] + name + match[2], word.at) for name in names]
        return found

    def _fields(self, word: Word) -> list[Said]:
        return fields(word.raw, self.scope, line(self.path, word.line))

    def _simple(self, command: Command, previous: Command | None, after: Command | None) -> None:
        for word in command.words:
            self._nested(word)
        words = command.words
        count = 0
        while count < len(words) and _ASSIGNMENT.match(words[count].raw):
            count += 1
        if count == len(words):
            uncertain = command.before == "||" or (command.before == "&&" and is_test(previous))
            for word in words:
                self._assign(word, emptiness([previous]) if uncertain and previous else None, uncertain)
            self._redirected(command, [])
            return
        rest = words[count:]
        if rest[0].raw in _DECLARES:
            for word in rest[1:]:
                if _ASSIGNMENT.match(word.raw):
                    self._assign(word, None, False)
            return
        name = self._fields(rest[0])[:1]
        if not name:
            return
        text = name[0].text
        if text is None:
            # `$DOCKER run` where nobody says what DOCKER is.
            if "docker" not in rest[0].raw.lower() or len(rest) < 2 or rest[1].raw not in ("run", "build", "create"):
                return
        elif text in ("echo", "printf", "true", ":") and not command.redirects:
            if text == ":":
                self._defaults(rest[1:])
            return
        said_words = [field for word in rest for field in self._fields(word)]
        if text is None:
            said_words[0] = Said("docker", name[0].at)
        self._command(command, said_words)

    def _nested(self, word: Word) -> None:
        """`id=$(docker run ...)`: a substitution runs too."""
        raw = word.raw
        if ("$(" not in raw and "`" not in raw) or self._depth >= DEPTH_LIMIT or not TRIGGER.search(raw):
            return
        for match in re.finditer(r"\$\((?!\()|`", raw):
            ticks = match[0] == "`"
            end = tick_end(raw, match.start()) if ticks else group_end(raw, match.start() + 1)
            if end <= len(raw):
                inner = raw[match.end() : end - 1]
                if TRIGGER.search(inner):
                    self._text(inner, word.line + raw.count("\n", 0, match.start()))
                return

    def _text(self, text: str, number: int) -> None:
        """Text that another shell runs."""
        body = Body(script(text, number).commands)
        if self._depth >= DEPTH_LIMIT:
            return
        self._depth += 1
        log, folder = self.begin()
        self._run(body, 0, len(body.commands))
        self.restore(log)
        self.folder = folder
        self._depth -= 1

    def _assign(self, word: Word, empty: str | None, uncertain: bool) -> None:
        match = _ASSIGNMENT.match(word.raw)
        assert match is not None
        name, index, plus = match.groups()
        raw = word.raw[match.end() :]
        at = line(self.path, word.line)
        value: Said | list[Said]
        if index is not None:
            value = Said(None, at, f"an element of {name} is set (line {word.line})")
        elif raw.startswith("("):
            value = [field for each in elements(raw, word.line) for field in self._fields(each)]
        else:
            parts = fields('"' + raw + '"' if _PLAIN_VALUE.fullmatch(raw) else raw, self.scope, at)
            whys = [each.why for each in parts if each.text is None]
            value = said(" ".join(shape(each) for each in parts), whys[0] if whys else "", at, len(raw))
        if plus:
            value = self.added(name, value, at)
        if name == "PWD":
            return
        if uncertain:
            self.uncertain(name, [value], f"under a condition (line {word.line})", empty == name)
        else:
            self.set(name, value)

    def _defaults(self, words: Sequence[Word]) -> None:
        """`: ${NAME:=value}`."""
        for word in words:
            match = re.match(r"\"?\$\{([A-Za-z_]\w*):?=", word.raw)
            value = self._fields(word) if match else []
            if match and match[1] not in self.scope and len(value) == 1:
                self.set(match[1], value[0])

    def _command(self, command: Command, words: list[Said]) -> None:
        self._redirected(command, words)
        words = list(plain_command(words))
        if not words or words[0].text is None:
            return
        name = words[0].text.rpartition("/")[2]
        if name in PROGRAMS:
            self._docker(words)
        elif name in SERVERS:
            found = host_server(words, self._where())
            if found is not None:
                self.reading.containers.append(found)
        elif name in ("cd", "pushd"):
            target = next((each for each in words[1:] if each.text is None or not each.text.startswith("-")), None)
            self.go(below(self.folder, target.text) if target is not None and target.text is not None else None)
        elif name == "popd":
            self.go(None)
        elif name == "unset":
            for each in words[1:]:
                if each.text is not None and each.text in self.scope:
                    self.set(each.text, Said("", each.at))
        elif name in ("read", "mapfile", "getopts"):
            for each in words[1:]:
                if each.text and re.fullmatch(r"[A-Za-z_]\w*", each.text):
                    self.uncertain(each.text, [Said(None, each.at, f"{each.text} {BY_CALLER}")], "", False)
        elif name in ("source", ".") and len(words) > 1:
            self._source(words[1])
        elif name in _SHELLS:
            self._shell(words)
        elif words[0].text in self._functions:
            self._call(words)
        elif " " in words[0].text and TRIGGER.search(words[0].text):
            self._text(words[0].text, command.line)  # eval "docker run ..."

    def _shell(self, words: list[Said]) -> None:
        """`bash -c "..."`; scripts are read for themselves."""
        for index, each in enumerate(words[1:-1], 1):
            if each.text and re.fullmatch(r"-[a-z]*c", each.text):
                text = words[index + 1]
                if text.text is not None and TRIGGER.search(text.text):
                    self._text(text.text, text.at.line or 1)
                return

    def _call(self, words: list[Said]) -> None:
        """A function of the script, with these arguments."""
        body, start, stop = self._functions[words[0].text or ""]
        if self._depth >= DEPTH_LIMIT:
            return
        self._depth += 1
        arguments = words[1:]
        kept = {name: dict.get(self.scope, name) for name in (*"123456789", "@", "*")}
        for number in range(1, 10):
            at = words[0].at
            self.scope[str(number)] = arguments[number - 1] if number <= len(arguments) else Said("", at)
        self.scope["@"] = self.scope["*"] = arguments
        self._called.add(words[0].text or "")
        self._run(body, start, stop)
        for name, old in kept.items():
            if old is None:
                self.scope.pop(name, None)
            else:
                self.scope[name] = old
        self._depth -= 1

    def _source(self, word: Said) -> None:
        """`. settings.sh`: its variables, as far as it is in the tree."""
        folder = below(self.folder, word.text) if word.text is not None else None
        path = self.tree.first(self.tree.candidates(folder, self.path)) if folder is not None else None
        if path is None or path in self._sources or len(self._sources) > DEPTH_LIMIT or path == self.path:
            return
        try:
            text = self.tree.read(path, SOURCED_LIMIT)
        except ArtifactError:
            return
        self._sources.append(path)
        own, self.path = self.path, path
        # Relative paths keep their start: the script's.
        self._run(Body(parsed := script(text).commands), 0, len(parsed))
        self.path = own

    # What is deployed

    def _where(self) -> Where:
        return Where(self.path, self.tree, self.folder, self.scope, self.reading.remarks)

    def _docker(self, words: list[Said]) -> None:
        where = self._where()
        found = container(words, where)
        if found is not None:
            found.mounts += self._written.seen(found.mounts, self.folder)
            self.reading.containers.append(found)
            return
        built = tags(words, where)
        if len(words) == 4 and words[1].text == "tag":
            known = next((each for each in self._tags if each.name.text and each.name.text == words[2].text), None)
            if known is not None:
                built = [Tag(words[3], known.dockerfiles, words[3].at, known.stage)]
        self._tags += built
        self.reading.tags += built

    def _redirected(self, command: Command, words: Sequence[Said]) -> None:
        """`cat > file <<EOF`: a file whose text is in the script."""
        if not command.redirects:
            return
        heredoc = next((each for each in command.redirects if each.body is not None), None)
        into = [each.word for each in command.redirects if each.operator in (">", ">|")]
        name = words[0].text if words else None
        target: Said | None = None
        if into:
            target = next(iter(self._fields(into[0])), None)
        elif name == "tee" or (name == "sudo" and len(words) > 1 and words[1].text == "tee"):
            target = words[-1] if len(words) > 1 else None
        if target is None or target.text is None:
            return
        if heredoc is not None and heredoc.body is not None:
            at = line(self.path, heredoc.line)
            quoted = any(each in heredoc.word.raw for each in "\\'\"")
            text = Said(heredoc.body, at) if quoted else substituted(heredoc.body, self.scope, at, "sh")
        elif name == "echo" and len(words) == 2:
            text = words[1]
        else:
            return
        self._written.add(self.folder, target.text, text)


_PLAIN_VALUE = re.compile(r"[^'\"\\`~][^'\"\\`]*")
