"""How the map of destinations is shown: as a tree of text, drawn, as JSON, as Mermaid."""
