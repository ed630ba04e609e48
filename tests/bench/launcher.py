"""Runs commands in turns and prints a JSON line for each run; a program of its own, and small.

python launcher.py TURNS COMMANDS: COMMANDS is a JSON list of argument lists. Of each run: seconds, peak memory in KiB,
exit status, and bytes that it asked the system to read (null where the system does not tell). A program of its own
because the peak of a child begins with what its parent holds. The first turn fills caches and is not printed.
"""

import json
import os
import sys
import time

null = os.open(os.devnull, os.O_WRONLY)
actions = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
for turn in range(int(sys.argv[1]) + 1):
    for command in json.loads(sys.argv[2]):
        started = time.perf_counter()
        process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - started
        try:
            with open(f"/proc/{process}/io") as counters:
                read = int(counters.readline().split()[1])
        except OSError:
            read = None
        _, status, usage = os.wait4(process, 0)
        if turn:
            print(json.dumps([seconds, usage.ru_maxrss, os.waitstatus_to_exitcode(status), read]), flush=True)
