# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small random models of every kind that has been published: an architecture
with the tensor types that its files have."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bitnet_tensors import TensorType as T

from .models import Model


@dataclass
class Published:
    """A kind of files."""
    model: Model
    # Whose files are so.
    examples: str


# Extents that all types can store: blocks have up to 256 elements.
BITNET = Model("", architecture="bitnet", embedding=256, feed_forward=512,
               kv_heads=4)
B158 = replace(BITNET, architecture="bitnet-b1.58", kv_heads=2)
# Keys and values of another length than the embedding's share.
LLAMA = replace(B158, architecture="llama", head_size=128, has_output=True)
QWEN3 = replace(B158, architecture="qwen3", head_size=128)
BONSAI = replace(QWEN3, entries={
    "rope.scaling.type": "yarn", "rope.scaling.factor": 4.0,
    "rope.scaling.original_context_length": 16})
GEMMA3 = replace(B158, architecture="gemma3", head_size=64, kv_heads=1)


def _published(base: Model, linear: T, table: T, examples: str,
               suffix: str = "", **changes) -> Published:
    name = f"{base.architecture}-{linear.name.lower()}{suffix}"
    return Published(replace(base, name=name, linear_type=linear,
                             embedding_type=table, **changes), examples)


ONE_BIT_LLM = "1bitLLM bitnet_b1_58-large, -xl, -3B"
TWO_B = "microsoft bitnet-b1.58-2B-4T"
TRAINED_LLAMA = "Llama3-8B-1.58, Falcon3-1.58bit, Falcon-E"
TRILM = "SpectraSuite TriLM"
BONSAI_1, BONSAI_T = "Bonsai 1-bit", "Bonsai ternary"

PUBLISHED = [
    *[_published(BITNET, linear, T.F16, ONE_BIT_LLM)
      for linear in (T.I2_S, T.TQ1_0, T.TQ2_0, T.IQ1_BN, T.IQ2_BN, T.F16,
                     T.F32)],
    # K = 5460 is 4 * 3 * 5 * 7 * 13.
    _published(BITNET, T.I2_S, T.F16, "1bitLLM bitnet_b1_58-xl", "-odd",
               embedding=64, feed_forward=1364),
    _published(B158, T.I2_S, T.F16, TWO_B),
    _published(B158, T.I2_S, T.Q6_K, TWO_B + ", --quant-embd", "-q6_k"),
    _published(replace(B158, architecture="bitnet-25"), T.I2_S, T.F16,
               TWO_B + ", early files", has_output=True),
    *[_published(B158, linear, embedding, TWO_B)
      for linear, embedding in (
          (T.TQ1_0, T.Q4_K), (T.TQ2_0, T.Q6_K), (T.IQ2_BN, T.IQ4_NL),
          (T.IQ2_BN_R4, T.Q6_K), (T.IQ1_BN, T.Q6_K), (T.BF16, T.BF16))],
    *[_published(LLAMA, linear, embedding, TRAINED_LLAMA)
      for linear, embedding in (
          (T.I2_S, T.F16), (T.TQ1_0, T.Q4_K), (T.TQ2_0, T.Q6_K),
          (T.IQ1_BN, T.Q6_K), (T.IQ2_BN, T.Q6_K))],
    _published(LLAMA, T.F16, T.F16, TRAINED_LLAMA + ", dequantised",
               is_dequantized=True),
    *[_published(LLAMA, linear, embedding, TRILM, "-blocks", block_scales=True)
      for linear, embedding in ((T.TQ1_0, T.Q4_K), (T.TQ2_0, T.Q6_K))],
    *[_published(LLAMA, linear, embedding, "plain Llama")
      for linear, embedding in (
          (T.Q8_0, T.Q8_0), (T.BF16, T.BF16), (T.Q4_0, T.Q6_K),
          (T.Q4_1, T.Q6_K), (T.Q5_0, T.Q6_K), (T.Q5_1, T.Q6_K),
          (T.Q2_K, T.Q6_K), (T.Q3_K, T.Q6_K), (T.Q4_K, T.Q6_K),
          (T.Q5_K, T.Q6_K), (T.Q6_K, T.Q6_K), (T.IQ4_NL, T.Q6_K))],
    _published(BONSAI, T.Q1_0, T.Q1_0, BONSAI_1),
    _published(BONSAI, T.Q1_0, T.Q1_0, BONSAI_1 + " 8B", "-output",
               has_output=True),
    *[_published(BONSAI, linear, linear, BONSAI_T, block_scales=True)
      for linear in (T.Q2_0, T.PQ2_0, T.PTQ1_0)],
    _published(QWEN3, T.Q8_0, T.Q8_0, "plain Qwen3"),
    _published(QWEN3, T.I2_S, T.F16, "BitNet embeddings 0.6B", "-embedding",
               has_input_norms=True, norm_type=T.F16,
               entries={"pooling_type": 3}),
    _published(GEMMA3, T.I2_S, T.F16, "BitNet embeddings 270M", "-embedding",
               has_input_norms=True, norm_type=T.F16,
               entries={"pooling_type": 3}),
]
