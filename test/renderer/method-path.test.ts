/** The path at the side of every screen. */
import { expect, it } from 'vitest';
import { type PathFacts, pathOf, pathSteps } from '../../renderer/training/method-path.ts';

const run = (stage: PathFacts['runs'][number]['stage'], role: PathFacts['runs'][number]['role'] = null) =>
  ({ stage, role, state: 'succeeded', hasModel: role !== null }) as const;
const states = (facts: Partial<PathFacts>) => {
  const path = pathOf({ fit: true, runs: [], jobs: [], ...facts });
  return pathSteps.map((step) => path[step]).join(' ');
};

it('goes from the collection to the comparison, one step next', () => {
  expect(states({ fit: false })).toBe('next waits waits waits waits waits');
  expect(states({})).toBe('done next waits waits waits waits');
  expect(states({ runs: [run('teacher', 'teacher')] })).toBe('done done next waits waits waits');
  expect(states({ runs: [run('teacher', 'teacher'), run('label')] })).toBe('done done done next waits waits');
  const all = [run('teacher', 'teacher'), run('label'), run('finetune', 'result'), run('evaluate')];
  expect(states({ runs: all })).toBe('done done done done done done');
});

it('shows what is in progress, and no next step beside it', () => {
  expect(states({ fit: false, jobs: [{ kind: 'importFolder', state: 'running' }] })).toBe(
    'now waits waits waits waits waits',
  );
  const labelling = { ...run('label'), state: 'running' } as const;
  expect(states({ runs: [run('teacher', 'teacher'), labelling] })).toBe('done done now waits waits waits');
  const pretraining = { ...run('pretrain', 'step'), state: 'running', hasModel: false } as const;
  expect(states({ runs: [run('teacher', 'teacher'), run('label'), pretraining] })).toBe(
    'done done done done now waits',
  );
});

it('a training that was stopped or failed does not complete a step', () => {
  const stopped = { ...run('teacher', 'teacher'), state: 'interrupted' } as const;
  expect(states({ runs: [stopped] })).toBe('done next waits waits waits waits');
});
