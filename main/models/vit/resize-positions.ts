/**
 * Learnt positions for a grid of another size, by bicubic interpolation as in timm and DINOv2, which use PyTorch's
 * `interpolate(mode='bicubic', align_corners=False)`: Keys' kernel with a = −0.75, repeated edges, no antialiasing.
 */
import { at } from '../../at.ts';

const SHARPNESS = -0.75;
const TAPS = [-1, 0, 1, 2] as const;

/** [from², width] row-major → [to², width]. */
export function resizedPositions(positions: Float32Array, from: number, to: number): Float32Array {
  const width = positions.length / from ** 2;
  const weights = Array.from({ length: to }, (_, place) => neighbours(place, from, to));
  const resized = new Float32Array(to ** 2 * width);
  weights.forEach((rows, y) => {
    weights.forEach((columns, x) => {
      for (const row of rows) {
        for (const column of columns) {
          const source = (row.place * from + column.place) * width;
          const target = (y * to + x) * width;
          for (let c = 0; c < width; c++) {
            resized[target + c] = at(resized, target + c) + row.weight * column.weight * at(positions, source + c);
          }
        }
      }
    });
  });
  return resized;
}

interface Neighbour {
  readonly place: number;
  readonly weight: number;
}

/** The source positions along a side that contribute to one position of the other grid, and their weights. */
function neighbours(place: number, from: number, to: number): Neighbour[] {
  const centre = ((place + 0.5) * from) / to - 0.5;
  const floor = Math.floor(centre);
  return TAPS.map((tap) => ({
    place: Math.min(from - 1, Math.max(0, floor + tap)),
    weight: kernel(Math.abs(centre - floor - tap)),
  }));
}

function kernel(distance: number): number {
  const [d, a] = [distance, SHARPNESS];
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}
