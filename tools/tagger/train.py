"""Trains the accurate tagger.

Usage: train.py --root REPOSITORY --data FOLDER --base FOLDER --out FOLDER [options]
In: data.jsonl of data.py, the unpacked base model. Out: after each epoch `weights.npz` (the mean of the last
few hundred steps) and figures in `log.txt`. What holds: documents of the part "held" are never trained on.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
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
from gazetteer import Gazetteer
from pieces import SPECIAL, Vocabulary, cut
from predict import document_labels
from windows import Windows, pack

Row = dict[str, Any]
jax.config.update("jax_default_prng_impl", "unsafe_rbg")

# How much a word of each corpus counts, and how often the corpus is seen in an epoch.
WEIGHTS = {
    "invented": 1.0,
    "gum-wikinews": 1.0,
    "re3d-open": 1.0,
    "broad-twitter-news": 1.0,
    "wikigold": 1.0,
    "crossner-politics": 0.6,
}
TIMES = {"invented": 2}
RESULT_SHARE = 0.01
VOCABULARY = 22_500


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("root", "data", "base", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--minutes", type=float, default=0.0, help="end after this time, with the rate following it")
    parser.add_argument("--rate", type=float, default=2.5e-4)
    parser.add_argument("--new-rate", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.9, help="the rate of a layer as a share of the next one's")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without", default="", help="corpora left out, parted by commas")
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


def epoch_windows(
    documents: list[Row], augmenter: Augmenter, vocabulary: Vocabulary, gazetteer: Gazetteer, random: Random
) -> Windows:
    """The sentences of an epoch, varied, in packed windows."""
    chosen = [document for document in documents for _ in range(TIMES.get(document["corpus"], 1))]
    random.shuffle(chosen)
    sentences: list[Row] = []
    for document in chosen:
        weight = WEIGHTS.get(document["corpus"], 1.0)
        for sentence in document["sentences"]:
            sentences.append({**augmenter.sentence(sentence), "weight": weight})
            if random.random() < RESULT_SHARE:
                sentences.extend(augmenter.results())
    return pack([sentence for sentence in sentences if sentence["tokens"]], vocabulary, gazetteer)


def factors(weights: Row, rate: float, new_rate: float, decay: float) -> Row:
    """The learning rate of each weight at its peak."""
    base = weights["base"]
    count = len(base["layers"])
    layers = [
        jax.tree.map(lambda _, n=n: rate * decay ** (count - 1 - n), layer) for n, layer in enumerate(base["layers"])
    ]
    norm = jax.tree.map(lambda _: rate * decay**count, base["norm"])
    return {"base": {"norm": norm, "layers": layers}, "new": jax.tree.map(lambda _: new_rate, weights["new"])}


def decays(weights: Row) -> Row:
    return jax.tree.map(lambda leaf: leaf.ndim > 1, weights)


def flat(tree: Row) -> dict[str, np.ndarray]:
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}


def save(out: Path, weights: Row, pieces: list[str]) -> None:
    draft = out / "draft.npz"
    leaves: Row = flat(weights)
    np.savez(draft, **leaves)
    draft.rename(out / "weights.npz")
    (out / "vocabulary.json").write_text(json.dumps(pieces, ensure_ascii=False))


def main() -> None:
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    random = Random(args.seed)
    gazetteer = Gazetteer(args.root)
    documents = read(args.data / "data.jsonl")
    vocabulary, keep = vocabulary_of(args.base, args.root, documents, gazetteer)
    without = set(args.without.split(","))
    train = [d for d in documents if d["part"] == "train" and d["corpus"] not in without]
    held = [d for d in documents if d["part"] == "held"]
    augmenter = Augmenter(args.root, [s for d in train for s in d["sentences"]], random)
    frozen, weights = model.load(args.base / "model.safetensors", keep, args.layers, args.seed)
    frozen = jax.tree.map(jnp.asarray, frozen)
    weights = jax.tree.map(jnp.asarray, weights)
    rates = factors(weights, args.rate, args.new_rate, args.decay)
    optimiser = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.scale_by_adam(b2=0.98),
        optax.add_decayed_weights(0.01, mask=decays),
    )
    state = optimiser.init(weights)

    @jax.jit
    def step(
        weights: Row, mean: Row, state: Any, batch: Row, key: jax.Array, share: jax.Array, fresh: jax.Array
    ) -> Any:
        value, gradient = jax.value_and_grad(lambda w: model.loss(frozen, w, batch, key, args.dropout))(weights)
        updates, state = optimiser.update(gradient, state, weights)
        weights = jax.tree.map(lambda w, u, r: w - share * r * u, weights, updates, rates)
        mean = jax.tree.map(lambda m, w: m + fresh * (w - m), mean, weights)
        return weights, mean, state, value

    mean = weights
    started = time.time()
    number = 0
    progress = 0.0
    log = (args.out / "log.txt").open("a")
    with ThreadPoolExecutor(1) as pool:
        prepare = lambda: epoch_windows(train, augmenter, vocabulary, gazetteer, random)  # noqa: E731
        coming = pool.submit(prepare)
        epoch = 0
        while progress < 1.0:
            windows = coming.result()
            coming = pool.submit(prepare)
            order = np.random.default_rng(args.seed + epoch).permutation(len(windows.ids))
            steps = len(order) // args.batch
            if epoch == 0:
                print(f"{len(train)} documents, {steps} steps an epoch, {len(vocabulary.pieces)} pieces", flush=True)
            total = 0.0
            for at in range(steps):
                elapsed = (time.time() - started) / 60
                progress = number / (steps * args.epochs)
                if args.minutes:
                    progress = max(elapsed / args.minutes, 0.0)
                if progress >= 1.0:
                    break
                share = min(progress / 0.1, (1.0 - progress) / 0.9)
                batch = windows.batch(order[at * args.batch : (at + 1) * args.batch])
                key = jax.random.PRNGKey(args.seed * 1_000_000 + number)
                fresh = max(1.0 / (number + 1), 0.004)
                weights, mean, state, value = step(
                    weights, mean, state, batch, key, jnp.float32(share), jnp.float32(fresh)
                )
                total += float(value)
                number += 1
                if number % 50 == 0:
                    print(
                        f"step {number} {number / (time.time() - started):.2f}/s loss {total / (at + 1):.4f}",
                        flush=True,
                    )
            else:
                if not args.minutes:
                    progress = number / (steps * args.epochs)
            epoch += 1
            save(args.out, mean, vocabulary.pieces)
            if epoch % 2 and progress < 1.0:
                continue
            labels = document_labels(held, frozen, mean, vocabulary, gazetteer)
            minutes = (time.time() - started) / 60
            figures = (
                f"epoch {epoch}, {number} steps, {minutes:.1f} min, loss {total / max(at, 1):.4f}\n"
                + score.table(score.scored(held, labels))
            )
            print(figures, flush=True)
            log.write(figures + "\n")
            log.flush()
        coming.cancel()


if __name__ == "__main__":
    main()
