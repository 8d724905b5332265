/** The predictions of one model of a comparison on the held-out images. */
import { type Database, literal } from './database.ts';

export interface HeldOutAnswers {
  /** Class indices of the comparison's networks. */
  readonly predicted: Int32Array;
  readonly probabilities: Float32Array;
  /** 1 if the prediction was right. */
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
