# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The cases that make_huggingface_fixtures.py writes."""
