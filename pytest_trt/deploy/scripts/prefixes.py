"""Programs that run the command behind their own words: sudo, env, timeout, taskset, mpirun and their kin."""

from __future__ import annotations

import re

from pytest_trt.deploy.scope import UNKNOWN, said, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.edge import Said

# Of each program the flags whose value is a word of its own, and how many other words stand before the command.
# Sources: the manual pages of sudo, doas, coreutils, util-linux, numactl, Open MPI, strace and Nsight Systems.
_PREFIXES: dict[str, tuple[frozenset[str], int]] = {
    name: (frozenset(flags.split()), words)
    for name, flags, words in (
        ("sudo", "-u -g -h -p -C -D -R -r -t -U -T --user --group --host --prompt --chdir", 0),
        ("doas", "-u -C", 0),
        ("exec", "-a", 0),
        ("env", "-u -C --unset --chdir", 0),
        ("time", "-f -o", 0),
        ("stdbuf", "-i -o -e", 0),
        ("nice", "-n --adjustment", 0),
        ("timeout", "-k -s --kill-after --signal", 1),
        ("taskset", "", 1),
        ("chrt", "-T -P -D", 1),
        ("ionice", "-c -n --class --classdata", 0),
        ("numactl", "-C -N -m -p -i -P -l --cpunodebind --membind --physcpubind --interleave --preferred", 0),
        ("flock", "-w -E --wait --timeout", 1),
        ("strace", "-o -e -p -s -u", 0),
        ("nsys", "-o -t -f -s -w -d -y -x -c --output --trace --force-overwrite --sample --delay --duration", 1),
        ("mpirun", "-n -np -c -H -host --host -hostfile --hostfile -x --bind-to --map-by -N", 0),
        ("mpiexec", "-n -np -c -H -host --host -hostfile --hostfile -x --bind-to --map-by -N", 0),
    )
}
_PREFIXES |= dict.fromkeys(
    ("nohup", "command", "eval", "unbuffer", "setsid", "catchsegv", "winpty", "wsl", "wsl.exe"), (frozenset(), 0)
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def plain_command(words: Sequence[Said]) -> Sequence[Said]:
    """The words without the programs before them that only run what follows."""
    index = 0
    while index < len(words):
        text = words[index].text
        prefix = _PREFIXES.get(text.rpartition("/")[2]) if text is not None else None
        if prefix is not None:
            index = _behind(words, index + 1, *prefix)
        elif text is not None and index and _ASSIGNMENT.match(text):
            index += 1
        else:
            break
    return words[index:]


def _behind(words: Sequence[Said], index: int, valued: frozenset[str], others: int) -> int:
    """Where the command begins."""
    while index < len(words):
        text = words[index].text or ""
        if text == "--":
            index += 1
            break
        if text.startswith("-") and text != "-":
            index += 2 if text in valued else 1
        elif others:
            index += 1
            others -= 1
        else:
            break
    return index


def shell_text(words: Sequence[Said]) -> Said | None:
    """What the programs of HAND_ON give to a shell: `ssh HOST "..."`, `su -c "..."`, `tmux new "..."`."""
    name = (words[0].text or "").rpartition("/")[2]
    behind = len(words)
    sent = False
    if name == "ssh":
        behind = _behind(words, 1, _SSH, 1)
    elif name == "tmux":
        sent = len(words) > 1 and (words[1].text or "").startswith("send")
        behind = _behind(words, 2, _TMUX, 0)
    elif name == "screen":
        behind = 1
        while behind < len(words) and (words[behind].text or "").startswith("-"):
            behind += 2 if (words[behind].text or "")[-1] in "Schtp" else 1
    else:
        behind = next((at + 1 for at, each in enumerate(words) if each.text in ("-c", "--command", "-lc")), behind)
        sent = True
    if behind >= len(words):
        return None
    found = words[behind : behind + 1] if sent else words[behind:]
    why = next((each.why for each in found if each.text is None), "")
    return said(" ".join(shape(each) for each in found), why, found[0].at)


def behind_xargs(words: Sequence[Said]) -> list[Said]:
    """The command that xargs runs; what it puts for `-I NAME` is not known."""
    name = ""
    index = 1
    while index < len(words) and (words[index].text or "").startswith("-"):
        text = words[index].text or ""
        if text.startswith("-I"):
            name = text[2:] or (words[index + 1].text or "" if index + 1 < len(words) else "")
        index += 2 if text in _XARGS else 1
    found: list[Said] = []
    for word in words[index:]:
        if name and name in shape(word):
            why = f"`{name[:20]}` is what xargs is given when this runs"
            word = said(shape(word).replace(name, UNKNOWN), why, word.at)
        found.append(word)
    return found


HAND_ON = frozenset(("ssh", "su", "sg", "runuser", "screen", "tmux"))
_XARGS = frozenset("-I -n -P -L -d -E -s -a --max-args --max-procs --delimiter --arg-file".split())
_SSH = frozenset("-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w".split())
_TMUX = frozenset("-c -e -F -f -n -s -t -x -y".split())
