# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The cases that make_onnx_fixtures.py writes."""
