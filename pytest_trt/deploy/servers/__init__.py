"""What a server's program does with its command, environment and mounts: arithmetic of words and paths."""
