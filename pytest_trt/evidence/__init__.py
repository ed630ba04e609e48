"""What a passed or failed equivalence check leaves behind: written by the plugin, read by the deployment gate."""
