"""The syntax that readers share: YAML with lines, protobuf text with lines."""
