# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How lit finds and runs the tests below test/; the build adds its paths in
lit.site.cfg.py."""

import importlib.util
import os
import shutil
import sys

import lit.formats

config.name = "BitNet"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
# Inputs are what other tests read; Unit belongs to ctest.
config.excludes = ["Inputs", "Data", "Unit", "Fixtures"]
config.test_source_root = os.path.join(config.bitnet_source_root, "test")
config.test_exec_root = os.path.join(config.bitnet_binary_root, "test")

# Tools by their bare names: ours first, then those of this LLVM.
config.environment["PATH"] = os.pathsep.join(
    [config.bitnet_tools, config.llvm_tools, os.environ["PATH"]])
config.environment["PYTHON"] = config.python
config.environment["FILECHECK_OPTS"] = "--enable-var-scope"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

if importlib.util.find_spec("jinja2"):
    config.available_features.add("jinja2")
# ONNX's own tests: the Debian package libonnx-testdata.
ONNX_TESTDATA = "/usr/share/libonnx-testdata/data/node"
if os.path.isdir(ONNX_TESTDATA):
    config.available_features.add("onnx-testdata")
# Debian's data of ONNX's tests make a package without code.
onnx_package = importlib.util.find_spec("onnx")
if onnx_package and onnx_package.origin:
    config.available_features.add("pypi-onnx")

if importlib.util.find_spec("torch") and \
        importlib.util.find_spec("transformers"):
    config.available_features.add("pypi-transformers")

config.substitutions += [
    ("%python", '"%s" -B' % config.python),
    ("%fixtures", config.bitnet_fixtures),
    ("%models", os.path.join(config.bitnet_source_root, "examples/models")),
    ("%cc", "cc"),
    ("%scripts", os.path.join(config.bitnet_source_root, "python")),
    ("%onnx_testdata", ONNX_TESTDATA),
    ("%test_include", os.path.join(config.bitnet_source_root, "include")),
]


def host_features():
    """Instruction sets of this CPU that kernels are made for."""
    flags = set()
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("flags"):
                    flags = set(line.split(":", 1)[1].split())
                    break
    except OSError:
        pass
    if {"avx2", "f16c"} <= flags:
        yield "avx2"
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        yield "avx512bw"
        if "avx512_vnni" in flags:
            yield "avx512vnni"


for target in config.llvm_targets.split(";"):
    config.available_features.add(target.lower() + "-registered-target")
if sys.platform.startswith("linux"):
    config.available_features.update(host_features())
for emulator in ("qemu-aarch64", "qemu-x86_64"):
    if shutil.which(emulator):
        config.available_features.add(emulator)
if "address" in config.bitnet_sanitizers:
    config.available_features.add("asan")
    # Code inlined from LLVM's headers poisons memory that its library, which
    # has no sanitizers, goes on to use.
    config.environment.setdefault(
        "ASAN_OPTIONS", "allow_user_poisoning=0:detect_container_overflow=0:"
        "detect_leaks=0")
