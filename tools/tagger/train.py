"""Trains the accurate tagger.

Usage: train.py --root REPOSITORY --data FOLDER --base FOLDER --out FOLDER [options]
In: data.jsonl of data.py, the unpacked base model. Out: `weights.npz`, the mean of the weights of all runs (each run the
mean of its last few hundred steps), and figures of the held documents in `log.txt`. What holds: documents of the part
"held" are never trained on. The runs begin alike and see the sentences in different orders, so their weights may be
averaged. On a GPU they go side by side.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import model
import score
from augment import Augmenter
from data import read
from gazetteer import ENGLISH, Gazetteer
from pieces import SPECIAL, Vocabulary, cut
from predict import document_scores
from windows import Windows, best, pack

Row = dict[str, Any]
jax.config.update("jax_default_prng_impl", "unsafe_rbg")

# How much a word of each corpus counts; 1 where nothing stands.
WEIGHTS = {"crossner-politics": 0.6}
RESULT_SHARE = 0.01
VOCABULARY = 22_500
# Steps that are compiled as one.
CHUNK = 50


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("root", "data", "base", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--runs", type=int, default=1, help="runs whose weights are averaged")
    parser.add_argument("--rate", type=float, default=2.5e-4)
    parser.add_argument("--new-rate", type=float, default=1e-3)
    parser.add_argument("--word-rate", type=float, default=1e-4, help="of the table of pieces")
    parser.add_argument("--decay", type=float, default=0.9, help="the rate of a layer as a share of the next one's")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without", default="", help="corpora left out and told by the others, parted by commas")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after this time, whatever the rate is then")
    return parser.parse_args()


def vocabulary_of(base: Path, root: Path, documents: list[Row], gazetteer: Gazetteer) -> tuple[Vocabulary, list[int]]:
    whole = base.joinpath("vocab.txt").read_text().splitlines()
    words = {word for document in documents for sentence in document["sentences"] for word in sentence["tokens"]}
    words |= {
        word for kind, phrases in enumerate(gazetteer.phrases) if kind != 4 for phrase in phrases for word in phrase
    }
    pieces = cut(whole, sorted(words), VOCABULARY)
    order = list(SPECIAL) + [piece for piece in pieces if piece not in SPECIAL]
    number = {piece: at for at, piece in enumerate(whole)}
    return Vocabulary(order), [number[piece] for piece in order]


@dataclass
class Source:
    """What an epoch is made of."""

    root: Path
    documents: list[Row]
    pieces: list[str]

    def epoch(self, seed: int) -> Windows:
        """The sentences of an epoch, varied, in packed windows."""
        random = Random(seed)
        gazetteer, vocabulary = Gazetteer(self.root), Vocabulary(self.pieces)
        pairs = [(document["language"], s) for document in self.documents for s in document["sentences"]]
        augmenter = Augmenter(self.root, pairs, random)
        chosen = random.sample(self.documents, len(self.documents))
        sentences: list[Row] = []
        for document in chosen:
            language = document["language"]
            with_all = {"weight": WEIGHTS.get(document["corpus"], 1.0), "language": language}
            for sentence in document["sentences"]:
                sentences.append({**augmenter.sentence(sentence, language), **with_all})
                if language == ENGLISH and random.random() < RESULT_SHARE:
                    sentences.extend(augmenter.results())
        return pack([sentence for sentence in sentences if sentence["tokens"]], vocabulary, gazetteer)


def factors(weights: Row, args: argparse.Namespace) -> Row:
    """The learning rate of each weight at its peak."""
    base, rate, decay = weights["base"], args.rate, args.decay
    count = len(base["layers"])
    layers = [
        jax.tree.map(lambda _, n=n: rate * decay ** (count - 1 - n), layer) for n, layer in enumerate(base["layers"])
    ]
    norm = jax.tree.map(lambda _: rate * decay**count, base["norm"])
    new = jax.tree.map(lambda _: args.new_rate, weights["new"])
    return {"words": args.word_rate, "base": {"norm": norm, "layers": layers}, "new": new}


def flat(tree: Row) -> dict[str, np.ndarray]:
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}


def save(out: Path, weights: Row, pieces: list[str]) -> None:
    draft = out / "draft.npz"
    leaves: Row = flat(weights)
    np.savez(draft, **leaves)
    draft.rename(out / "weights.npz")
    (out / "vocabulary.json").write_text(json.dumps(pieces, ensure_ascii=False))


def orders(sizes: list[int], batch: int, seed: int) -> np.ndarray:
    """The windows of each step of a run: epoch after epoch, each in an order of its own."""
    random = np.random.default_rng(seed)
    starts = np.cumsum([0, *sizes])
    epochs = [start + random.permutation(size)[: size // batch * batch] for start, size in zip(starts, sizes)]
    return np.concatenate(epochs).reshape(-1, batch).astype(np.int32)


def fit(frozen: Row, weights: Row, epochs: list[Windows], args: argparse.Namespace) -> Row:
    """The averaged weights of all runs, one behind the other in each leaf."""
    windows = {name: jnp.asarray(rows) for name, rows in Windows.joined(epochs).columns().items()}
    sizes = [len(epoch.ids) for epoch in epochs]
    rows = np.stack([orders(sizes, args.batch, args.seed + 1000 * run) for run in range(args.runs)], axis=1)
    steps = len(rows) // CHUNK * CHUNK
    rates = factors(weights, args)
    # What is seldom seen must not fade.
    matrices = jax.tree.map(lambda leaf: leaf.ndim > 1, weights) | {"words": False}
    optimiser = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_adam(b2=0.98),
        optax.add_decayed_weights(0.01, mask=matrices),
    )
    print(f"{steps} steps, {args.runs} runs", flush=True)

    def step(state: Any, rows: jax.Array, run: jax.Array, number: jax.Array) -> Any:
        weights, mean, adam = state
        progress = number / steps
        share = jnp.minimum(progress / 0.1, (1.0 - progress) / 0.9)
        fresh = jnp.maximum(1.0 / (number + 1), 0.004)
        key = jax.random.fold_in(jax.random.fold_in(jax.random.PRNGKey(args.seed), number.astype(jnp.int32)), run)
        batch = {name: column[rows] for name, column in windows.items()}
        value, gradient = jax.value_and_grad(lambda w: model.loss(frozen, w, batch, key))(weights)
        updates, adam = optimiser.update(gradient, adam, weights)
        weights = jax.tree.map(lambda w, u, r: w - share * r * u, weights, updates, rates)
        mean = jax.tree.map(lambda m, w: m + fresh * (w - m), mean, weights)
        return (weights, mean, adam), value

    @jax.jit
    def chunk(state: Any, rows: jax.Array, numbers: jax.Array) -> Any:
        runs = jnp.arange(args.runs)
        return jax.lax.scan(lambda s, x: jax.vmap(step, (0, 0, 0, None))(s, x[0], runs, x[1]), state, (rows, numbers))

    weights = jax.tree.map(lambda leaf: jnp.stack([jnp.asarray(leaf)] * args.runs), weights)
    state = (weights, weights, jax.vmap(optimiser.init)(weights))
    started = time.time()
    for at in range(0, steps, CHUNK):
        numbers = jnp.arange(at, at + CHUNK, dtype=jnp.float32)
        state, losses = chunk(state, jnp.asarray(rows[at : at + CHUNK]), numbers)
        minutes = (time.time() - started) / 60
        if at % (10 * CHUNK) == 0:
            print(f"step {at} {minutes:.1f} min, loss {float(losses.mean()):.4f}", flush=True)
        if args.minutes and minutes > args.minutes:
            break
    return state[1]


def judged(documents: list[Row], scores: list[list[np.ndarray]], root: Path) -> str:
    labels = [[best(sentence) for sentence in document] for document in scores]
    ruled = score.with_rules(documents, scores, labels, Gazetteer(root))
    return "\n".join(
        f"{name}\n{score.table(score.scored(documents, rows))}"
        for name, rows in (("as tagged", labels), ("with the document rules", ruled))
    )


def mean_of(trees: Row, which: Iterable[int] | None = None) -> Row:
    chosen = slice(None) if which is None else np.array(list(which))
    return jax.tree.map(lambda leaf: np.asarray(leaf)[chosen].mean(0), trees)


def main() -> None:
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    documents = read(args.data / "data.jsonl")
    vocabulary, keep = vocabulary_of(args.base, args.root, documents, Gazetteer(args.root))
    without = set(filter(None, args.without.split(",")))
    train = [d for d in documents if d["part"] == "train" and d["corpus"] not in without]
    test = [d for d in documents if (d["corpus"] in without if without else d["part"] == "held")]
    frozen, weights = model.load(args.base / "model.safetensors", keep, args.layers, args.seed)
    frozen = jax.tree.map(jnp.asarray, frozen)
    source = Source(args.root, train, vocabulary.pieces)
    with multiprocessing.get_context("spawn").Pool(args.workers) as pool:
        epochs = pool.map(source.epoch, range(args.seed, args.seed + args.epochs), chunksize=1)
        print(f"{len(train)} documents, {len(epochs[0].ids)} windows an epoch", flush=True)
        fitted = fit(frozen, weights, epochs, args)
        save(args.out, mean_of(fitted), vocabulary.pieces)
        candidates = {"the mean of all runs": mean_of(fitted)}
        if args.runs > 1:
            candidates |= {f"run {run}": mean_of(fitted, [run]) for run in range(args.runs)}
        rows = [document_scores(test, frozen, w, vocabulary, Gazetteer(args.root)) for w in candidates.values()]
        figures = pool.map(partial(judged, test, root=args.root), rows, chunksize=1)
    text = "\n\n".join(f"{name}\n{table}" for name, table in zip(candidates, figures))
    print(text, flush=True)
    with (args.out / "log.txt").open("a") as log:
        log.write(text + "\n")


if __name__ == "__main__":
    main()
