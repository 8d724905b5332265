/**
 * A checkpoint of ours in torchvision's own network, with strict=True, and the same answers there. Requires a Python
 * with torchvision: TORCHVISION_PYTHON=/usr/bin/python3 npx vitest run test/main/models/torchvision.test.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { shownShape } from '../../../main/models/network.ts';
import { inferenceProgram } from '../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../main/models/reference-weights.ts';
import { batchShape } from '../../../main/sample-shape.ts';

const python = process.env.TORCHVISION_PYTHON;
const root = mkdtempSync(join(tmpdir(), 'understudy-torchvision-'));
afterAll(() => rmSync(root, { recursive: true }));
const CLASSES = 7;
const SIZE_PX = 64;

/** Reads the file by its format alone, which needs no package. */
const SCRIPT = `
import json, struct, sys, numpy, torch, torchvision
name, checkpoint, images, shape = sys.argv[1:]
content = open(checkpoint, 'rb').read()
(length,) = struct.unpack('<Q', content[:8])
header = json.loads(content[8:8 + length])
kinds = {'F32': numpy.float32, 'I64': numpy.int64}
tensors = {}
for key, entry in header.items():
    if key == '__metadata__': continue
    first, last = entry['data_offsets']
    values = numpy.frombuffer(content[8 + length + first:8 + length + last], dtype=kinds[entry['dtype']])
    tensors[key] = torch.from_numpy(values.reshape(entry['shape']).copy())
network = getattr(torchvision.models, name, None) or getattr(torchvision.models.video, name)
network = network(num_classes=${CLASSES})
network.load_state_dict(tensors, strict=True)
network.eval()
pictures = torch.from_numpy(numpy.fromfile(images, dtype=numpy.float32).reshape(json.loads(shape)))
with torch.no_grad(): print(json.dumps(network(pictures).flatten().tolist()))
`;

test.skipIf(python === undefined).each(['resnet18', 'resnet50', 'resnext50_32x4d', 'r2plus1d_18'])(
  'torchvision loads a checkpoint of %s with strict=True and answers as we do',
  async (name) => {
    const network = architecture(name, CLASSES);
    const weights = referenceWeights(network);
    const checkpoint = join(root, `${name}.safetensors`);
    await saveModel(checkpoint, { network, weights, classNames: [], imageSizePx: SIZE_PX, provenance: {} });
    const shape = batchShape(2, shownShape(network, SIZE_PX));
    const images = referenceInput(shape);
    const pictures = join(root, `${name}.f32`);
    writeFileSync(pictures, new Uint8Array(images.buffer));
    const script = join(root, 'load.py');
    writeFileSync(script, SCRIPT);
    const printed = execFileSync(python ?? '', [script, name, checkpoint, pictures, JSON.stringify(shape)], {
      encoding: 'utf8',
    });
    const theirs = JSON.parse(printed) as number[];
    const program = inferenceProgram({ network, batch: 2, imageSizePx: SIZE_PX });
    const session = await onnxRuntimeEngine.prepare(program, weights, { device: CPU });
    const ours = (await session.run(new Map([['images', images]]))).get('logits');
    await session.dispose();
    const largest = Math.max(...theirs.map(Math.abs));
    expect(ours).toHaveLength(theirs.length);
    for (const [place, value] of theirs.entries()) {
      expect(Math.abs(value - at(ours ?? [], place)) / largest).toBeLessThan(1e-4);
    }
  },
);
