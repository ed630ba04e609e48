"""Runs commands in turns and prints a line for each run; a program of its own, and as small as Python gets.

python -I -S launcher.py TURNS COMMAND -- COMMAND ...: of each run, as a Python literal: seconds, peak memory as
ru_maxrss gives it, exit status, bytes that it asked the system to read (None where the system does not tell), and
seconds of CPU, its own and the system's. A program of its own because the peak of a child begins with what its parent
holds. The first turn fills caches and is not printed.
"""

import os
import sys
import time

commands = [[]]
for word in sys.argv[2:]:
    if word == "--":
        commands.append([])
    else:
        commands[-1].append(word)
null = os.open(os.devnull, os.O_WRONLY)
actions = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
for turn in range(int(sys.argv[1]) + 1):
    for command in commands:
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
            cpu = usage.ru_utime + usage.ru_stime
            print((seconds, usage.ru_maxrss, os.waitstatus_to_exitcode(status), read, cpu), flush=True)
