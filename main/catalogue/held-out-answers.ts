/** What one model of a comparison answered to the held-out images. */
import { type Database, literal } from './database.ts';

export interface HeldOutAnswers {
  /** As the networks of the comparison number the classes. */
  readonly predicted: Int32Array;
  readonly probabilities: Float32Array;
  /** 1 where the answer was right. */
  readonly right: Int32Array;
}

/** @param predictions an SQL table expression */
export async function heldOutAnswers(
  database: Pick<Database, 'columns'>,
  predictions: string,
  model: string,
): Promise<HeldOutAnswers> {
  const [predicted, probabilities, right] = await database.columns(
    [Int32Array, Float32Array, Int32Array],
    `SELECT predicted_output, probability, (predicted_output = true_output)::INTEGER FROM ${predictions}
     WHERE model = ${literal(model)} ORDER BY image_id`,
  );
  return { predicted, probabilities, right };
}
