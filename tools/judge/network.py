"""Trains the network that hears what a number counts.

Usage: network.py TAGGER.safetensors TOLD.ndjson NETWORK.safetensors SCORES.ndjson
In: the accurate tagger's model, whose pieces and embeddings the network begins with, and what `dateline-judge words` tells
of the labelled stories. Out: the network as `src/extract/statistics/network.rs` reads it, and for each number what
networks say that have not seen its family, for the trees that weigh it. What holds: the same input gives the same output
on the same machine.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import sys
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import nn

WIDTH, HEADS, REACH, NEAR, HIDDEN, ANSWERS, CUES = 32, 6, 32, 2, 64, 35, 64
HEADLINE = 16
PLACES = 2 * REACH + 1
# Of the answers the first are nothing and the metrics, the last the kinds.
NEW = 32
KINDS = ["new", "cumulative", "current"]
EPOCHS, STORIES = 16, 12
# Families unlike the rules' own are left out six at a time, the lots of the others three at a time.
TOGETHER = {True: 6, False: 3}


class Told:
    """All tokens of all stories, one behind the other, and all numbers."""

    def __init__(self, lines: list[dict[str, Any]]) -> None:
        pieces, lengths, cues, flags, sentence, self.stories = [], [], [], [], [], []
        windows, seen, metric, kind, weight, self.names, headlines = [], [], [], [], [], [], []
        sentences = 0
        def add(tokens: list[list]) -> None:
            for token, cue, known in tokens:
                pieces.extend(token)
                lengths.append(len(token))
                cues.append(cue)
                flags.append(known)
                sentence.append(sentences)

        for line in lines:
            headline, first = len(cues), len(windows)
            sentences += 1
            add(line["told"]["headline"])
            start = len(cues)
            for told in line["told"]["sentences"]:
                begins, sentences = len(cues), sentences + 1
                add(told["tokens"])
                for span, number, after, how in told["numbers"]:
                    left = [at if at >= start else -1 for at in range(begins + number - REACH, begins + number)]
                    right = [at if at < len(cues) else -1 for at in range(begins + after, begins + after + REACH)]
                    windows.append([*left, begins + number, *right])
                    seen.append(how)
                    headlines.append([at if at < start else -1 for at in range(headline, headline + HEADLINE)])
                    label = line["labels"].get(str(span["start"]), [0, None])
                    metric.append(label[0])
                    kind.append(KINDS.index(label[1]) if label[1] in KINDS else -1)
                    weight.append(line["weight"])
                    self.names.append((line["case"], span["start"]))
            if len(windows) > first:
                self.stories.append((line["lot"], line["unlike"], headline, len(cues), first, len(windows)))
        self.pieces = torch.tensor(pieces)
        self.ends = np.cumsum(lengths)
        self.cues, self.flags = torch.tensor(cues), torch.tensor(flags, dtype=torch.float32)
        sentence = np.array(sentence)
        self.follows = torch.tensor(np.r_[0, sentence[1:] == sentence[:-1]].astype(np.float32))
        self.headlines = np.array(headlines)
        self.windows, self.seen = np.array(windows), torch.tensor(seen, dtype=torch.float32)
        inside = sentence[self.windows] == sentence[self.windows[:, [REACH]]]
        self.inside = torch.tensor((inside & (self.windows >= 0)).astype(np.float32))
        self.metric, self.kind, self.weight = torch.tensor(metric), torch.tensor(kind), torch.tensor(weight)

    def batch(self, stories: list[tuple], drop: float) -> tuple[np.ndarray, tuple[torch.Tensor, ...]]:
        """The numbers of some stories, and what the network is told of them; some words are not."""
        tokens = np.concatenate([np.arange(start, end) for _, _, start, end, _, _ in stories])
        numbers = np.concatenate([np.arange(first, after) for *_, first, after in stories])
        place = np.full(len(self.cues) + 1, -1)
        place[tokens] = np.arange(len(tokens))
        begins = np.r_[0, self.ends][tokens]
        lengths = self.ends[tokens] - begins
        kept = (np.random.random(len(tokens)) >= drop) if drop else np.ones(len(tokens), bool)
        pieces = self.pieces[np.concatenate([np.arange(b, b + n) for b, n in zip(begins, lengths)])]
        shares = np.repeat(kept / np.maximum(lengths, 1), lengths)
        offsets = np.r_[0, np.cumsum(lengths)[:-1]]
        given = (
            pieces, torch.tensor(offsets), torch.tensor(shares, dtype=torch.float32), self.cues[tokens],
            self.flags[tokens], self.follows[tokens], torch.tensor(place[self.windows[numbers]]), self.inside[numbers],
            self.seen[numbers], torch.tensor(place[self.headlines[numbers]]),
        )
        return numbers, given


class Network(nn.Module):
    """As `network.rs` has it."""

    def __init__(self, embeddings: np.ndarray, flags: int, seen: int) -> None:
        super().__init__()
        self.pieces = nn.EmbeddingBag.from_pretrained(torch.tensor(embeddings), freeze=False, mode="sum")
        self.word = nn.Linear(embeddings.shape[1], WIDTH)
        self.cues, self.flags = nn.Embedding(CUES, WIDTH), nn.Linear(flags, WIDTH)
        self.beside = nn.Linear(3 * WIDTH, WIDTH)
        self.attention = nn.Linear(WIDTH, HEADS)
        self.places, self.inside = nn.Parameter(torch.zeros(PLACES, HEADS)), nn.Parameter(torch.zeros(HEADS))
        self.hidden = nn.Linear((HEADS + 2 * NEAR + 2) * WIDTH + seen, HIDDEN)
        self.answer = nn.Linear(HIDDEN, ANSWERS)
        self.some, self.more = nn.Dropout(0.2), nn.Dropout(0.3)

    def forward(self, pieces, offsets, shares, cues, flags, follows, windows, inside, seen, headline):  # noqa: ANN001, ANN201
        words = self.word(self.pieces(pieces, offsets, per_sample_weights=shares))
        alone = torch.relu(self.some(words + self.cues(cues) + self.flags(flags)))
        none = torch.zeros_like(alone[:1])
        before = torch.cat([none, alone[:-1]]) * follows[:, None]
        behind = torch.cat([alone[1:], none]) * torch.cat([follows[1:], follows[:1] * 0])[:, None]
        tokens = alone + torch.relu(self.beside(self.some(torch.cat([before, alone, behind], 1))))
        around = torch.cat([tokens, none])[windows]
        share = self.attention(around) + self.places + inside[..., None] * self.inside
        share = share.masked_fill((windows < 0)[..., None], -1e4).softmax(1)
        attended = torch.einsum("nth,ntk->nkh", around, share).flatten(1)
        near = around[:, REACH - NEAR : REACH + NEAR + 1].flatten(1)
        title = torch.cat([alone, none])[headline].sum(1) / ((headline >= 0).sum(1, keepdim=True) + 1)
        hidden = self.more(torch.relu(self.hidden(self.more(torch.cat([attended, near, title, seen], 1)))))
        answer = self.answer(hidden)
        return answer[:, :NEW], answer[:, NEW:]


def train(told: Told, embeddings: np.ndarray, stories: list[tuple]) -> Network:
    torch.manual_seed(0)
    np.random.seed(0)
    network = Network(embeddings, told.flags.shape[1], told.seen.shape[1])
    begun = [network.pieces.weight]
    rest = [weights for name, weights in network.named_parameters() if name != "pieces.weight"]
    groups = [{"params": begun, "weight_decay": 0.0}, {"params": rest, "weight_decay": 0.02}]
    optimizer = torch.optim.AdamW(groups)
    steps = EPOCHS * -(-len(stories) // STORIES)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimizer, [5e-4, 3e-3], total_steps=steps + 1, pct_start=0.1)
    metric_loss = nn.CrossEntropyLoss(reduction="none", label_smoothing=0.03)
    kind_loss = nn.CrossEntropyLoss(reduction="none", ignore_index=-1)
    network.train()
    for _ in range(EPOCHS):
        order = np.random.permutation(len(stories))
        for at in range(0, len(order), STORIES):
            numbers, given = told.batch([stories[story] for story in order[at : at + STORIES]], 0.1)
            metric, kind = network(*given)
            loss = metric_loss(metric, told.metric[numbers]) + 0.5 * kind_loss(kind, told.kind[numbers])
            optimizer.zero_grad()
            (loss * told.weight[numbers]).mean().backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            pace.step()
    return network.eval()


def answers(network: Network, told: Told, stories: list[tuple]) -> tuple[np.ndarray, np.ndarray]:
    """Numbers, and the logarithms of how likely each answer is."""
    numbers, found = [], []
    with torch.no_grad():
        for at in range(0, len(stories), 40):
            numbered, given = told.batch(stories[at : at + 40], 0.0)
            numbers.append(numbered)
            found.append(np.concatenate([some.log_softmax(1).numpy() for some in network(*given)], 1))
    return np.concatenate(numbers), np.concatenate(found)


def left_out(told: Told, embeddings: np.ndarray, lots: list[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    torch.set_num_threads(1)
    network = train(told, embeddings, [story for story in told.stories if story[0] not in lots])
    return lots, *answers(network, told, [story for story in told.stories if story[0] in lots])


def tensors(network: Network) -> dict[str, np.ndarray]:
    """What `network.rs` reads: rows of weights are inputs."""
    weights = {name: tensor.detach().numpy() for name, tensor in network.named_parameters()}
    words = weights["pieces.weight"] @ weights["word.weight"].T
    scale = np.abs(words).max() / 127
    found = {
        "words": np.round(words / scale).astype(np.int8),
        "words.scale": np.array([scale], np.float32),
        "cues": weights["cues.weight"] + weights["word.bias"] + weights["flags.bias"],
        "flags": weights["flags.weight"].T,
        "places": weights["places"],
        "inside": weights["inside"],
    }
    for layer in ("beside", "attention", "hidden", "answer"):
        found[f"{layer}.weight"], found[f"{layer}.bias"] = weights[f"{layer}.weight"].T, weights[f"{layer}.bias"]
    return {name: np.ascontiguousarray(tensor) for name, tensor in found.items()}


def main() -> None:
    tagger, heard, out, scores = sys.argv[1:]
    model = load_file(tagger)
    words = model["words"].astype(np.float32) * model["words.scale"][:, None]
    words -= words.mean(0)
    principal = np.linalg.svd(words, full_matrices=False)[2][: 2 * WIDTH]
    embeddings = words @ principal.T
    embeddings /= embeddings.std()
    with open(heard) as lines:
        told = Told([json.loads(line) for line in lines])
    groups = []
    for unlike, together in TOGETHER.items():
        lots = sorted({story[0] for story in told.stories if story[1] == unlike})
        groups += [lots[at::-(-len(lots) // together)] for at in range(-(-len(lots) // together))]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool, open(scores, "w") as out_of_lot:
        for lots, numbers, found in pool.map(left_out, [told] * len(groups), [embeddings] * len(groups), groups):
            best = found[:, 1:NEW].argmax(1) + 1
            label = told.metric[numbers].numpy()
            believed = np.exp(found[np.arange(len(best)), best]) > 0.35
            right = (believed & (best == label)).sum()
            print(lots, f"F1 {2 * right / (believed.sum() + (label > 0).sum()):.3f}", flush=True)
            for number, row in zip(numbers, found):
                case, start = told.names[number]
                print(json.dumps([case, start, [round(float(one), 3) for one in row]]), file=out_of_lot)
    torch.set_num_threads(os.cpu_count())
    save_file(tensors(train(told, embeddings, told.stories)), out)


if __name__ == "__main__":
    main()
