"""A shell script followed in the order of its lines, none run: what it deploys and what its variables are."""

from __future__ import annotations

import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Remark, Said, line
from pytest_trt.deploy.scope import ANCHOR, BY_CALLER, Variables, below, said, shape
from pytest_trt.deploy.scripts.bindings import Bindings
from pytest_trt.deploy.scripts.blocks import Body, elements, emptiness, is_test, substitutions
from pytest_trt.deploy.scripts.docker_build import Named, build
from pytest_trt.deploy.scripts.docker_run import PROGRAMS, SERVERS, Where, container
from pytest_trt.deploy.scripts.host_server import host_server
from pytest_trt.deploy.scripts.prefixes import HAND_ON, behind_xargs, plain_command, shell_text
from pytest_trt.deploy.scripts.settings import braces, exported, globbed
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
        self._named = Named()
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
            log, folders = self.begin()
            self._run(body, start, stop)
            outcomes.append(self.restore(log))
            self.back(folders, False)
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
            log, folders = self.begin()
            self._run(body, index + 1, end)
            self.restore(log)
            self.back(folders)
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
            fields_of = [field for each in braces(word) for field in self._fields(each)]
            items += globbed(fields_of, self.folder, self.path, self.tree)
            if len(items) > LOOP_LIMIT:
                break
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
            self._redirected(command, [], self._heredoc(command))
            return
        rest = words[count:]
        if rest[0].raw in _DECLARES:
            for word in rest[1:]:
                if _ASSIGNMENT.match(word.raw):
                    self._assign(word, None, False)
                elif word.raw[0] in "$`":
                    for name, value in exported(word, self.folder, self.path, self.tree, self.scope).items():
                        self.set(name, value)
            return
        first = next(iter(self._fields(rest[0])), None)
        if first is None:
            return
        text = first.text
        if text is None:
            # `$DOCKER run`, `$SUDO docker run` where nobody says what the variable is.
            if len(rest) > 2 and rest[1].raw.rpartition("/")[2] in PROGRAMS | SERVERS:
                rest, text = rest[1:], rest[1].raw
            elif "docker" not in rest[0].raw.lower() or len(rest) < 2 or rest[1].raw not in ("run", "build", "create"):
                return
        elif text in ("echo", "printf", "true", ":") and not command.redirects:
            if text == ":":
                self._defaults(rest[1:])
            return
        said_words = [field for word in rest for field in self._fields(word)]
        if text is None:
            said_words[0] = Said("docker", first.at)
        self._command(command, said_words)

    def _nested(self, word: Word) -> None:
        """`id=$(docker run ...)`: a substitution runs too."""
        raw = word.raw
        if ("$(" not in raw and "`" not in raw) or self._depth >= DEPTH_LIMIT or not TRIGGER.search(raw):
            return
        for inner, lines in substitutions(raw):
            if TRIGGER.search(inner):
                self._text(inner, word.line + lines)

    def _text(self, text: str, number: int) -> None:
        """Text that another shell runs."""
        body = Body(script(text, number).commands)
        if self._depth >= DEPTH_LIMIT:
            return
        self._depth += 1
        log, folders = self.begin()
        self._run(body, 0, len(body.commands))
        self.restore(log)
        self.back(folders)
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
        stdin = self._heredoc(command)
        self._redirected(command, words, stdin)
        words = list(plain_command(words))
        if not words or words[0].text is None:
            return
        name = words[0].text.rpartition("/")[2]
        if name in PROGRAMS:
            self._docker(words, stdin)
        elif name in SERVERS:
            found = host_server(words, self._where())
            if found is not None:
                self.reading.containers.append(found)
        elif name in ("cd", "pushd", "popd"):
            self.change(name, words[1:])
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
            self._shell(words, stdin)
        elif words[0].text in self._functions:
            self._call(words)
        elif name in HAND_ON:
            self._handed_on(words, stdin)
        elif name == "xargs":
            handed = behind_xargs(words)
            if handed and (handed[0].text or "").rpartition("/")[2] in PROGRAMS:
                self._docker(handed, None)
        elif " " in words[0].text and TRIGGER.search(words[0].text):
            self._text(words[0].text, command.line)  # eval "docker run ..."

    def _shell(self, words: list[Said], stdin: Said | None) -> None:
        """`bash -c "..."`, `bash <<EOF`; scripts are read for themselves."""
        for index, each in enumerate(words[1:-1], 1):
            if each.text and re.fullmatch(r"-[a-z]*c", each.text):
                self._told(words[index + 1])
                return
        if stdin is not None and all((each.text or "")[:1] == "-" for each in words[1:]):
            self._told(stdin)

    def _handed_on(self, words: list[Said], stdin: Said | None) -> None:
        """`ssh HOST "..."`, `su -c "..."` and their kin."""
        text = shell_text(words)
        remote = words[0].text is not None and words[0].text.rpartition("/")[2] == "ssh"
        if remote and stdin is not None and (text is None or not TRIGGER.search(shape(text))):
            text = stdin
        if text is not None:
            self._told(text, remote)

    def _told(self, text: Said, remote: bool = False) -> None:
        """What another shell is told. remote: on another machine, whose folders and variables are its own."""
        if text.text is None or not TRIGGER.search(text.text):
            return
        number = text.at.line or 1
        if not remote:
            self._text(text.text, number)
        elif self._depth < DEPTH_LIMIT:
            other = Walk(self.reading, self.path, self.tree, Variables(), None)
            other.steps, other._depth = self.steps, self._depth + 1
            other.follow(script(text.text, number))
            self.steps = other.steps

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

    def _docker(self, words: list[Said], stdin: Said | None) -> None:
        where = self._where()
        found = container(words, where)
        if found is not None:
            found.mounts += self._written.seen(found.mounts, self.folder)
            self.reading.containers.append(found)
            self._named.add(found, words)
        elif not self._named.changed(words, where, self.reading):
            build(words, where, self.reading, stdin)

    def _heredoc(self, command: Command) -> Said | None:
        """What a command is given by `<<EOF`."""
        heredoc = next((each for each in command.redirects if each.body is not None), None)
        if heredoc is None or heredoc.body is None:
            return None
        at = line(self.path, heredoc.line)
        quoted = any(each in heredoc.word.raw for each in "\\'\"")
        return Said(heredoc.body, at) if quoted else substituted(heredoc.body, self.scope, at, "sh")

    def _redirected(self, command: Command, words: Sequence[Said], stdin: Said | None) -> None:
        """`cat > file <<EOF`: a file whose text is in the script."""
        into = [each for each in command.redirects if each.operator in (">", ">|", ">>")]
        name = words[0].text if words else None
        target: Said | None = None
        more = bool(into) and into[0].operator == ">>"
        if into:
            target = next(iter(self._fields(into[0].word)), None)
        elif command.redirects and (name == "tee" or [each.text for each in words[:2]] == ["sudo", "tee"]):
            target = words[-1] if len(words) > 1 else None
            more = any(each.text in ("-a", "--append") for each in words)
        if target is None or target.text is None:
            return
        text = stdin if stdin is not None else words[1] if name == "echo" and len(words) == 2 else None
        self._written.add(self.folder, target, text, more)


_PLAIN_VALUE = re.compile(r"[^'\"\\`~][^'\"\\`]*")
