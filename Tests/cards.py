#!/usr/bin/env python3
"""Trains on each public data set, writes its card, and asks of the card what must hold.

Usage: Tests/cards.py PATH-OF-satchel [FOLDER]   (data: SATCHEL_SHARED or ../shared; cards stay in FOLDER if one is named)

Exit status 1 when the reasons of a set name less than as many other things would, when an interval does not hold its
figure, or when a group of fewer than five learners is shown.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SETS = ["ednet-sample", "algebra2005-sample", "statics2011", "assist2009", "assist2015"]


def card(satchel, data, out):
    """Trains on fold 0 of one set, then judges with a card: the card and its seconds beyond those of judging alone."""
    rows, folds = data / "interactions.csv.gz", data / "folds.csv"
    model = f"{out}.safetensors"
    split = ["--folds-file", folds, "--fold", "0", "--json", "--quiet"]
    subprocess.run([satchel, "train", rows, "--out", model, *split], check=True, stdout=subprocess.DEVNULL)
    seconds = []
    for more in [[], ["--card", f"{out}.md"]]:
        start = time.monotonic()
        subprocess.run([satchel, "evaluate", model, rows, *split, *more], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.monotonic() - start)
    return json.loads(pathlib.Path(f"{out}.json").read_text()), seconds[1] - seconds[0]


def faults(found):
    """What must not be in a card."""
    for kind in ["prediction", "path"]:
        figures = found["faithfulness"][kind]
        if figures["reasons"] and figures["change_named"] <= figures["change_others"]:
            yield f"{kind}: reasons name no more than others would"
    for name, (lower, upper) in found["intervals"].items():
        # The ECE is an absolute value: resampled, it is larger than it is.
        if name != "ece" and not lower <= found["figures"][name] <= upper:
            yield f"{name} outside of its interval"
    groups = found["calibration"] + found["skills"] + sum(found["groups"].values(), [])
    if any(group["learners"] < 5 for group in groups):
        yield "a group of fewer than five learners"


def main():
    satchel = sys.argv[1]
    shared = os.environ.get("SATCHEL_SHARED") or pathlib.Path(__file__).resolve().parents[2] / "shared"
    data = pathlib.Path(shared) / "data" / "kt"
    if not data.is_dir():
        print(f"skipped: no data sets at {data} (set SATCHEL_SHARED)")
        return 0
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else scratch)
        out.mkdir(parents=True, exist_ok=True)
        for name in SETS:
            found, seconds = card(satchel, data / name, out / name)
            auc, (lower, upper) = found["figures"]["auc"], found["intervals"]["auc"]
            prediction, path = found["faithfulness"]["prediction"], found["faithfulness"]["path"]
            monotone = found["monotonicity"]
            print(
                f"{name}: AUC {auc:.4f} [{lower:.4f}, {upper:.4f}], ECE {found['figures']['ece']:.4f}; "
                f"prediction {prediction['change_named']:.4f} against {prediction['change_others']:.4f} "
                f"({prediction['stronger']:.0%} of {prediction['reasons']}), "
                f"path {path['change_named']:.4f} against {path['change_others']:.4f} "
                f"({path['stronger']:.0%} of {path['reasons']}); "
                f"lowered {monotone['lowered']:.2%} (over .01: {monotone['notably_lowered']:.2%}, "
                f"below wrong: {monotone['below_wrong']:.2%}) of {monotone['probes']}; card {seconds:.1f} s",
                flush=True,
            )
            for fault in faults(found):
                wrong += 1
                print(f"  {fault}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
