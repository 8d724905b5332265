/** The last line of `run --json` and `demo --json`. */
import type { MethodRuns } from '../pipeline/method.ts';

export function summaryEvent({ evaluation }: MethodRuns, seconds: number, report: string) {
  const { teacherTop1, supervisedTop1, pretrainedTop1, finetunedTop1 } = evaluation?.metrics ?? {};
  const top1 = {
    teacher: teacherTop1 ?? null,
    supervised: supervisedTop1 ?? null,
    pretrained: pretrainedTop1 ?? null,
    finetuned: finetunedTop1 ?? null,
  };
  return { event: 'summary', top1, seconds: Math.round(seconds * 10) / 10, report } as const;
}
