# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls compiled models from Python, through their C interface.

    bitnet-compile model.gguf --emit=shared -o model.so

    model = CompiledModel("model.so")
    with model.session(threads=1) as session:
        logits = session.evaluate_all(model.tokenize("Once upon a time"))

include/bitnet/runtime.h documents what the functions do; a status other than
success becomes a BitNetError. Of the standard library and NumPy only.
"""

from __future__ import annotations

import ctypes
import re
from ctypes import (CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_double,
                    c_float, c_int, c_int32, c_size_t, c_uint32, c_uint64,
                    c_void_p)
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Callable, Sequence

import numpy as np

ABI_VERSION = 4
TOKENIZE_ADD_BOS = 1
TOKENIZE_SPECIAL = 2
TOKENIZE_ADD_EOS = 4
DETOKENIZE_SPECIAL = 1
EMBED_RAW = 1
GENERATION_IGNORE_EOS = 1
GENERATION_WRITE_SPECIAL = 2
GENERATION_CONTEXT_SHIFT = 4


class Status(IntEnum):
    OK = 0
    INVALID_ARGUMENT = 1
    OUT_OF_MEMORY = 2
    CONTEXT_FULL = 3
    BUFFER_TOO_SMALL = 4
    INVALID_TOKEN = 5
    NO_LOGITS = 6
    STOPPED = 7
    NO_TOKENIZER = 8
    THREAD_FAILURE = 9
    VERSION_MISMATCH = 10
    UNSUPPORTED_CPU = 11
    UNKNOWN_VARIANT = 12
    SHAPE_MISMATCH = 13
    TYPE_MISMATCH = 14
    BUSY = 15
    WEIGHTS_NOT_FOUND = 16
    WEIGHTS_MISMATCH = 17
    WEIGHTS_DAMAGED = 18
    UNSUPPORTED = 19
    NO_CHAT_TEMPLATE = 20
    TEMPLATE_ERROR = 21
    FORKED = 22
    CANCELLED = 23
    UNAVAILABLE_PROCESSOR = 24
    STATE_MISMATCH = 25
    STATE_DAMAGED = 26
    FILE_FAILURE = 27


class BitNetError(Exception):
    """A function returned `status`."""

    def __init__(self, status: int):
        self.status = Status(status)
        super().__init__(self.status.name.lower().replace("_", " "))


def check(status: int) -> None:
    if status != Status.OK:
        raise BitNetError(status)


class ModelInfo(Structure):
    _fields_ = [("name", c_char_p), ("cpu", c_char_p), ("kernel", c_char_p),
                ("vocabulary_size", c_uint32), ("context_length", c_uint32),
                ("embedding_length", c_uint32), ("layer_count", c_uint32),
                ("chunk_size", c_uint32), ("bos_token", c_int32),
                ("eos_token", c_int32), ("weight_bytes", c_uint64),
                ("variant_count", c_uint32), ("reserved", c_uint32),
                ("weights_file", c_char_p), ("pooling", c_int),
                ("kv_element", c_int), ("kv_bytes_per_position", c_uint64),
                ("arena_bytes", c_uint64), ("pass_bytes", c_uint64)]


class VariantInfo(Structure):
    _fields_ = [("name", c_char_p), ("cpu", c_char_p), ("kernel", c_char_p),
                ("is_supported", c_uint32), ("reserved", c_uint32)]


class ThreadsOptions(Structure):
    """bitnet_threads_options."""
    _fields_ = [("abi_version", c_uint32), ("count", c_uint32),
                ("processor_count", c_uint32), ("flags", c_uint32),
                ("processors", POINTER(c_uint32)), ("executor", c_void_p)]


class _EvaluatorOptions(Structure):
    _fields_ = [("abi_version", c_uint32), ("threads", c_uint32),
                ("most_sequences", c_uint32), ("reserved", c_uint32),
                ("shared_threads", c_void_p),
                ("memory", c_void_p), ("memory_size", c_uint64),
                ("variant", c_char_p), ("weights_path", c_char_p),
                ("weights", c_void_p), ("weights_size", c_uint64),
                ("message", c_char_p), ("message_size", c_size_t)]


class _SessionOptions(Structure):
    _fields_ = [("abi_version", c_uint32), ("context_size", c_uint32),
                ("threads", c_uint32), ("top_logits", c_uint32),
                ("memory", c_void_p), ("memory_size", c_uint64),
                ("variant", c_char_p), ("weights_path", c_char_p),
                ("weights", c_void_p), ("weights_size", c_uint64),
                ("message", c_char_p), ("message_size", c_size_t),
                ("evaluator", c_void_p)]


class _BatchItem(Structure):
    _fields_ = [("session", c_void_p), ("tokens", c_void_p),
                ("count", c_size_t), ("logits", c_void_p),
                ("status", c_int), ("reserved", c_uint32)]


class _LogitBias(Structure):
    _fields_ = [("token", c_int32), ("bias", c_float)]


_LogitsCallback = CFUNCTYPE(c_int, c_void_p, POINTER(c_int32), c_size_t,
                            POINTER(c_float), c_size_t)
_TextCallback = CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)


class _SamplingOptions(Structure):
    _fields_ = [("temperature", c_float), ("top_k", c_uint32),
                ("top_p", c_float), ("min_p", c_float), ("typical_p", c_float),
                ("repetition_penalty", c_float), ("presence_penalty", c_float),
                ("frequency_penalty", c_float), ("penalty_window", c_uint32),
                ("reserved", c_uint32), ("seed", c_uint64),
                ("biases", POINTER(_LogitBias)), ("bias_count", c_size_t),
                ("mask", _LogitsCallback), ("mask_user", c_void_p)]


class _Sampler(Structure):
    _fields_ = [("state", c_uint64 * 4)]


class _StopString(Structure):
    _fields_ = [("text", c_char_p), ("length", c_size_t)]


class _GenerationOptions(Structure):
    _fields_ = [("abi_version", c_uint32), ("flags", c_uint32),
                ("max_tokens", c_uint32), ("keep", c_uint32),
                ("draft_tokens", c_uint32), ("reserved", c_uint32),
                ("sampling", _SamplingOptions), ("stops", POINTER(_StopString)),
                ("stop_count", c_size_t), ("stop_tokens", POINTER(c_int32)),
                ("stop_token_count", c_size_t), ("callback", _TextCallback),
                ("user", c_void_p), ("memory", c_void_p),
                ("memory_size", c_uint64)]


class _GenerateResult(Structure):
    _fields_ = [("prompt_tokens", c_uint32), ("generated_tokens", c_uint32),
                ("prompt_seconds", c_double), ("generate_seconds", c_double),
                ("drafted_tokens", c_uint32), ("accepted_tokens", c_uint32),
                ("finish", c_int), ("reserved", c_uint32)]


class _SamplingFunctions(Structure):
    """bitnet_sampling_functions."""
    _fields_ = [
        ("sample", CFUNCTYPE(
            c_int, c_void_p, POINTER(_SamplingOptions), POINTER(_Sampler),
            POINTER(c_int32))),
        ("score", CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t, c_void_p))]


class _GenerationFunctions(Structure):
    """bitnet_generation_functions."""
    _fields_ = [
        ("generate", CFUNCTYPE(
            c_int, c_void_p, c_char_p, c_size_t, POINTER(_GenerationOptions),
            POINTER(_GenerateResult))),
        ("memory_size", CFUNCTYPE(
            c_int, c_void_p, POINTER(_GenerationOptions), POINTER(c_uint64))),
        ("create", CFUNCTYPE(
            c_int, c_void_p, POINTER(_GenerationOptions), POINTER(c_void_p))),
        ("next", CFUNCTYPE(c_int, c_void_p, POINTER(c_int32), POINTER(c_int))),
        ("destroy", CFUNCTYPE(None, c_void_p))]


class _Functions(Structure):
    """bitnet_model_functions."""
    _fields_ = [
        ("abi_version", c_uint32), ("size", c_uint32),
        ("model_info", CFUNCTYPE(c_int, c_void_p, POINTER(ModelInfo))),
        ("session_memory_size", CFUNCTYPE(
            c_int, c_void_p, POINTER(_SessionOptions), POINTER(c_uint64))),
        ("session_create", CFUNCTYPE(
            c_int, c_void_p, POINTER(_SessionOptions), POINTER(c_void_p))),
        ("session_destroy", CFUNCTYPE(c_int, c_void_p)),
        ("session_reset", CFUNCTYPE(c_int, c_void_p, c_uint32)),
        ("session_position", CFUNCTYPE(c_int, c_void_p, POINTER(c_uint32))),
        ("evaluate", CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)),
        ("evaluate_all", CFUNCTYPE(
            c_int, c_void_p, c_void_p, c_size_t, c_void_p)),
        ("logits", CFUNCTYPE(c_int, c_void_p, POINTER(POINTER(c_float)))),
        ("tokenize", CFUNCTYPE(
            c_int, c_void_p, c_char_p, c_size_t, c_uint32, c_void_p, c_size_t,
            POINTER(c_size_t))),
        ("detokenize", CFUNCTYPE(
            c_int, c_void_p, c_void_p, c_size_t, c_uint32, c_void_p, c_size_t,
            POINTER(c_size_t))),
        ("sampling", POINTER(_SamplingFunctions)),
        ("generation", POINTER(_GenerationFunctions)),
        ("variant_info", CFUNCTYPE(
            c_int, c_void_p, c_uint32, POINTER(VariantInfo))),
        ("session_variant", CFUNCTYPE(c_int, c_void_p, POINTER(c_uint32))),
        ("verify_weights", CFUNCTYPE(c_int, c_void_p)),
        ("embed", CFUNCTYPE(
            c_int, c_void_p, c_void_p, c_size_t, c_uint32, c_void_p)),
        ("apply_chat_template", c_void_p), ("tokenize_chat", c_void_p),
        ("threads_create", c_void_p),
        ("evaluator_memory_size", CFUNCTYPE(
            c_int, c_void_p, POINTER(_EvaluatorOptions), POINTER(c_uint64))),
        ("evaluator_create", CFUNCTYPE(
            c_int, c_void_p, POINTER(_EvaluatorOptions), POINTER(c_void_p))),
        ("evaluator_destroy", CFUNCTYPE(c_int, c_void_p)),
        ("evaluate_batch", CFUNCTYPE(c_int, POINTER(_BatchItem), c_size_t)),
        ("session_clone", CFUNCTYPE(
            c_int, c_void_p, POINTER(_SessionOptions), POINTER(c_void_p))),
        ("session_copy", CFUNCTYPE(c_int, c_void_p, c_void_p, c_uint32)),
        ("session_tokens", CFUNCTYPE(
            c_int, c_void_p, POINTER(POINTER(c_int32)), POINTER(c_uint32))),
        ("session_match", CFUNCTYPE(
            c_int, c_void_p, c_void_p, c_size_t, POINTER(c_uint32))),
        ("session_remove", CFUNCTYPE(c_int, c_void_p, c_uint32, c_uint32)),
        ("session_save", CFUNCTYPE(
            c_int, c_void_p, c_void_p, c_size_t, POINTER(c_size_t))),
        ("session_restore", CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)),
        ("session_save_file", CFUNCTYPE(c_int, c_void_p, c_char_p)),
        ("session_restore_file", CFUNCTYPE(c_int, c_void_p, c_char_p)),
        ("session_cancel", CFUNCTYPE(c_int, c_void_p)),
        ("session_limit_logits", CFUNCTYPE(c_int, c_void_p, c_uint32))]


class _Model(Structure):
    _fields_ = [("functions", POINTER(_Functions)), ("descriptor", c_void_p)]


class Finish(IntEnum):
    """Why a generation ended."""
    NONE = 0
    EOS = 1
    STOP = 2
    LENGTH = 3
    CONTEXT = 4
    CALLBACK = 5


@dataclass
class Sampling:
    """bitnet_sampling_options. `mask(tokens, logits)` changes the logits, an
    array [vocabulary], and may return True to end the generation."""
    temperature: float = 0
    top_k: int = 0
    top_p: float = 1
    min_p: float = 0
    typical_p: float = 1
    repetition_penalty: float = 1
    presence_penalty: float = 0
    frequency_penalty: float = 0
    penalty_window: int = 64
    seed: int = 0
    biases: dict[int, float] = field(default_factory=dict)
    mask: Callable[[np.ndarray, np.ndarray], bool | None] | None = None

    def options(self) -> _SamplingOptions:
        """Lives as long as what it points to."""
        biases = (_LogitBias * len(self.biases))(*self.biases.items())
        mask = _LogitsCallback()
        if self.mask:
            def call(_, tokens, count, logits, size):
                return bool(self.mask(
                    np.ctypeslib.as_array(tokens, (count,)),
                    np.ctypeslib.as_array(logits, (size,))))
            mask = _LogitsCallback(call)
        return _SamplingOptions(
            self.temperature, self.top_k, self.top_p, self.min_p,
            self.typical_p, self.repetition_penalty, self.presence_penalty,
            self.frequency_penalty, self.penalty_window, 0, self.seed, biases,
            len(biases), mask, None)


@dataclass
class Generated:
    """What `Session.generate` made."""
    text: bytes
    finish: Finish
    prompt_tokens: int
    generated_tokens: int
    drafted_tokens: int
    accepted_tokens: int
    pieces: list[bytes]


def _as_tokens(tokens) -> np.ndarray:
    return np.ascontiguousarray(tokens, np.int32)


def make_sampler(seed: int) -> _Sampler:
    """The state of the generator that `seed` makes (splitmix64)."""
    state, mask = [], (1 << 64) - 1
    for _ in range(4):
        seed = (seed + 0x9e3779b97f4a7c15) & mask
        z = ((seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9) & mask
        z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & mask
        state.append(z ^ (z >> 31))
    return _Sampler((c_uint64 * 4)(*state))


def declared_symbol(path: Path, kind: str = "model") -> str:
    """The symbol of the library `path`, from the header written beside it."""
    header = path.with_suffix(".h").read_text(encoding="utf-8")
    return re.findall(rf"^extern const bitnet_{kind} (\w+);", header, re.M)[-1]


class CompiledModel:
    """A shared library of bitnet-compile. A library that is compiled anew must
    get another name to be loaded again by the same process."""

    def __init__(self, path: Path | str, symbol: str | None = None):
        path = Path(path).resolve()
        self._library = ctypes.CDLL(str(path))
        self._model = _Model.in_dll(self._library,
                                    symbol or declared_symbol(path))
        self._address = ctypes.addressof(self._model)
        self.functions = self._model.functions.contents
        if self.functions.abi_version != ABI_VERSION:
            raise BitNetError(Status.VERSION_MISMATCH)

    def info(self) -> ModelInfo:
        info = ModelInfo()
        check(self.functions.model_info(self._address, byref(info)))
        return info

    def variants(self) -> list[VariantInfo]:
        """The variants of the code, the best first."""
        variants = [VariantInfo() for _ in range(self.info().variant_count)]
        for index, variant in enumerate(variants):
            check(self.functions.variant_info(self._address, index,
                                               byref(variant)))
        return variants

    def tokenize(self, text: str | bytes, add_bos: bool = True,
                 special: bool = False, add_eos: bool = False) -> list[int]:
        data = text.encode() if isinstance(text, str) else text
        flags = (TOKENIZE_ADD_BOS * add_bos | TOKENIZE_SPECIAL * special
                 | TOKENIZE_ADD_EOS * add_eos)
        # A space may become three tokens; BOS, EOS and a space may be added.
        tokens = np.empty(3 * len(data) + 5, np.int32)
        count = c_size_t()
        check(self.functions.tokenize(self._address, data, len(data), flags,
                                       tokens.ctypes.data, len(tokens),
                                       byref(count)))
        return tokens[:count.value].tolist()

    def detokenize(self, tokens, special: bool = False) -> bytes:
        ids, length = _as_tokens(tokens), c_size_t()
        flags = DETOKENIZE_SPECIAL * special
        arguments = (self._address, ids.ctypes.data, len(ids), flags)
        self.functions.detokenize(*arguments, None, 0, byref(length))
        text = ctypes.create_string_buffer(length.value + 1)
        check(self.functions.detokenize(*arguments, text, length.value,
                                         byref(length)))
        return text.raw[:length.value]

    def session(self, context_size: int = 0, threads: int = 0,
                variant: str | None = None) -> Session:
        options = _SessionOptions(ABI_VERSION, context_size, threads)
        options.variant = variant.encode() if variant is not None else None
        return Session(self, options)

    def evaluator(self, threads: int = 0, most_sequences: int = 0,
                  variant: str | None = None) -> Evaluator:
        return Evaluator(self, threads, most_sequences, variant)


class Evaluator:
    """What sessions share. Ended by `close` or the end of a `with`, after its
    sessions."""

    def __init__(self, model: CompiledModel, threads: int, most_sequences: int,
                 variant: str | None):
        options = _EvaluatorOptions(ABI_VERSION, threads, most_sequences)
        options.variant = variant.encode() if variant is not None else None
        self._model, self._functions = model, model.functions
        self._evaluator = c_void_p()
        check(self._functions.evaluator_create(
            model._address, byref(options), byref(self._evaluator)))

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        if self._evaluator:
            check(self._functions.evaluator_destroy(self._evaluator))
            self._evaluator = None

    def session(self, context_size: int = 0) -> Session:
        options = _SessionOptions(ABI_VERSION, context_size)
        options.evaluator = self._evaluator
        return Session(self._model, options)

    def evaluate_batch(self, sessions, tokens,
                       all_logits: bool = False) -> list[np.ndarray]:
        """Appends tokens[i] to sessions[i]. Returns the logits [vocabulary] of
        each, or [len(tokens[i]), vocabulary] if `all_logits`."""
        ids = [_as_tokens(row) for row in tokens]
        items = (_BatchItem * len(ids))()
        vocabulary = self._model.info().vocabulary_size
        rows = [np.empty((len(row), vocabulary), np.float32) for row in ids]
        for item, session, row, logits in zip(items, sessions, ids, rows):
            item.session, item.tokens = session._session, row.ctypes.data
            item.count = len(row)
            item.logits = logits.ctypes.data if all_logits else None
        check(self._functions.evaluate_batch(items, len(ids)))
        return rows if all_logits else [each.logits() for each in sessions]


class Session:
    """One sequence of tokens. Ended by `close` or the end of a `with`."""

    def __init__(self, model: CompiledModel, options: _SessionOptions,
                 source: Session | None = None):
        self._model, self._functions = model, model.functions
        self._vocabulary = model.info().vocabulary_size
        self._session = c_void_p()
        if source:
            check(self._functions.session_clone(
                source._session, byref(options), byref(self._session)))
        else:
            check(self._functions.session_create(
                model._address, byref(options), byref(self._session)))

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        if self._session:
            check(self._functions.session_destroy(self._session))
            self._session = None

    @property
    def variant(self) -> VariantInfo:
        """The code that it runs."""
        index = c_uint32()
        check(self._functions.session_variant(self._session, byref(index)))
        return self._model.variants()[index.value]

    @property
    def position(self) -> int:
        position = c_uint32()
        check(self._functions.session_position(self._session,
                                                byref(position)))
        return position.value

    @property
    def tokens(self) -> list[int]:
        """All tokens in the session."""
        pointer, count = POINTER(c_int32)(), c_uint32()
        check(self._functions.session_tokens(self._session, byref(pointer),
                                              byref(count)))
        return pointer[:count.value]

    def reset(self, position: int = 0) -> None:
        check(self._functions.session_reset(self._session, position))

    def match(self, tokens) -> int:
        """How many tokens at the beginning are also those of the session."""
        ids, common = _as_tokens(tokens), c_uint32()
        check(self._functions.session_match(self._session, ids.ctypes.data,
                                             len(ids), byref(common)))
        return common.value

    def remove(self, begin: int, end: int) -> None:
        check(self._functions.session_remove(self._session, begin, end))

    def clone(self, context_size: int = 0) -> Session:
        return Session(self._model, _SessionOptions(ABI_VERSION, context_size),
                       self)

    def copy(self, source: Session, count: int) -> None:
        check(self._functions.session_copy(self._session, source._session,
                                            count))

    def save(self, path: Path | str | None = None) -> bytes | None:
        """To a file, or as the value."""
        if path is not None:
            check(self._functions.session_save_file(self._session,
                                                     str(path).encode()))
            return None
        size = c_size_t()
        self._functions.session_save(self._session, None, 0, byref(size))
        state = ctypes.create_string_buffer(size.value)
        check(self._functions.session_save(self._session, state, size.value,
                                            byref(size)))
        return state.raw

    def restore(self, state: bytes | Path | str) -> None:
        """From what `save` gave, or from the file of that name."""
        if isinstance(state, bytes):
            check(self._functions.session_restore(self._session, state,
                                                   len(state)))
        else:
            check(self._functions.session_restore_file(self._session,
                                                        str(state).encode()))

    def cancel(self) -> None:
        check(self._functions.session_cancel(self._session))

    def limit_logits(self, k: int) -> None:
        check(self._functions.session_limit_logits(self._session, k))

    def evaluate(self, tokens) -> None:
        ids = _as_tokens(tokens)
        check(self._functions.evaluate(self._session, ids.ctypes.data,
                                        len(ids)))

    def evaluate_all(self, tokens) -> np.ndarray:
        """Logits [len(tokens), vocabulary]."""
        ids = _as_tokens(tokens)
        logits = np.empty((len(ids), self._vocabulary), np.float32)
        check(self._functions.evaluate_all(
            self._session, ids.ctypes.data, len(ids), logits.ctypes.data))
        return logits

    def embed(self, tokens, raw: bool = False) -> np.ndarray:
        """The embedding [embedding length], of length 1 unless `raw`."""
        ids = _as_tokens(tokens)
        embedding = np.empty(self._model.info().embedding_length, np.float32)
        check(self._functions.embed(
            self._session, ids.ctypes.data, len(ids), EMBED_RAW * raw,
            embedding.ctypes.data))
        return embedding

    def logits(self) -> np.ndarray:
        """A copy of the logits after the last token."""
        pointer = POINTER(c_float)()
        check(self._functions.logits(self._session, byref(pointer)))
        return np.ctypeslib.as_array(pointer, (self._vocabulary,)).copy()

    def sample(self, sampling: Sampling = Sampling(),
               sampler: _Sampler | None = None) -> int:
        """A token; the most likely one by default. With a temperature, there
        must be the state of a generator, which `make_sampler` makes."""
        token, options = c_int32(), sampling.options()
        check(self._functions.sampling.contents.sample(
            self._session, byref(options), sampler and byref(sampler),
            byref(token)))
        return token.value

    def score(self, tokens) -> np.ndarray:
        """Logarithms of the probabilities of the tokens, [len(tokens)], each
        given all before it; NaN for the first token of an empty session."""
        ids = _as_tokens(tokens)
        scores = np.empty(len(ids), np.float32)
        check(self._functions.sampling.contents.score(
            self._session, ids.ctypes.data, len(ids), scores.ctypes.data))
        return scores

    def generate(self, prompt: str | bytes, max_tokens: int,
                 sampling: Sampling = Sampling(), stops: Sequence[str] = (),
                 stop_tokens: Sequence[int] = (), draft_tokens: int = 0,
                 flags: int = 0, keep: int = 0) -> Generated:
        data = prompt.encode() if isinstance(prompt, str) else prompt
        pieces: list[bytes] = []

        def receive(_, text, length):
            pieces.append(ctypes.string_at(text, length))
            return 0

        result, texts = _GenerateResult(), [stop.encode() for stop in stops]
        options = _GenerationOptions(
            ABI_VERSION, flags, max_tokens, keep, draft_tokens, 0,
            sampling.options(),
            (_StopString * len(texts))(*((x, len(x)) for x in texts)),
            len(texts), (c_int32 * len(stop_tokens))(*stop_tokens),
            len(stop_tokens), _TextCallback(receive))
        status = self._functions.generation.contents.generate(
            self._session, data, len(data), byref(options), byref(result))
        if status not in (Status.OK, Status.CONTEXT_FULL, Status.STOPPED):
            raise BitNetError(status)
        return Generated(b"".join(pieces), Finish(result.finish),
                         result.prompt_tokens, result.generated_tokens,
                         result.drafted_tokens, result.accepted_tokens, pieces)
