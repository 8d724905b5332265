/**
 * Convolutions over planes in bfloat16 by tensor cores: products whose operands are gathered while they are read (implicit GEMM),
 * sums in float32. Operands come to shared memory by asynchronous copies, STAGES − 1 steps ahead; pieces of 16 bytes are
 * exchanged there, so that no two rows of a matrix meet in a bank.
 *
 * Each kernel is compiled for several tiles of results and numbers of stages, of which a card takes the fastest for a shape
 * (`tile-search.ts`). A result's sum runs over the same steps in the same order in all of them: their bits are the same.
 *
 * One kernel is the forward pass and the gradient by the input: the same sum over taps and channels, with another rule for the
 * place that is read. Another is the gradient by the weight, a sum over places.
 */
#include "primitives.cuh"

constexpr int TENSOR_THREADS = 256, STEP = 32;

/**
 * Results are at [batch, outH, outW, outPitch], what is read at [batch, inH, inW, inPitch], pitches whole packs. The row that is
 * read for a row of results and a tap is (row · step + base + tap · tapStep) / divisor, if that has no remainder and is inside.
 */
struct PlaneShape {
  int batch, inH, inW, inPitch, outH, outW, outPitch, kernelH, kernelW;
  int stepH, baseH, tapStepH, divisorH, stepW, baseW, tapStepW, divisorW;
};

/** −1 where nothing is read. */
__device__ __forceinline__ int readAt(int numerator, int divisor, int size) {
  if (divisor != 1) {
    if (numerator % divisor != 0) return -1;
    numerator /= divisor;
  }
  return (unsigned)numerator < (unsigned)size ? numerator : -1;
}

/** Rows of 32 numbers, four pieces each. */
__device__ __forceinline__ Shared shortRow(Shared base, int row, int piece) {
  return base + row * 64 + ((piece ^ ((row >> 1) & 3)) << 4);
}

/**
 * Weights are [filters, taps, inPitch]. Grid: tiles of WIDTH filters, tiles of HEIGHT places. A warp: 64 places, WARP_WIDTH filters.
 *
 * `moments`, if asked for: [64 places each][mean, sum of squares about it][outPitch] of the results as they are stored, for the batch
 * norm behind (`batch-norm.cu`).
 */
template <int HEIGHT, int WIDTH, int WARP_WIDTH, int STAGES>
__device__ __forceinline__ void planeConv(const bf16* __restrict__ x, const bf16* __restrict__ weight,
                                          const Finish<bf16>& finish, bf16* __restrict__ y, float* __restrict__ moments,
                                          int filters, const PlaneShape& p) {
  constexpr int COLUMNS = WARP_WIDTH / 8, WARPS_HIGH = HEIGHT / 64, THREADS = WARPS_HIGH * (WIDTH / WARP_WIDTH) * 32;
  constexpr int PASS = THREADS / 4, LEFT_ROWS = HEIGHT / PASS, WEIGHT_ROWS = WIDTH / PASS;
  __shared__ __align__(128) bf16 left[STAGES * HEIGHT * STEP], right[STAGES * WIDTH * STEP];
  const Shared left0 = sharedAddress(left), right0 = sharedAddress(right);
  const int t = threadIdx.x, lane = t & 31, warp = t >> 5;
  const int warpRow = warp % WARPS_HIGH * 64, warpColumn = warp / WARPS_HIGH * WARP_WIDTH;
  const int places = p.batch * p.outH * p.outW, depth = p.kernelH * p.kernelW * p.inPitch, row = t >> 2, piece = t & 3;
  // The first row of its image, then the row and the column that the first tap reads.
  int image[LEFT_ROWS], rowBase[LEFT_ROWS], columnBase[LEFT_ROWS];
  UNROLLED
  for (int i = 0; i < LEFT_ROWS; i++) {
    const int m = blockIdx.y * HEIGHT + row + i * PASS, place = m % (p.outH * p.outW);
    image[i] = m / (p.outH * p.outW) * p.inH;
    // Far outside of any image: nothing is read for a row that is none.
    rowBase[i] = m < places ? place / p.outW * p.stepH + p.baseH : -(1 << 28);
    columnBase[i] = place % p.outW * p.stepW + p.baseW;
  }
  // This thread's piece of the sum: its channel and tap, which move on with each step.
  int at = piece * 8, channel = at, tapRow = 0, tapColumn = 0;
  auto settle = [&] {
    while (channel >= p.inPitch) {
      channel -= p.inPitch;
      if (++tapColumn == p.kernelW) {
        tapColumn = 0;
        ++tapRow;
      }
    }
  };
  settle();
  auto load = [&](int stage) {
    const bool within = at < depth;
    UNROLLED
    for (int i = 0; i < LEFT_ROWS; i++) {
      const int h = readAt(rowBase[i] + tapRow * p.tapStepH, p.divisorH, p.inH);
      const int w = readAt(columnBase[i] + tapColumn * p.tapStepW, p.divisorW, p.inW);
      const bool read = within && h >= 0 && w >= 0;
      copyAsync(shortRow(left0 + stage * HEIGHT * 64, row + i * PASS, piece),
                read ? x + ((size_t)(image[i] + h) * p.inW + w) * p.inPitch + channel : x, read ? 16 : 0);
    }
    UNROLLED
    for (int i = 0; i < WEIGHT_ROWS; i++) {
      const int k = blockIdx.x * WIDTH + row + i * PASS;
      const bool read = within && k < filters;
      copyAsync(shortRow(right0 + stage * WIDTH * 64, row + i * PASS, piece), read ? weight + (size_t)k * depth + at : weight,
                read ? 16 : 0);
    }
    at += STEP;
    channel += STEP;
    settle();
  };
  float sums[4][COLUMNS][4] = {};
  const int steps = (depth + STEP - 1) / STEP;
  for (int i = 0; i < STAGES - 1; i++) {
    if (i < steps) load(i);
    commitCopies();
  }
  for (int k = 0; k < steps; k++) {
    waitForCopies<STAGES - 2>();
    __syncthreads();
    if (k + STAGES - 1 < steps) load((k + STAGES - 1) % STAGES);
    commitCopies();
    const Shared from = left0 + (k % STAGES) * HEIGHT * 64, by = right0 + (k % STAGES) * WIDTH * 64;
    UNROLLED
    for (int half = 0; half < 2; half++) {
      uint32_t a[4][4], b[COLUMNS / 2][4];
      UNROLLED
      for (int i = 0; i < 4; i++) loadMatrices(a[i], shortRow(from, warpRow + i * 16 + (lane & 15), half * 2 + (lane >> 4)));
      UNROLLED
      for (int j = 0; j < COLUMNS / 2; j++)
        loadMatrices(b[j], shortRow(by, warpColumn + j * 16 + (lane & 7) + ((lane >> 4) << 3), half * 2 + ((lane >> 3) & 1)));
      UNROLLED
      for (int i = 0; i < 4; i++)
        UNROLLED
        for (int j = 0; j < COLUMNS; j++) multiplyAdd(sums[i][j], a[i], b[j >> 1][(j & 1) * 2], b[j >> 1][(j & 1) * 2 + 1]);
    }
  }
  UNROLLED
  for (int i = 0; i < 4; i++)
    UNROLLED
    for (int h = 0; h < 2; h++) {
      const int m = blockIdx.y * HEIGHT + warpRow + i * 16 + (lane >> 2) + h * 8;
      if (m >= places) continue;
      UNROLLED
      for (int j = 0; j < COLUMNS; j++) {
        const int k = blockIdx.x * WIDTH + warpColumn + j * 8 + (lane & 3) * 2;
        // Also the channels that only fill up a pack: their filters are zeros.
        if (k >= p.outPitch) continue;
        storeFinished(finish, y, k, (size_t)m * p.outPitch + k, sums[i][j][h * 2], sums[i][j][h * 2 + 1]);
      }
    }
  const int firstPlace = blockIdx.y * HEIGHT + warpRow, seen = places - firstPlace < 64 ? places - firstPlace : 64;
  if (!moments || seen <= 0) return;
  float* own = moments + (size_t)(firstPlace / 64) * 2 * p.outPitch;
  UNROLLED
  for (int j = 0; j < COLUMNS; j++)
    UNROLLED
    for (int e = 0; e < 2; e++) {
      float sum = 0.0f, square = 0.0f;
      UNROLLED
      for (int i = 0; i < 8; i++)
        if (i * 8 + (lane >> 2) < seen) sum += sums[i >> 1][j][(i & 1) * 2 + e];
      const float mean = sumOfRows(sum) / (float)seen;
      UNROLLED
      for (int i = 0; i < 8; i++) {
        const float difference = sums[i >> 1][j][(i & 1) * 2 + e] - mean;
        if (i * 8 + (lane >> 2) < seen) square += difference * difference;
      }
      square = sumOfRows(square);
      const int k = blockIdx.x * WIDTH + warpColumn + j * 8 + (lane & 3) * 2 + e;
      if (lane < 4 && k < p.outPitch) {
        own[k] = mean;
        own[p.outPitch + k] = square;
      }
    }
}
/** `bias` has as many numbers as a place of the results, those that only fill up a pack too, where they are zeros. */
#define PLANE_CONV(HEIGHT, WIDTH, WARP_WIDTH, STAGES)                                                                       \
  KERNEL void __launch_bounds__(HEIGHT * WIDTH / WARP_WIDTH / 2, 1024 * WARP_WIDTH / (HEIGHT * WIDTH))                      \
      plane_conv_##HEIGHT##x##WIDTH##_##STAGES(const bf16* x, const bf16* weight, const float* bias, const bf16* added,     \
                                               bf16* y, float* moments, int filters, int rectified, PlaneShape p) {         \
    planeConv<HEIGHT, WIDTH, WARP_WIDTH, STAGES>(x, weight, {bias, added, rectified}, y, moments, filters, p);              \
  }                                                                                                                         \
  MEETING(plane_conv_##HEIGHT##x##WIDTH##_##STAGES)
PLANE_CONV(128, 128, 32, 3)
PLANE_CONV(128, 128, 32, 2)
PLANE_CONV(256, 64, 32, 2)
PLANE_CONV(128, 64, 16, 3)
PLANE_CONV(128, 64, 32, 4)
PLANE_CONV(64, 128, 32, 4)
PLANE_CONV(64, 64, 16, 4)

/** Rows of so many pieces, eight or more. */
template <int PIECES>
__device__ __forceinline__ Shared longRow(Shared base, int row, int piece) {
  return base + row * (PIECES * 16) + ((piece ^ (row & 7)) << 4);
}

/**
 * The gradient by the weight, for the shape of the forward pass: partial[part] is [filters, channels, taps]. Grid: tiles of WIDTH
 * taps and channels, tiles of HEIGHT filters, parts of the places. Both operands lie with the summed places along their rows, and are
 * turned as they are taken from shared memory.
 */
template <int HEIGHT, int WIDTH, int STAGES>
__device__ __forceinline__ void planeWeightGradient(const bf16* __restrict__ x, const bf16* __restrict__ dy, float* partial,
                                                    int filters, int channels, int share, const PlaneShape& p) {
  constexpr int LEFT_PIECES = HEIGHT / 8, RIGHT_PIECES = WIDTH / 8, ROWS_HIGH = HEIGHT / 32, THREADS = WIDTH * 2;
  constexpr int LEFT_LOADS = STEP * LEFT_PIECES / THREADS, RIGHT_LOADS = STEP * RIGHT_PIECES / THREADS;
  __shared__ __align__(128) bf16 left[STAGES * STEP * HEIGHT], right[STAGES * STEP * WIDTH];
  const Shared left0 = sharedAddress(left), right0 = sharedAddress(right);
  const int t = threadIdx.x, lane = t & 31, warp = t >> 5, warpRow = (warp & 1) * (HEIGHT / 2), warpColumn = (warp >> 1) * 32;
  const int taps = p.kernelH * p.kernelW, places = p.batch * p.outH * p.outW;
  const int begin = blockIdx.z * share, end = begin + share < places ? begin + share : places;
  const int leftPiece = t % LEFT_PIECES, leftRow = t / LEFT_PIECES, rightPiece = t % RIGHT_PIECES, rightRow = t / RIGHT_PIECES;
  const int filter = blockIdx.y * HEIGHT + leftPiece * 8, column = blockIdx.x * WIDTH + rightPiece * 8;
  const bool hasFilter = filter < p.outPitch, hasColumn = column < taps * p.inPitch;
  const int tap = column / p.inPitch, channel = column % p.inPitch;
  const int tapH = tap / p.kernelW * p.tapStepH + p.baseH, tapW = tap % p.kernelW * p.tapStepW + p.baseW;
  auto load = [&](int stage, int first) {
    UNROLLED
    for (int i = 0; i < LEFT_LOADS; i++) {
      const int row = leftRow + i * (THREADS / LEFT_PIECES), m = first + row;
      const bool read = hasFilter && m < end;
      copyAsync(longRow<LEFT_PIECES>(left0 + stage * STEP * HEIGHT * 2, row, leftPiece),
                read ? dy + (size_t)m * p.outPitch + filter : dy, read ? 16 : 0);
    }
    UNROLLED
    for (int i = 0; i < RIGHT_LOADS; i++) {
      const int row = rightRow + i * (THREADS / RIGHT_PIECES), m = first + row;
      const int n = m / (p.outH * p.outW), place = m % (p.outH * p.outW);
      const int h = place / p.outW * p.stepH + tapH, w = place % p.outW * p.stepW + tapW;
      const bool read = hasColumn && m < end && (unsigned)h < (unsigned)p.inH && (unsigned)w < (unsigned)p.inW;
      copyAsync(longRow<RIGHT_PIECES>(right0 + stage * STEP * WIDTH * 2, row, rightPiece),
                read ? x + (((size_t)n * p.inH + h) * p.inW + w) * p.inPitch + channel : x, read ? 16 : 0);
    }
  };
  float sums[ROWS_HIGH][4][4] = {};
  const int steps = end > begin ? (end - begin + STEP - 1) / STEP : 0;
  for (int i = 0; i < STAGES - 1; i++) {
    if (i < steps) load(i, begin + i * STEP);
    commitCopies();
  }
  for (int k = 0; k < steps; k++) {
    waitForCopies<STAGES - 2>();
    __syncthreads();
    if (k + STAGES - 1 < steps) load((k + STAGES - 1) % STAGES, begin + (k + STAGES - 1) * STEP);
    commitCopies();
    const Shared from = left0 + (k % STAGES) * STEP * HEIGHT * 2, by = right0 + (k % STAGES) * STEP * WIDTH * 2;
    UNROLLED
    for (int half = 0; half < 2; half++) {
      uint32_t a[ROWS_HIGH][4], b[2][4];
      UNROLLED
      for (int i = 0; i < ROWS_HIGH; i++)
        loadTransposedMatrices(a[i], longRow<LEFT_PIECES>(from, half * 16 + (lane & 7) + ((lane >> 4) << 3),
                                                          (warpRow + i * 16) / 8 + ((lane >> 3) & 1)));
      UNROLLED
      for (int j = 0; j < 2; j++)
        loadTransposedMatrices(b[j], longRow<RIGHT_PIECES>(by, half * 16 + (lane & 7) + (((lane >> 3) & 1) << 3),
                                                           (warpColumn + j * 16) / 8 + (lane >> 4)));
      UNROLLED
      for (int i = 0; i < ROWS_HIGH; i++)
        UNROLLED
        for (int j = 0; j < 4; j++) multiplyAdd(sums[i][j], a[i], b[j >> 1][(j & 1) * 2], b[j >> 1][(j & 1) * 2 + 1]);
    }
  }
  float* own = partial + (size_t)blockIdx.z * filters * channels * taps;
  UNROLLED
  for (int i = 0; i < ROWS_HIGH; i++)
    UNROLLED
    for (int j = 0; j < 4; j++)
      UNROLLED
      for (int e = 0; e < 4; e++) {
        const int k = blockIdx.y * HEIGHT + warpRow + i * 16 + (lane >> 2) + (e >> 1) * 8;
        const int n = blockIdx.x * WIDTH + warpColumn + j * 8 + (lane & 3) * 2 + (e & 1);
        const int to = n / p.inPitch, c = n % p.inPitch;
        if (k < filters && to < taps && c < channels) own[((size_t)k * channels + c) * taps + to] = sums[i][j][e];
      }
}
#define PLANE_WEIGHT_GRADIENT(HEIGHT, WIDTH, STAGES)                                                                        \
  KERNEL void __launch_bounds__(WIDTH * 2, 256 / WIDTH) plane_weight_gradient_##HEIGHT##x##WIDTH##_##STAGES(                \
      const bf16* x, const bf16* dy, float* partial, int filters, int channels, int share, PlaneShape p) {                  \
    planeWeightGradient<HEIGHT, WIDTH, STAGES>(x, dy, partial, filters, channels, share, p);                                \
  }                                                                                                                         \
  MEETING(plane_weight_gradient_##HEIGHT##x##WIDTH##_##STAGES)
PLANE_WEIGHT_GRADIENT(128, 128, 3)
PLANE_WEIGHT_GRADIENT(128, 128, 2)
PLANE_WEIGHT_GRADIENT(64, 128, 3)
PLANE_WEIGHT_GRADIENT(128, 64, 4)
PLANE_WEIGHT_GRADIENT(64, 64, 4)

/**
 * A convolution's weights, `each` of them a filter, and what is added to its results, so that they are those of the batch norm behind
 * it, whose statistics are fixed: (w ∗ x − mean) · s + bias = (s · w) ∗ x + (bias − mean · s), s = scale / √(variance + ε). `pitch`
 * numbers are added, zeros beyond the filters.
 */
KERNEL void fold_normalisation(const float* weight, const float* scale, const float* bias, const float* mean, const float* variance,
                               float* folded, float* added, int filters, int each, int pitch, float epsilon) {
  const long long i = threadOfGrid(), count = (long long)filters * each;
  if (i < count) {
    const int filter = (int)(i / each);
    folded[i] = weight[i] * (scale[filter] / sqrtf(variance[filter] + epsilon));
  }
  if (i < pitch) added[i] = i < filters ? bias[i] - mean[i] * (scale[i] / sqrtf(variance[i] + epsilon)) : 0.0f;
}
SINGLE(fold_normalisation)

/**
 * Weights [filters, channels / groups, taps] as factors of bfloat16: [filters, taps, pitch], or turned, [channels, taps, pitch of the
 * filters]. `span` says how many neighbouring channels (turned: filters) a row holds: all of them in one group, of grouped ones a
 * window that begins at a multiple of itself, with zeros for those of another group.
 */
KERNEL void pack_weights(const float* weight, bf16* packed, int filters, int channels, int taps, int groups, int span, int turned,
                         int count) {
  const long long i = threadOfGrid();
  if (i >= count) return;
  const int offset = (int)(i % span), tap = (int)(i / span % taps), row = (int)(i / span / taps);
  const int rows = turned ? channels : filters, others = turned ? filters : channels;
  const int other = groups == 1 ? offset : row / span * span + offset;
  const int filter = turned ? other : row, channel = turned ? row : other;
  const int channelsAGroup = channels / groups, filtersAGroup = filters / groups;
  const bool real = row < rows && other < others && filter / filtersAGroup == channel / channelsAGroup;
  packed[i] = narrowed<bf16>(
      real ? weight[((long long)filter * channelsAGroup + channel % channelsAGroup) * taps + tap] : 0.0f);
}
SINGLE(pack_weights)
