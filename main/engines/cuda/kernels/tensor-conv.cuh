/**
 * Convolutions over planes in bfloat16 by tensor cores: products whose operands are gathered while they are read (implicit GEMM),
 * sums in float32. Operands come to shared memory by asynchronous copies, STAGES − 1 steps ahead; pieces of 16 bytes are
 * exchanged there, so that no two rows of a matrix meet in a bank.
 *
 * Each kernel is compiled for several tiles of results and numbers of stages, of which a card takes the fastest for a shape
 * (`tile-search.ts`): the usual ones are compiled in `tensor-conv.cu`, the others in `tiles.cu`. A result's sum runs over the same steps in the same order in all of them: their bits are the same.
 *
 * The forward pass and the gradient by the input are the same sum over taps and channels, with another rule for the place that is
 * read. The gradient by the weight is a sum over places.
 */
#pragma once
#include "primitives.cuh"

constexpr int TENSOR_THREADS = 256, STEP = 32;

/**
 * Results are at [batch, outH, outW, outPitch], what is read at [batch, inH, inW, inPitch], pitches whole packs. The row that is
 * read for a row of results and a tap is (row · step + base + tap · tapStep) / divisor, if that has no remainder and is inside.
 * Forward the divisor is 1; for a gradient by the input it is the stride, and the step is 1.
 */
struct PlaneShape {
  int batch, inH, inW, inPitch, outH, outW, outPitch, kernelH, kernelW;
  int stepH, baseH, tapStepH, divisorH, stepW, baseW, tapStepW, divisorW;
};

/**
 * The results of a block along one axis, and the taps that reach them. At a stride, a gradient by the input has as many phases: the
 * results of a phase, `every` stride apart, meet the same taps, and the other taps only zeros. The i-th result is `phase + i · every`;
 * with the j-th of its taps, `firstTap + j · everyTap`, it reads at i · step + base + j · tapStep.
 */
struct Axis {
  int results, phase, every, taps, firstTap, everyTap, step, base, tapStep;
};

__device__ __forceinline__ Axis forwardAxis(int results, int taps, int step, int base, int tapStep) {
  return {results, 0, 1, taps, 0, 1, step, base, tapStep};
}

__device__ __forceinline__ Axis phaseAxis(int phase, int results, int taps, int base, int tapStep, int stride) {
  int everyTap = 1, firstTap = 0;
  while (everyTap * tapStep % stride != 0) everyTap++;
  while (firstTap < everyTap && (phase + base + firstTap * tapStep) % stride != 0) firstTap++;
  const bool reached = firstTap < everyTap && firstTap < taps;
  return {(results - phase + stride - 1) / stride,
          phase,
          stride,
          reached ? (taps - firstTap + everyTap - 1) / everyTap : 0,
          firstTap,
          everyTap,
          1,
          (phase + base + firstTap * tapStep) / stride,
          everyTap * tapStep / stride};
}

/** What a block computes: all results, or those of a phase along both axes. */
struct Plane {
  Axis h, w;
  __device__ __forceinline__ int places(const PlaneShape& p) const { return p.batch * h.results * w.results; }
  /** Where the m-th of these results is among all. */
  __device__ __forceinline__ int placeOf(int m, const PlaneShape& p) const {
    const int image = m / (h.results * w.results), place = m % (h.results * w.results);
    return (image * p.outH + h.phase + place / w.results * h.every) * p.outW + w.phase + place % w.results * w.every;
  }
};

__device__ __forceinline__ Plane forwardPlane(const PlaneShape& p) {
  return {forwardAxis(p.outH, p.kernelH, p.stepH, p.baseH, p.tapStepH),
          forwardAxis(p.outW, p.kernelW, p.stepW, p.baseW, p.tapStepW)};
}

__device__ __forceinline__ Plane phasePlane(int phase, const PlaneShape& p) {
  return {phaseAxis(phase / p.divisorW, p.outH, p.kernelH, p.baseH, p.tapStepH, p.divisorH),
          phaseAxis(phase % p.divisorW, p.outW, p.kernelW, p.baseW, p.tapStepW, p.divisorW)};
}

/** Where the stages of both operands lie, COUNT numbers: up to 48 KiB a kernel has by itself, more the launch gives. */
template <int COUNT>
__device__ __forceinline__ Shared stagesOf() {
  if constexpr (COUNT * 2 <= 48 * 1024) {
    __shared__ __align__(128) bf16 stages[COUNT];
    return sharedAddress(stages);
  } else {
    DYNAMIC_SHARED(bf16, stages, COUNT);
    return sharedAddress(stages);
  }
}

/** Rows of 32 numbers, four pieces each. */
__device__ __forceinline__ Shared shortRow(Shared base, int row, int piece) {
  return base + row * 64 + ((piece ^ ((row >> 1) & 3)) << 4);
}

/**
 * The sums of a warp: 64 places, WARP_WIDTH filters. Weights are [filters, taps, inPitch]. Grid: tiles of WIDTH filters, tiles of HEIGHT
 * places. FORWARD: all taps in their order.
 */
template <int HEIGHT, int WIDTH, int WARP_WIDTH, int STAGES, bool FORWARD>
__device__ __forceinline__ void planeSums(const bf16* __restrict__ x, const bf16* __restrict__ weight, int filters,
                                          const PlaneShape& p, const Plane& plane, float (&sums)[4][WARP_WIDTH / 8][4]) {
  constexpr int COLUMNS = WARP_WIDTH / 8, WARPS_HIGH = HEIGHT / 64, THREADS = WARPS_HIGH * (WIDTH / WARP_WIDTH) * 32;
  constexpr int PASS = THREADS / 4, LEFT_ROWS = HEIGHT / PASS, WEIGHT_ROWS = WIDTH / PASS;
  const Shared left0 = stagesOf<STAGES * (HEIGHT + WIDTH) * STEP>(), right0 = left0 + STAGES * HEIGHT * STEP * 2;
  const int t = threadIdx.x, lane = t & 31, warp = t >> 5, row = t >> 2, piece = t & 3;
  const int warpRow = warp % WARPS_HIGH * 64, warpColumn = warp / WARPS_HIGH * WARP_WIDTH;
  const int places = plane.places(p), allTaps = p.kernelH * p.kernelW;
  const bool any = blockIdx.y * HEIGHT < places;
  const int depth = any ? plane.h.taps * plane.w.taps * p.inPitch : 0;
  // The first row of its image, then the row and the column that the first tap reads.
  int image[LEFT_ROWS], rowBase[LEFT_ROWS], columnBase[LEFT_ROWS];
  UNROLLED
  for (int i = 0; i < LEFT_ROWS; i++) {
    const int m = any ? blockIdx.y * HEIGHT + row + i * PASS : 0, each = any ? plane.h.results * plane.w.results : 1;
    const int place = m % each, columns = any ? plane.w.results : 1;
    image[i] = m / each * p.inH;
    // Far outside of any image: nothing is read for a row that is none.
    rowBase[i] = m < places ? place / columns * plane.h.step + plane.h.base : -(1 << 28);
    columnBase[i] = place % columns * plane.w.step + plane.w.base;
  }
  // This thread's piece of the sum: its channel and tap, which move on with each step.
  int at = piece * 8, channel = at, tapRow = 0, tapColumn = 0;
  auto settle = [&] {
    while (channel >= p.inPitch) {
      channel -= p.inPitch;
      if (++tapColumn == plane.w.taps) {
        tapColumn = 0;
        ++tapRow;
      }
    }
  };
  settle();
  auto load = [&](int stage) {
    const bool within = at < depth;
    const int h = tapRow * plane.h.tapStep, w = tapColumn * plane.w.tapStep;
    UNROLLED
    for (int i = 0; i < LEFT_ROWS; i++) {
      const bool read = within && (unsigned)(rowBase[i] + h) < (unsigned)p.inH && (unsigned)(columnBase[i] + w) < (unsigned)p.inW;
      copyAsync(shortRow(left0 + stage * HEIGHT * 64, row + i * PASS, piece),
                read ? x + ((size_t)(image[i] + rowBase[i] + h) * p.inW + columnBase[i] + w) * p.inPitch + channel : x,
                read ? 16 : 0);
    }
    const int tap = (plane.h.firstTap + tapRow * plane.h.everyTap) * p.kernelW + plane.w.firstTap + tapColumn * plane.w.everyTap;
    const int from = FORWARD ? at : tap * p.inPitch + channel;
    UNROLLED
    for (int i = 0; i < WEIGHT_ROWS; i++) {
      const int k = blockIdx.x * WIDTH + row + i * PASS;
      const bool read = within && k < filters;
      copyAsync(shortRow(right0 + stage * WIDTH * 64, row + i * PASS, piece),
                read ? weight + (size_t)k * allTaps * p.inPitch + from : weight, read ? 16 : 0);
    }
    at += STEP;
    channel += STEP;
    settle();
  };
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
}

/**
 * The forward pass. `moments`, if asked for: [64 places each][mean, sum of squares about it][outPitch] of the results as they are
 * stored, for the batch norm behind (`batch-norm.cu`).
 */
template <int HEIGHT, int WIDTH, int WARP_WIDTH, int STAGES>
__device__ __forceinline__ void planeConv(const bf16* __restrict__ x, const bf16* __restrict__ weight,
                                          const Finish<bf16>& finish, bf16* __restrict__ y, float* __restrict__ moments,
                                          int filters, const PlaneShape& p) {
  constexpr int COLUMNS = WARP_WIDTH / 8, WARPS_HIGH = HEIGHT / 64;
  float sums[4][COLUMNS][4] = {};
  planeSums<HEIGHT, WIDTH, WARP_WIDTH, STAGES, true>(x, weight, filters, p, forwardPlane(p), sums);
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, places = p.batch * p.outH * p.outW;
  const int warpRow = warp % WARPS_HIGH * 64, warpColumn = warp / WARPS_HIGH * WARP_WIDTH;
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
/**
 * What becomes of a gradient before it is rounded: another gradient of the same values is added, then the gradient of a ReLU, whose
 * result is `rectified`, is applied, each where it is given. `sums`, if asked for: [places each][Σ g, Σ g · x̂][pitch] of the gradients
 * g as they are stored, for the batch norm of x that they reach next (`batch-norm.cu`).
 */
struct GradientFinish {
  const bf16 *added, *rectified, *x;
  const float *mean, *variance;
  float* sums;
  int channels;
  float epsilon;
};

/** Two neighbouring channels of some places of a lane: what is stored, and what they add to the sums. */
struct GradientPair {
  float middle[2], inverse[2], sum[2], product[2];
  __device__ __forceinline__ GradientPair(const GradientFinish& finish, int channel) {
    UNROLLED
    for (int e = 0; e < 2; e++) {
      const bool real = finish.sums && channel + e < finish.channels;
      middle[e] = real ? finish.mean[channel + e] : 0.0f;
      inverse[e] = real ? rsqrtf(finish.variance[channel + e] + finish.epsilon) : 0.0f;
      sum[e] = product[e] = 0.0f;
    }
  }
  __device__ __forceinline__ void store(const GradientFinish& finish, bf16* dx, size_t place, float first, float second) {
    float g[2] = {first, second}, other[2];
    if (finish.added) {
      loadPair(finish.added + place, other[0], other[1]);
      g[0] += other[0];
      g[1] += other[1];
    }
    if (finish.rectified) {
      loadPair(finish.rectified + place, other[0], other[1]);
      g[0] = other[0] > 0.0f ? g[0] : 0.0f;
      g[1] = other[1] > 0.0f ? g[1] : 0.0f;
    }
    storePair(dx + place, g[0], g[1]);
    if (!finish.sums) return;
    loadPair(finish.x + place, other[0], other[1]);
    UNROLLED
    for (int e = 0; e < 2; e++) {
      const float stored = widened(narrowed<bf16>(g[e]));
      sum[e] += stored;
      product[e] += stored * ((other[e] - middle[e]) * inverse[e]);
    }
  }
};

/** How many chunks of places the sums of a phase have: as many in each phase, the last ones perhaps of no places. */
template <int PLACES>
__device__ __forceinline__ int chunksOfPhase(const PlaneShape& p) {
  const int high = (p.outH + p.divisorH - 1) / p.divisorH, wide = (p.outW + p.divisorW - 1) / p.divisorW;
  return (p.batch * high * wide + PLACES - 1) / PLACES;
}

/**
 * The gradient by the input: `filters` are the channels of the forward pass, and its filters are summed. Grid: also the phases of both
 * axes.
 */
template <int HEIGHT, int WIDTH, int WARP_WIDTH, int STAGES>
__device__ __forceinline__ void planeInputGradient(const bf16* __restrict__ dy, const bf16* __restrict__ weight,
                                                   const GradientFinish& finish, bf16* __restrict__ dx, const PlaneShape& p) {
  constexpr int COLUMNS = WARP_WIDTH / 8, WARPS_HIGH = HEIGHT / 64;
  float sums[4][COLUMNS][4] = {};
  const Plane plane = phasePlane(blockIdx.z, p);
  planeSums<HEIGHT, WIDTH, WARP_WIDTH, STAGES, false>(dy, weight, finish.channels, p, plane, sums);
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, places = plane.places(p);
  const int warpRow = warp % WARPS_HIGH * 64, warpColumn = warp / WARPS_HIGH * WARP_WIDTH;
  int place[8];
  UNROLLED
  for (int i = 0; i < 8; i++) {
    const int m = blockIdx.y * HEIGHT + warpRow + i * 8 + (lane >> 2);
    place[i] = m < places ? plane.placeOf(m, p) : -1;
  }
  const int chunk = (blockIdx.y * HEIGHT + warpRow) / 64, chunks = chunksOfPhase<64>(p);
  UNROLLED
  for (int j = 0; j < COLUMNS; j++) {
    const int k = blockIdx.x * WIDTH + warpColumn + j * 8 + (lane & 3) * 2;
    // Also the channels that only fill up a pack: their filters are zeros. The same for all lanes of the warp.
    if (k >= p.outPitch) continue;
    GradientPair pair(finish, k);
    UNROLLED
    for (int i = 0; i < 8; i++)
      if (place[i] >= 0)
        pair.store(finish, dx, (size_t)place[i] * p.outPitch + k, sums[i >> 1][j][(i & 1) * 2], sums[i >> 1][j][(i & 1) * 2 + 1]);
    if (!finish.sums || chunk >= chunks) continue;
    float* own = finish.sums + ((size_t)blockIdx.z * chunks + chunk) * 2 * p.outPitch + k;
    UNROLLED
    for (int e = 0; e < 2; e++) {
      const float sum = sumOfRows(pair.sum[e]), product = sumOfRows(pair.product[e]);
      if (lane >= 4) continue;
      own[e] = sum;
      own[p.outPitch + e] = product;
    }
  }
}

/** `bias` has as many numbers as a place of the results, those that only fill up a pack too, where they are zeros. */
#define PLANE_CONV(HEIGHT, WIDTH, WARP_WIDTH, STAGES)                                                                       \
  KERNEL void __launch_bounds__(HEIGHT * WIDTH / WARP_WIDTH / 2, WARP_WIDTH > 32 ? 1 : 1024 * WARP_WIDTH / (HEIGHT * WIDTH)) \
      plane_conv_##HEIGHT##x##WIDTH##_##STAGES(const bf16* x, const bf16* weight, const float* bias, const bf16* added,     \
                                               bf16* y, float* moments, int filters, int rectified, PlaneShape p) {         \
    planeConv<HEIGHT, WIDTH, WARP_WIDTH, STAGES>(x, weight, {bias, added, rectified}, y, moments, filters, p);              \
  }                                                                                                                         \
  MEETING(plane_conv_##HEIGHT##x##WIDTH##_##STAGES)
#define PLANE_INPUT_GRADIENT(HEIGHT, WIDTH, WARP_WIDTH, STAGES)                                                             \
  KERNEL void __launch_bounds__(HEIGHT * WIDTH / WARP_WIDTH / 2, WARP_WIDTH > 32 ? 1 : 1024 * WARP_WIDTH / (HEIGHT * WIDTH)) \
      plane_input_gradient_##HEIGHT##x##WIDTH##_##STAGES(                                                                   \
          const bf16* dy, const bf16* weight, const bf16* added, const bf16* rectified, const bf16* x, const float* mean,   \
          const float* variance, bf16* dx, float* sums, int channels, float epsilon, PlaneShape p) {                        \
    const GradientFinish finish{added, rectified, x, mean, variance, sums, channels, epsilon};                              \
    planeInputGradient<HEIGHT, WIDTH, WARP_WIDTH, STAGES>(dy, weight, finish, dx, p);                                       \
  }                                                                                                                         \
  MEETING(plane_input_gradient_##HEIGHT##x##WIDTH##_##STAGES)
#define PLANE_TILE(HEIGHT, WIDTH, WARP_WIDTH, STAGES) \
  PLANE_CONV(HEIGHT, WIDTH, WARP_WIDTH, STAGES) PLANE_INPUT_GRADIENT(HEIGHT, WIDTH, WARP_WIDTH, STAGES)

/** A place of the results that goes on by BY places each time, without dividing anew. */
template <int BY>
struct WalkingPlace {
  int image, row, column;
  int images, rows, columns;
  __device__ __forceinline__ WalkingPlace(int place, const PlaneShape& p) {
    const int each = p.outH * p.outW;
    image = place / each;
    row = place % each / p.outW;
    column = place % p.outW;
    images = BY / each;
    rows = BY % each / p.outW;
    columns = BY % p.outW;
  }
  __device__ __forceinline__ void go(const PlaneShape& p) {
    image += images;
    row += rows;
    column += columns;
    if (column >= p.outW) {
      column -= p.outW;
      row++;
    }
    if (row >= p.outH) {
      row -= p.outH;
      image++;
    }
  }
};

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
  const Shared left0 = stagesOf<STAGES * (HEIGHT + WIDTH) * STEP>(), right0 = left0 + STAGES * STEP * HEIGHT * 2;
  const int t = threadIdx.x, lane = t & 31, warp = t >> 5, warpRow = (warp & 1) * (HEIGHT / 2), warpColumn = (warp >> 1) * 32;
  const int taps = p.kernelH * p.kernelW, places = p.batch * p.outH * p.outW;
  const int begin = blockIdx.z * share, end = begin + share < places ? begin + share : places;
  const int leftPiece = t % LEFT_PIECES, leftRow = t / LEFT_PIECES, rightPiece = t % RIGHT_PIECES, rightRow = t / RIGHT_PIECES;
  const int filter = blockIdx.y * HEIGHT + leftPiece * 8, column = blockIdx.x * WIDTH + rightPiece * 8;
  const bool hasFilter = filter < p.outPitch, hasColumn = column < taps * p.inPitch;
  const int tap = column / p.inPitch, channel = column % p.inPitch;
  const int tapH = tap / p.kernelW * p.tapStepH + p.baseH, tapW = tap % p.kernelW * p.tapStepW + p.baseW;
  // A thread's rows of all steps are equally far apart.
  WalkingPlace<THREADS / RIGHT_PIECES> at(begin + rightRow, p);
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
      const int h = at.row * p.stepH + tapH, w = at.column * p.stepW + tapW;
      const bool read = hasColumn && m < end && (unsigned)h < (unsigned)p.inH && (unsigned)w < (unsigned)p.inW;
      copyAsync(longRow<RIGHT_PIECES>(right0 + stage * STEP * WIDTH * 2, row, rightPiece),
                read ? x + ((size_t)(at.image * p.inH + h) * p.inW + w) * p.inPitch + channel : x, read ? 16 : 0);
      at.go(p);
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
  KERNEL void __launch_bounds__(WIDTH * 2, HEIGHT > 128 ? 1 : 256 / WIDTH) plane_weight_gradient_##HEIGHT##x##WIDTH##_##STAGES(                \
      const bf16* x, const bf16* dy, float* partial, int filters, int channels, int share, PlaneShape p) {                  \
    planeWeightGradient<HEIGHT, WIDTH, STAGES>(x, dy, partial, filters, channels, share, p);                                \
  }                                                                                                                         \
  MEETING(plane_weight_gradient_##HEIGHT##x##WIDTH##_##STAGES)
