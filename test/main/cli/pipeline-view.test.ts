import { expect, it } from 'vitest';
import { showPipeline } from '../../../main/cli/pipeline-view.ts';
import type { ResolvedRecipe } from '../../../main/pipeline/resolve-recipe.ts';
import { testClock } from '../test-clock.ts';

it('names project, phase and network, and shows the progress of the whole and what it waits for when it stalls', () => {
  const shown: string[] = [];
  const terminal = {
    note: (text: string) => void shown.push(text),
    event: () => {},
    progress: (label: string, total: number | undefined, unit: string) => ({
      update: (done: number, _detail?: string, known?: { whole?: { share: number } | undefined }) =>
        void shown.push(
          `${label}: ${done} of ${total} ${unit}, ${Math.round(100 * (known?.whole?.share ?? 0))} % of all`,
        ),
      end: () => {},
    }),
  };
  const recipe = {
    teacher: { model: 'resnet18', width: null, run: null, features: null },
  } as unknown as ResolvedRecipe;
  const phases = [
    { name: 'decoding', seconds: 30, guessed: false },
    { name: 'teacher', seconds: 70, guessed: false },
  ];
  const clock = testClock();
  const { tell, end } = showPipeline(terminal, 'Birds', { recipe, phases }, clock);
  tell({ kind: 'decodeProgressed', done: 10, total: 10 });
  tell({ kind: 'stageProgressed', stage: 'teacher', done: 50, total: 100, detail: '' });
  tell({ kind: 'stageStarted', stage: 'teacher', runId: 'teacher', resumed: false });
  tell({ kind: 'lookProgressed', eyes: 'eyes-1', done: 10, total: 40 });
  expect(shown).toEqual([
    'Birds · Decoding: 10 of 10 images, 30 % of all',
    'Birds · Teacher: training, resnet18: 50 of 100 images, 65 % of all',
    'Teacher: training …',
    'Birds · Looking at images, eyes-1: 10 of 40 images, 65 % of all',
  ]);
  shown.length = 0;
  tell({ kind: 'awaits', awaited: 'network' });
  clock.pass(25);
  expect(shown).toEqual([expect.stringMatching(/^No step for 20 seconds: the network is being compiled/)]);
  end();
  clock.pass(100);
  expect(shown).toHaveLength(1);
});
