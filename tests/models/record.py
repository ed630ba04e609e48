"""What the real loader says of every model of product.py: writes verdicts-VERSION.json here.

    PYTHON_WITH_TENSORFLOW record.py

Host names, folders and paths are replaced, and the attributes that a message lists in random
order are sorted. A process that dies or stands still gets three tries, because TensorFlow itself
now and then aborts after a failed request ("nsync_mu_unlock() an nsync_mu held in read mode").
"""

from __future__ import annotations

import json
import re
import socket
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from models.product import generate  # noqa: E402
from oracle.judge import judge  # noqa: E402


def sorted_attributes(text: str) -> str:
    """The text with the list behind "with these attrs:" in alphabetical order."""
    start = text.find("with these attrs: [")
    if start < 0:
        return text
    start += len("with these attrs: [")
    parts, depth, quoted, begin, at = [], 1, False, start, start
    while depth:
        char = text[at]
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "[") - (char == "]")
            if depth == 0 or (depth == 1 and char == ","):
                parts.append(text[begin:at].strip())
                begin = at + 1
        at += 1
    return text[:start] + ", ".join(sorted(parts)) + text[at - 1 :]


def normal(text: str, folder: str) -> str:
    """A status without what differs from run to run."""
    text = text.replace(folder, "DIR").replace(socket.gethostname(), "HOST")
    text = re.sub(r'File "[^"]*/site-packages/', 'File "SITE/', text)
    text = re.sub(r"goo\.gle/debug\w+\s*", "", text)  # a random mark before printed messages, from 2.21 on
    return "crashed" if text.startswith("crashed") else sorted_attributes(text)


def main() -> int:
    import tensorflow

    with tempfile.TemporaryDirectory() as root:
        names = {str(model.folder): model.name for model in generate(Path(root))}
        verdicts = judge(list(names), seconds=300)
    out = {
        names[folder]: {
            "load": normal(verdict["load"], folder),
            "signatures": {key: normal(text, folder) for key, text in sorted(verdict["signatures"].items())},
        }
        for folder, verdict in sorted(verdicts.items(), key=lambda item: names[item[0]])
    }
    target = HERE / f"verdicts-{tensorflow.__version__}.json"
    target.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")
    print(target, len(out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
