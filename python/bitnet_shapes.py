# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The sizes of language models, and what follows from them in a GGUF file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """ValueError if the sizes make no model."""
    architecture: str
    layers: int
    embedding: int
    feed_forward: int
    heads: int
    kv_heads: int
    vocabulary: int
    context: int
    rope_base: float
    epsilon: float
    # Whether the embedding is the output head, too.
    tied: bool
    # None: the heads share the embedding.
    head_size: int | None = None

    def __post_init__(self):
        if self.head_size is None and self.embedding % self.heads != 0:
            raise ValueError(f"expects heads that divide the embedding length "
                             f"{self.embedding}, found {self.heads}")
        if self.heads % self.kv_heads != 0:
            raise ValueError(f"expects KV heads that divide the {self.heads} "
                             f"heads, found {self.kv_heads}")
        if self.keys % 2 != 0:
            raise ValueError(f"expects an even head size, found {self.keys}")

    @property
    def keys(self) -> int:
        """Elements of a head."""
        return self.head_size or self.embedding // self.heads

    def metadata(self) -> dict[str, int | float]:
        """Entries without the prefix of the architecture."""
        entries = {
            "vocab_size": self.vocabulary,
            "context_length": self.context,
            "embedding_length": self.embedding,
            "block_count": self.layers,
            "feed_forward_length": self.feed_forward,
            "rope.dimension_count": self.keys,
            "attention.head_count": self.heads,
            "attention.head_count_kv": self.kv_heads,
            "attention.layer_norm_rms_epsilon": self.epsilon,
            "rope.freq_base": self.rope_base}
        if self.keys * self.heads != self.embedding:
            entries |= {"attention.key_length": self.keys,
                        "attention.value_length": self.keys}
        return entries

    def tables(self) -> list[str]:
        """Tensors of a row for each token."""
        return ["token_embd"] if self.tied else ["token_embd", "output"]

    def layer_norms(self) -> dict[str, int]:
        """Elements of the norms of a layer."""
        norms = {"attn_norm": self.embedding, "ffn_norm": self.embedding}
        if self.architecture.startswith("bitnet"):
            norms |= {"attn_sub_norm": self.heads * self.keys,
                      "ffn_sub_norm": self.feed_forward}
        if self.architecture in ("qwen3", "gemma3"):
            norms |= {"attn_q_norm": self.keys, "attn_k_norm": self.keys}
        if self.architecture == "gemma3":
            norms |= {"post_attention_norm": self.embedding,
                      "post_ffw_norm": self.embedding}
        return norms

    def layer_linears(self) -> dict[str, tuple[int, int]]:
        """Rows and columns of the linear tensors of a layer."""
        query, kv = self.heads * self.keys, self.kv_heads * self.keys
        width, hidden = self.embedding, self.feed_forward
        return {"attn_q": (query, width), "attn_k": (kv, width),
                "attn_v": (kv, width), "attn_output": (width, query),
                "ffn_gate": (hidden, width), "ffn_up": (hidden, width),
                "ffn_down": (width, hidden)}


# As the published configurations have them.
SHAPES = {
    # microsoft/bitnet-b1.58-2B-4T
    "2b-4t": Shape("bitnet-b1.58", layers=30, embedding=2560, feed_forward=6912,
                   heads=20, kv_heads=5, vocabulary=128256, context=4096,
                   rope_base=500000.0, epsilon=1e-5, tied=True),
    # 1bitLLM/bitnet_b1_58-3B
    "3b": Shape("bitnet", layers=26, embedding=3200, feed_forward=8640,
                heads=32, kv_heads=32, vocabulary=32002, context=2048,
                rope_base=10000.0, epsilon=1e-5, tied=True),
    # HF1BitLLM/Llama3-8B-1.58-100B-tokens
    "8b": Shape("llama", layers=32, embedding=4096, feed_forward=14336,
                heads=32, kv_heads=8, vocabulary=128256, context=8192,
                rope_base=500000.0, epsilon=1e-5, tied=False),
    # tiiuae/Falcon3-10B-Base-1.58bit
    "falcon3-10b": Shape("llama", layers=40, embedding=3072,
                         feed_forward=23040, heads=12, kv_heads=4,
                         vocabulary=131072, context=32768,
                         rope_base=1000042.0, epsilon=1e-6, tied=False),
    # meta-llama/Meta-Llama-3-70B, of which there is no ternary model yet
    "70b": Shape("llama", layers=80, embedding=8192, feed_forward=28672,
                 heads=64, kv_heads=8, vocabulary=128256, context=8192,
                 rope_base=500000.0, epsilon=1e-5, tied=False),
    # The size that bitnet.cpp names as its largest; of no published model.
    "100b": Shape("llama", layers=88, embedding=9216, feed_forward=32768,
                  heads=72, kv_heads=8, vocabulary=128256, context=8192,
                  rope_base=500000.0, epsilon=1e-5, tied=False),
}
