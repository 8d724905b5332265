"""torchvision's own ConvNeXt and vision transformers, with which `npm run bench` compares ours.

usage: bench_torchvision.py [--threads 2] [--runs 7] infer:NAME:SIZE:BATCH train:NAME:SIZE:BATCH ...
infer: forward passes in eval mode; train: whole steps of SGD with momentum. One JSON line per case, the median of the runs.
The same arithmetic as ours: float32, no stochastic depth, no dropout, 1,000 classes. Channels last is PyTorch's fastest here.
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torchvision.models import VisionTransformer, convnext_base, convnext_small, convnext_tiny


def vit(width, heads, size):
    return VisionTransformer(image_size=size, patch_size=16, num_layers=12, num_heads=heads, hidden_dim=width,
                             mlp_dim=4 * width)


NETWORKS = {
    'convnext_tiny': lambda size: convnext_tiny(weights=None, stochastic_depth_prob=0.0),
    'convnext_small': lambda size: convnext_small(weights=None, stochastic_depth_prob=0.0),
    'convnext_base': lambda size: convnext_base(weights=None, stochastic_depth_prob=0.0),
    'vit_small': lambda size: vit(384, 6, size),
    'vit_base': lambda size: vit(768, 12, size),
}

parser = argparse.ArgumentParser()
parser.add_argument('cases', nargs='+')
parser.add_argument('--threads', type=int, default=2)
parser.add_argument('--runs', type=int, default=7)
given = parser.parse_args()
torch.set_num_threads(given.threads)


def median_seconds(step):
    for _ in range(2):
        step()
    clock, processor = [], []
    for _ in range(given.runs):
        started, used = time.perf_counter(), time.process_time()
        step()
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
    return tuple(sorted(seconds)[len(seconds) // 2] for seconds in (clock, processor))


for case in given.cases:
    kind, name, size, batch = case.split(':')
    size, batch = int(size), int(batch)
    network = NETWORKS[name](size).to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)
    if kind == 'infer':
        network.eval()

        def step():
            with torch.inference_mode():
                network(images)
    else:
        network.train()
        optimiser = torch.optim.SGD(network.parameters(), 0.05, momentum=0.9, weight_decay=1e-4)
        classes = torch.arange(batch) % 1000

        def step():
            optimiser.zero_grad()
            F.cross_entropy(network(images), classes).backward()
            optimiser.step()
    seconds, cpu_seconds = median_seconds(step)
    print(json.dumps({'peer': f'torch {torch.__version__}', 'case': case, 'threads': given.threads,
                      'seconds': round(seconds, 4), 'images_per_s': round(batch / seconds, 2),
                      'images_per_cpu_s': round(batch / cpu_seconds, 2)}), flush=True)
