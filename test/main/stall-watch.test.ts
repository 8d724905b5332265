import { expect, it, vi } from 'vitest';
import { type Awaited, StallWatch } from '../../main/stall-watch.ts';
import { testClock } from './test-clock.ts';

const reasons: Readonly<Record<Awaited, RegExp>> = {
  folder: /the folder does not respond/,
  devices: /devices are being tested/,
  catalogue: /catalogue is being searched/,
  decoding: /an image takes long to decode/,
  network: /network is being compiled for the device/,
  step: /a single step/,
  disk: /the disk is slow/,
  sender: /the sender of the file does not respond/,
};

it.each(Object.entries(reasons))('says after 20 seconds without a step that it waits for: %s', (awaited, says) => {
  const clock = testClock();
  const onStall = vi.fn();
  const watch = new StallWatch(onStall, clock);
  watch.step(awaited as Awaited);
  clock.pass(19.9);
  expect(watch.sentence).toBeNull();
  clock.pass(0.2);
  expect(onStall).toHaveBeenCalledTimes(1);
  expect(watch.sentence).toMatch(/^No step for 20 seconds: /);
  expect(watch.sentence).toMatch(says);
});

it('says nothing while steps are made, and no more once there is one again or the work is over', () => {
  const clock = testClock();
  const onStall = vi.fn();
  const watch = new StallWatch(onStall, clock);
  for (let step = 0; step < 10; step++) {
    watch.step('decoding');
    clock.pass(19);
  }
  expect(onStall).not.toHaveBeenCalled();
  clock.pass(1);
  expect(watch.sentence).toMatch(reasons.decoding);
  watch.step('network');
  expect(watch.sentence).toBeNull();
  clock.pass(20);
  expect(watch.sentence).toMatch(reasons.network);
  watch.step('disk');
  watch.end();
  clock.pass(100);
  expect(watch.sentence).toBeNull();
  expect(onStall).toHaveBeenCalledTimes(2);
});
