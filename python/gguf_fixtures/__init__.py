"""The cases that make_gguf_fixtures.py writes."""
