/**
 * Quantiles of Student's t distribution, also for fractional degrees of freedom. With t = √df · tan θ the density becomes
 * cos^(df − 1) θ, so a sum over an angle is enough.
 */

const STEPS = 4000;
/** From here on the normal distribution is indistinguishable. */
const MOST_FREEDOM = 1000;

/**
 * The half-width of the interval around 0 that contains a t variable with probability `confidence`.
 * @param freedom degrees of freedom, at least 1
 */
export function tQuantile(confidence: number, freedom: number): number {
  if (!(confidence > 0 && confidence < 1) || !(freedom >= 1)) {
    throw new RangeError(`no t quantile for ${confidence} and ${freedom} degrees of freedom`);
  }
  const df = Math.min(freedom, MOST_FREEDOM);
  const density = (step: number) => Math.cos((step * Math.PI) / 2 / STEPS) ** (df - 1);
  let whole = 0;
  for (let step = 0; step < STEPS; step++) whole += (density(step) + density(step + 1)) / 2;
  let within = 0;
  for (let step = 0; step < STEPS; step++) {
    const slice = (density(step) + density(step + 1)) / 2;
    if (within + slice >= confidence * whole) {
      const part = (confidence * whole - within) / slice;
      return Math.sqrt(df) * Math.tan(((step + part) * Math.PI) / 2 / STEPS);
    }
    within += slice;
  }
  return Number.POSITIVE_INFINITY;
}
