"""Command lines as people write them: POSIX shells, cmd.exe, make, and what docker does with their words."""
