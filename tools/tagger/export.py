"""Writes the model as the engine reads it.

Usage: export.py --root REPOSITORY --data FOLDER --base FOLDER --run FOLDER --out FILE [--version V] [--date D]
In: the weights of a run. Out: one .safetensors with whole numbers of eight bits, and expected.json with what the
rounded model says of twenty documents, beside it. What holds: MODEL.md tells every tensor.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file, save_file

import model
from data import read
from gazetteer import CLASSES, Gazetteer
from labels import LABELS
from pieces import Vocabulary
from predict import document_scores
from windows import best

Tree = dict[str, Any]
SOURCES = (
    "all-MiniLM-L6-v2 (Apache-2.0); wikigold (CC BY 4.0); CrossNER politics (MIT); GUM news, interviews, speeches "
    "(CC BY); re3d CENTCOM, US State, UK government, DFAT parts (public domain, OGL 3.0, CC BY 3.0 AU); Broad Twitter "
    "Corpus section G (CC BY 4.0); dateline's own invented corpus"
)


def load_run(run: Path, base: Path) -> tuple[Tree, Tree, Vocabulary]:
    """Frozen tables, trained weights and vocabulary of a run."""
    pieces = json.loads((run / "vocabulary.json").read_text())
    number = {piece: at for at, piece in enumerate((base / "vocab.txt").read_text().splitlines())}
    saved = np.load(run / "weights.npz")
    layers = len({name.split("[")[3] for name in saved.files if "layers" in name})
    frozen, weights = model.load(base / "model.safetensors", [number[piece] for piece in pieces], layers, 0)
    leaves, shape = jax.tree_util.tree_flatten_with_path(weights)
    weights = jax.tree_util.tree_unflatten(shape, [saved[jax.tree_util.keystr(path)] for path, _ in leaves])
    return frozen, weights, Vocabulary(pieces)


def tensors(frozen: Tree, weights: Tree, vocabulary: Vocabulary) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {"vocabulary": np.frombuffer("\n".join(vocabulary.pieces).encode(), np.uint8)}

    def whole(name: str, table: np.ndarray) -> None:
        found[name], found[f"{name}.scale"] = model.rounded(np.asarray(table))

    whole("words", weights["words"])
    whole("positions", frozen["positions"])
    base, new = weights["base"], weights["new"]
    for part in ("weight", "bias"):
        found[f"norm.{part}"] = base["norm"][part]
        for number, layer in enumerate(base["layers"]):
            for norm in ("norm1", "norm2"):
                found[f"layers.{number}.{norm}.{part}"] = layer[norm][part]
    for number, layer in enumerate(base["layers"]):
        for linear in ("qkv", "out", "up", "down"):
            whole(f"layers.{number}.{linear}.weight", layer[linear]["weight"].T)
            found[f"layers.{number}.{linear}.bias"] = layer[linear]["bias"]
    for name in ("case", "opens", "gazetteer", "label_case", "label_gazetteer"):
        found[name] = new[name]
    found["label.weight"] = new["label"]["weight"].T
    found["label.bias"] = new["label"]["bias"]
    return {name: np.ascontiguousarray(table) for name, table in found.items()}


def reading(found: dict[str, np.ndarray]) -> tuple[Tree, Tree, Vocabulary]:
    """What an exported file holds, back as the trainer's trees."""

    def whole(name: str) -> np.ndarray:
        return found[name].astype(np.float32) * found[f"{name}.scale"][:, None]

    def pair(name: str) -> Tree:
        return {"weight": found[f"{name}.weight"], "bias": found[f"{name}.bias"]}

    def linear(name: str) -> Tree:
        return {"weight": whole(f"{name}.weight").T, "bias": found[f"{name}.bias"]}

    layers: list[Tree] = []
    while f"layers.{len(layers)}.qkv.bias" in found:
        name = f"layers.{len(layers)}"
        layer = {part: linear(f"{name}.{part}") for part in ("qkv", "out", "up", "down")}
        layers.append({**layer, "norm1": pair(f"{name}.norm1"), "norm2": pair(f"{name}.norm2")})
    new: Tree = {name: found[name] for name in ("case", "opens", "gazetteer", "label_case", "label_gazetteer")}
    new["label"] = {"weight": found["label.weight"].T, "bias": found["label.bias"]}
    weights = {"words": whole("words"), "base": {"norm": pair("norm"), "layers": layers}, "new": new}
    frozen = {"positions": whole("positions")}
    pieces = found["vocabulary"].tobytes().decode().split("\n")
    return jax.tree.map(jnp.asarray, frozen), jax.tree.map(jnp.asarray, weights), Vocabulary(pieces)


def load_exported(path: Path) -> tuple[Tree, Tree, Vocabulary]:
    return reading(load_file(path))


def expected(documents: list[Tree], exported: tuple[Tree, Tree, Vocabulary], gazetteer: Gazetteer) -> list[Tree]:
    """What the exported model says of documents."""
    frozen, weights, vocabulary = exported
    found: list[Tree] = []
    for document, rows in zip(
        documents, document_scores(documents, frozen, weights, vocabulary, gazetteer), strict=True
    ):
        sentences = [
            {
                "tokens": sentence["tokens"],
                "spaced": sentence["spaced"],
                "opens": sentence["opens"],
                "pieces": [vocabulary.of(word) for word in sentence["tokens"]],
                "bits": gazetteer.bits(sentence["tokens"]),
                "logits": [[round(float(value), 4) for value in row] for row in scores],
                "labels": best(scores),
            }
            for sentence, scores in zip(document["sentences"], rows, strict=True)
        ]
        found.append({"id": document["id"], "sentences": sentences})
    return found


def sample(documents: list[Tree], count: int = 20) -> list[Tree]:
    """Short documents of the invented corpus that are trained on."""
    own = [d for d in documents if d["corpus"] == "invented" and d["part"] == "train"]
    return own[:: max(len(own) // count, 1)][:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("root", "data", "base", "run", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--version", default="0")
    parser.add_argument("--date", default="")
    parser.add_argument("--seed", default="7")
    args = parser.parse_args()
    found = tensors(*load_run(args.run, args.base))
    figures = (args.run / "figures.txt").read_text() if (args.run / "figures.txt").exists() else ""
    metadata = {
        "labels": " ".join(LABELS),
        "gazetteer": " ".join(CLASSES),
        "window": str(model.WINDOW),
        "heads": str(model.HEADS),
        "epsilon": str(model.EPSILON),
        "gelu": "tanh",
        "sources": SOURCES,
        "licence": "Apache-2.0",
        "seed": args.seed,
        "version": args.version,
        "date": args.date,
        "figures": figures,
    }
    save_file(found, args.out, metadata)
    said = expected(sample(read(args.data / "data.jsonl")), load_exported(args.out), Gazetteer(args.root))
    args.out.with_name("expected.json").write_text(json.dumps({"documents": said}, ensure_ascii=False))
    print(f"{args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
