# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The cases that make_gguf_fixtures.py writes."""
