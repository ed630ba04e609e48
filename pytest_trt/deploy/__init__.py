"""Deployment files -> which artifact goes to which server."""
