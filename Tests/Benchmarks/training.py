#!/usr/bin/env python3
"""Seconds of CPU for one epoch of training beside PyTorch, where `pip install torch` was run, one thread, in one run.

Usage: Tests/Benchmarks/training.py PATH-OF-satchel
Ours: `satchel train` on a simulated class with 5 epochs and with 2, no teachers; the difference over 3, so that reading,
features and neighbours do not count, but judging the validation learners after each epoch does. PyTorch: the same
network (a recurrent state of 32 over stretches of at most 29 answers, then 132 -> 128 -> 64 -> 4) on as many random
rows in batches of about 512, Adam, forward, backward and step alone.
"""
import os, resource, subprocess, sys, tempfile, time

os.environ["OMP_NUM_THREADS"] = "1"
satchel = sys.argv[1]
root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LEARNERS, ANSWERS = 1500, 116

with tempfile.TemporaryDirectory(prefix="satchel-training-") as folder:
    table = os.path.join(folder, "class.csv")
    subprocess.run([satchel, "simulate-class", "--course", os.path.join(root, "Fixtures", "course"), "--learners",
                    str(LEARNERS), "--answers", str(ANSWERS), "--seed", "1", "--out", table],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def cpu(epochs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([satchel, "train", table, "--out", os.path.join(folder, "m"), "--epochs", str(epochs), "--teachers",
                        "0", "--threads", "1", "--quiet"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # Patience is 4, so five epochs are always run.
    own = (cpu(5) - cpu(2)) / 3
rows = LEARNERS * ANSWERS * 9 // 10
print(f"satchel: {own:.2f} s CPU an epoch of about {rows} rows, validation included")
try:
    import torch
except ImportError:
    sys.exit("PyTorch: skipped, not installed")
from torch import nn
torch.set_num_threads(1)
torch.manual_seed(1)
skills = nn.Embedding(100, 16)
recurrent = nn.GRU(20, 32, batch_first=True)
upper = nn.Sequential(nn.Linear(132, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 4))
parameters = [*skills.parameters(), *recurrent.parameters(), *upper.parameters()]
adam = torch.optim.AdamW(parameters, lr=1e-3)
stretch, batch = 29, 18
computed = torch.randn(rows // stretch, stretch, 84)
numbers = torch.randn(rows // stretch, stretch, 4)
skill = torch.randint(0, 100, (rows // stretch, stretch))
target = torch.rand(rows // stretch, stretch, 4)
start = time.process_time()
for first in range(0, rows // stretch, batch):
    part = slice(first, first + batch)
    vectors = skills(skill[part])
    states, _ = recurrent(torch.cat([vectors, numbers[part]], -1))
    states = torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], 1)
    outputs = upper(torch.cat([computed[part], vectors, states], -1))
    loss = nn.functional.binary_cross_entropy_with_logits(outputs, target[part])
    adam.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 1.0)
    adam.step()
peer = time.process_time() - start
print(f"PyTorch {torch.__version__}: {peer:.2f} s CPU; ratio {own / peer:.2f}")
