"""The encoder: a small BERT with the shape of words and the gazetteers beside its pieces.

In: windows of pieces. Out: scores of the labels at each piece. What holds: positions are frozen and already rounded to
what the exported model stores.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file

from gazetteer import BITS
from labels import LABELS
from pieces import SPECIAL, UNKNOWN

Tree = dict[str, Any]
WINDOW = 128
HEADS = 12
EPSILON = 1e-12
CASES = 8
# Chosen by telling each of four corpora by the others (invented, GUM, wikigold, Broad Twitter): F1 of the three types 0.817 with a
# dropout of 0.1 alone, 0.825 with these, and 0.8265 for the mean of the weights of three runs.
DROPOUT = 0.15
PIECE_DROPOUT = 0.1
GAZETTEER_DROPOUT = 0.3
UNKNOWN_ID = SPECIAL.index(UNKNOWN)


def rounded(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix as whole numbers of eight bits and a scale for each row."""
    scale = np.maximum(np.abs(table).max(axis=1), 1e-12) / 127.0
    return np.clip(np.rint(table / scale[:, None]), -127, 127).astype(np.int8), scale.astype(np.float32)


def restored(table: np.ndarray) -> np.ndarray:
    """The matrix as it reads after rounding."""
    whole, scale = rounded(table)
    return whole.astype(np.float32) * scale[:, None]


def load(model: Path, keep: list[int], layers: int, seed: int) -> tuple[Tree, Tree]:
    """Frozen tables and weights to train, from the base model; `keep` lists the pieces of the vocabulary that stay."""
    raw = {name: table.astype(np.float32) for name, table in load_file(model).items() if table.dtype.kind == "f"}
    width = raw["embeddings.word_embeddings.weight"].shape[1]
    positions = (
        raw["embeddings.position_embeddings.weight"][:WINDOW] + raw["embeddings.token_type_embeddings.weight"][0]
    )
    frozen = {"positions": restored(positions)}
    random = np.random.default_rng(seed)

    def fresh(*shape: int) -> np.ndarray:
        return random.normal(0.0, 0.02, shape).astype(np.float32)

    def linear(name: str) -> Tree:
        return {"weight": raw[f"{name}.weight"].T.copy(), "bias": raw[f"{name}.bias"]}

    def norm(name: str) -> Tree:
        return {"weight": raw[f"{name}.weight"], "bias": raw[f"{name}.bias"]}

    stack: list[Tree] = []
    for number in range(layers):
        name = f"encoder.layer.{number}"
        parts = [linear(f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
        stack.append(
            {
                "qkv": {key: np.concatenate([part[key] for part in parts], axis=-1) for key in ("weight", "bias")},
                "out": linear(f"{name}.attention.output.dense"),
                "norm1": norm(f"{name}.attention.output.LayerNorm"),
                "up": linear(f"{name}.intermediate.dense"),
                "down": linear(f"{name}.output.dense"),
                "norm2": norm(f"{name}.output.LayerNorm"),
            }
        )
    weights = {
        "words": raw["embeddings.word_embeddings.weight"][keep],
        "base": {"norm": norm("embeddings.LayerNorm"), "layers": stack},
        "new": {
            "case": fresh(CASES, width),
            "opens": fresh(width),
            "gazetteer": fresh(BITS, width),
            "label": {"weight": fresh(width, len(LABELS)), "bias": np.zeros(len(LABELS), np.float32)},
            "label_case": np.zeros((CASES, len(LABELS)), np.float32),
            "label_gazetteer": np.zeros((BITS, len(LABELS)), np.float32),
        },
    }
    return frozen, weights


def normal(x: jax.Array, norm: Tree) -> jax.Array:
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + EPSILON) * norm["weight"] + norm["bias"]


def dropped(x: jax.Array, key: jax.Array | None, number: int, rate: float) -> jax.Array:
    if key is None:
        return x
    keep = jax.random.bernoulli(jax.random.fold_in(key, number), 1.0 - rate, x.shape)
    return jnp.where(keep, x / (1.0 - rate), 0.0)


def gazetteer_bits(batch: Tree) -> jax.Array:
    low = (batch["low"][..., None] >> jnp.arange(32, dtype=jnp.uint32)) & 1
    high = (batch["high"][..., None] >> jnp.arange(BITS - 32, dtype=jnp.uint32)) & 1
    return jnp.concatenate([low, high], axis=-1).astype(jnp.float32)


def scores(frozen: Tree, weights: Tree, batch: Tree, key: jax.Array | None = None) -> jax.Array:
    """Scores of the labels, [windows, pieces, labels]; with a key as in training, with dropout."""
    base, new = weights["base"], weights["new"]
    ids = batch["ids"].astype(jnp.int32)
    count, length = ids.shape
    dropout = DROPOUT if key is not None else 0.0
    gazetteer = gazetteer_bits(batch)
    words = weights["words"][ids]
    if key is not None:
        keep = jax.random.bernoulli(jax.random.fold_in(key, 1000), 1.0 - GAZETTEER_DROPOUT, (count, length, 1))
        gazetteer = gazetteer * keep
        # A piece now and then is unknown, so that a name is told by what stands around it.
        keep = jax.random.bernoulli(jax.random.fold_in(key, 1001), 1.0 - PIECE_DROPOUT, (count, length, 1))
        words = jnp.where(keep | (ids[..., None] < len(SPECIAL)), words, weights["words"][UNKNOWN_ID])
    x = words + frozen["positions"][:length]
    x += new["case"][batch["case"].astype(jnp.int32)] + batch["opens"].astype(jnp.float32)[..., None] * new["opens"] + gazetteer @ new["gazetteer"]
    x = dropped(normal(x, base["norm"]), key, 0, dropout)
    width = x.shape[-1]
    x = x.reshape(count * length, width)
    shut = jnp.where(ids != 0, 0.0, -1e9)[:, None, None, :]
    for number, layer in enumerate(base["layers"]):
        qkv = x @ layer["qkv"]["weight"] + layer["qkv"]["bias"]
        q, k, v = qkv.reshape(count, length, 3, HEADS, width // HEADS).transpose(2, 0, 3, 1, 4)
        attention = jax.nn.softmax(q @ k.swapaxes(-1, -2) / np.sqrt(width // HEADS) + shut)
        mixed = (attention @ v).transpose(0, 2, 1, 3).reshape(count * length, width)
        mixed = mixed @ layer["out"]["weight"] + layer["out"]["bias"]
        x = normal(x + dropped(mixed, key, 2 * number + 1, dropout), layer["norm1"])
        raised = jax.nn.gelu(x @ layer["up"]["weight"] + layer["up"]["bias"], approximate=True)
        lowered = raised @ layer["down"]["weight"] + layer["down"]["bias"]
        x = normal(x + dropped(lowered, key, 2 * number + 2, dropout), layer["norm2"])
    x = dropped(x, key, 100, dropout)
    found = (x @ new["label"]["weight"] + new["label"]["bias"]).reshape(count, length, len(LABELS))
    return found + new["label_case"][batch["case"].astype(jnp.int32)] + gazetteer @ new["label_gazetteer"]


def loss(frozen: Tree, weights: Tree, batch: Tree, key: jax.Array) -> jax.Array:
    """Mean of -log of the summed probability of the allowed labels, over the first pieces of words."""
    found = jax.nn.log_softmax(scores(frozen, weights, batch, key))
    bits = (batch["allowed"][..., None] >> jnp.arange(len(LABELS), dtype=jnp.uint32)) & 1
    allowed = jax.nn.logsumexp(jnp.where(bits == 1, found, -1e9), axis=-1)
    return -(allowed * batch["weight"]).sum() / jnp.maximum(batch["weight"].sum(), 1.0)
