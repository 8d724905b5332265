/**
 * Convolutions in groups of 4 to 32 channels, as many filters as channels, in bfloat16 by tensor cores. Neighbouring groups are taken
 * together as one product of SPAN × SPAN channels with zeros between the groups (`pack_weights`): at most four times the products,
 * where the memory is what costs, and a tile that fills the instruction.
 */
#include "tensor-conv.cuh"

constexpr int GROUPED_HEIGHT = 128, GROUPED_WIDTH = 64;

/** Rows of SPAN numbers, two or four pieces. */
template <int SPAN>
__device__ __forceinline__ Shared spanRow(Shared base, int row, int piece) {
  return base + row * (SPAN * 2) + ((piece ^ (SPAN == 16 ? (row >> 2) & 1 : (row >> 1) & 3)) << 4);
}

/**
 * The sums of a warp: 16 places, all 64 channels of the block. Weights are [channels, taps, SPAN]. Grid: tiles of 64 channels, tiles of
 * 128 places.
 */
template <int SPAN>
__device__ __forceinline__ void groupedSums(const bf16* __restrict__ x, const bf16* __restrict__ weight, int channels,
                                            const PlaneShape& p, const Plane& plane, float (&sums)[GROUPED_WIDTH / 8][4]) {
  constexpr int LEFT_PIECES = GROUPED_WIDTH / 8, RIGHT_PIECES = SPAN / 8, LOADS = GROUPED_HEIGHT * LEFT_PIECES / TENSOR_THREADS;
  __shared__ __align__(128) bf16 left[2 * GROUPED_HEIGHT * GROUPED_WIDTH], right[2 * GROUPED_WIDTH * SPAN];
  const Shared left0 = sharedAddress(left), right0 = sharedAddress(right);
  const int t = threadIdx.x, lane = t & 31, warpRow = (t >> 5) * 16, piece = t % LEFT_PIECES;
  const int places = plane.places(p), allTaps = p.kernelH * p.kernelW, first = blockIdx.x * GROUPED_WIDTH;
  const bool any = blockIdx.y * GROUPED_HEIGHT < places;
  const int taps = any ? plane.h.taps * plane.w.taps : 0, channel = first + piece * 8;
  const bool hasChannel = channel < channels;
  int rowBase[LOADS], columnBase[LOADS], image[LOADS];
  UNROLLED
  for (int i = 0; i < LOADS; i++) {
    const int m = any ? blockIdx.y * GROUPED_HEIGHT + t / LEFT_PIECES + i * (TENSOR_THREADS / LEFT_PIECES) : 0;
    const int each = any ? plane.h.results * plane.w.results : 1, place = m % each, columns = any ? plane.w.results : 1;
    image[i] = m / each * p.inH;
    rowBase[i] = m < places ? place / columns * plane.h.step + plane.h.base : -(1 << 28);
    columnBase[i] = place % columns * plane.w.step + plane.w.base;
  }
  const int filter = t / RIGHT_PIECES, filterPiece = t % RIGHT_PIECES;
  auto load = [&](int stage, int tap) {
    const int tapRow = tap / plane.w.taps, tapColumn = tap % plane.w.taps;
    UNROLLED
    for (int i = 0; i < LOADS; i++) {
      const int h = rowBase[i] + tapRow * plane.h.tapStep, w = columnBase[i] + tapColumn * plane.w.tapStep;
      const bool read = hasChannel && (unsigned)h < (unsigned)p.inH && (unsigned)w < (unsigned)p.inW;
      copyAsync(longRow<LEFT_PIECES>(left0 + stage * GROUPED_HEIGHT * GROUPED_WIDTH * 2,
                                     t / LEFT_PIECES + i * (TENSOR_THREADS / LEFT_PIECES), piece),
                read ? x + ((size_t)(image[i] + h) * p.inW + w) * p.inPitch + channel : x, read ? 16 : 0);
    }
    if (filter < GROUPED_WIDTH) {
      const bool read = first + filter < channels;
      const int own = (plane.h.firstTap + tapRow * plane.h.everyTap) * p.kernelW + plane.w.firstTap + tapColumn * plane.w.everyTap;
      copyAsync(spanRow<SPAN>(right0 + stage * GROUPED_WIDTH * SPAN * 2, filter, filterPiece),
                read ? weight + ((size_t)(first + filter) * allTaps + own) * SPAN + filterPiece * 8 : weight, read ? 16 : 0);
    }
  };
  if (taps > 0) load(0, 0);
  commitCopies();
  for (int tap = 0; tap < taps; tap++) {
    waitForCopies<0>();
    __syncthreads();
    if (tap + 1 < taps) load((tap + 1) % 2, tap + 1);
    commitCopies();
    const Shared from = left0 + (tap % 2) * GROUPED_HEIGHT * GROUPED_WIDTH * 2, by = right0 + (tap % 2) * GROUPED_WIDTH * SPAN * 2;
    UNROLLED
    for (int group = 0; group < GROUPED_WIDTH / SPAN; group++)
      UNROLLED
      for (int k = 0; k < SPAN / 16; k++) {
        uint32_t a[4];
        loadMatrices(a, longRow<LEFT_PIECES>(from, warpRow + (lane & 15), (group * SPAN + k * 16) / 8 + (lane >> 4)));
        UNROLLED
        for (int j = 0; j < SPAN / 16; j++) {
          uint32_t b[4];
          const int column = group * SPAN + j * 16;
          loadMatrices(b, spanRow<SPAN>(by, column + (lane & 7) + ((lane >> 4) << 3), k * 2 + ((lane >> 3) & 1)));
          multiplyAdd(sums[column / 8], a, b[0], b[1]);
          multiplyAdd(sums[column / 8 + 1], a, b[2], b[3]);
        }
      }
  }
}

/** The forward pass; `moments` as in `tensor-conv.cuh`, of 128 places each. */
template <int SPAN>
__device__ __forceinline__ void groupedConv(const bf16* __restrict__ x, const bf16* __restrict__ weight,
                                            const Finish<bf16>& finish, bf16* __restrict__ y, float* __restrict__ moments,
                                            int channels, const PlaneShape& p) {
  float sums[GROUPED_WIDTH / 8][4] = {};
  groupedSums<SPAN>(x, weight, channels, p, forwardPlane(p), sums);
  const int t = threadIdx.x, lane = t & 31, warpRow = (t >> 5) * 16, first = blockIdx.x * GROUPED_WIDTH;
  const int places = p.batch * p.outH * p.outW;
  UNROLLED
  for (int h = 0; h < 2; h++) {
    const int m = blockIdx.y * GROUPED_HEIGHT + warpRow + (lane >> 2) + h * 8;
    if (m >= places) continue;
    UNROLLED
    for (int j = 0; j < GROUPED_WIDTH / 8; j++) {
      const int k = first + j * 8 + (lane & 3) * 2;
      if (k < p.outPitch)
        storeFinished(finish, y, k, (size_t)m * p.outPitch + k, sums[j][h * 2], sums[j][h * 2 + 1]);
    }
  }
  if (!moments) return;
  constexpr int WARPS = TENSOR_THREADS / 32;
  __shared__ float means[WARPS][GROUPED_WIDTH], squares[WARPS][GROUPED_WIDTH];
  const int height = places - blockIdx.y * GROUPED_HEIGHT, warp = t >> 5;
  const int seen = height - warpRow < 16 ? height - warpRow : 16;
  if (seen > 0) {
    UNROLLED
    for (int j = 0; j < GROUPED_WIDTH / 8; j++)
      UNROLLED
      for (int e = 0; e < 2; e++) {
        float sum = 0.0f, square = 0.0f;
        UNROLLED
        for (int h = 0; h < 2; h++)
          if (h * 8 + (lane >> 2) < seen) sum += sums[j][h * 2 + e];
        const float mean = sumOfRows(sum) / (float)seen;
        UNROLLED
        for (int h = 0; h < 2; h++) {
          const float difference = sums[j][h * 2 + e] - mean;
          if (h * 8 + (lane >> 2) < seen) square += difference * difference;
        }
        square = sumOfRows(square);
        if (lane < 4) {
          means[warp][j * 8 + lane * 2 + e] = mean;
          squares[warp][j * 8 + lane * 2 + e] = square;
        }
      }
  }
  __syncthreads();
  if (t >= GROUPED_WIDTH || first + t >= p.outPitch) return;
  Moments all{};
  for (int w = 0; w < WARPS && w * 16 < height; w++)
    all.join({(float)(height - w * 16 < 16 ? height - w * 16 : 16), means[w][t], squares[w][t]});
  float* own = moments + (size_t)blockIdx.y * 2 * p.outPitch + first + t;
  own[0] = all.mean;
  own[p.outPitch] = all.square;
}
/** The gradient by the input, as in `tensor-conv.cuh`; sums of 128 places each. */
template <int SPAN>
__device__ __forceinline__ void groupedInputGradient(const bf16* __restrict__ dy, const bf16* __restrict__ weight,
                                                     const GradientFinish& finish, bf16* __restrict__ dx, const PlaneShape& p) {
  float sums[GROUPED_WIDTH / 8][4] = {};
  const Plane plane = phasePlane(blockIdx.z, p);
  groupedSums<SPAN>(dy, weight, finish.channels, p, plane, sums);
  constexpr int WARPS = TENSOR_THREADS / 32;
  __shared__ float all[WARPS][2][GROUPED_WIDTH];
  const int t = threadIdx.x, lane = t & 31, warp = t >> 5, places = plane.places(p), first = blockIdx.x * GROUPED_WIDTH;
  int place[2];
  UNROLLED
  for (int h = 0; h < 2; h++) {
    const int m = blockIdx.y * GROUPED_HEIGHT + warp * 16 + (lane >> 2) + h * 8;
    place[h] = m < places ? plane.placeOf(m, p) : -1;
  }
  UNROLLED
  for (int j = 0; j < GROUPED_WIDTH / 8; j++) {
    const int column = j * 8 + (lane & 3) * 2, k = first + column;
    if (k >= p.outPitch) continue;
    GradientPair pair(finish, k);
    UNROLLED
    for (int h = 0; h < 2; h++)
      if (place[h] >= 0) pair.store(finish, dx, (size_t)place[h] * p.outPitch + k, sums[j][h * 2], sums[j][h * 2 + 1]);
    if (!finish.sums) continue;
    UNROLLED
    for (int e = 0; e < 2; e++) {
      const float sum = sumOfRows(pair.sum[e]), product = sumOfRows(pair.product[e]);
      if (lane >= 4) continue;
      all[warp][0][column + e] = sum;
      all[warp][1][column + e] = product;
    }
  }
  if (!finish.sums) return;
  __syncthreads();
  const int channel = first + t % GROUPED_WIDTH, which = t / GROUPED_WIDTH, chunks = chunksOfPhase<GROUPED_HEIGHT>(p);
  if (which >= 2 || channel >= p.outPitch) return;
  float total = 0.0f;
  for (int w = 0; w < WARPS; w++) total += all[w][which][t % GROUPED_WIDTH];
  finish.sums[(((size_t)blockIdx.z * chunks + blockIdx.y) * 2 + which) * p.outPitch + channel] = total;
}
#define GROUPED_CONV(SPAN)                                                                                                  \
  KERNEL void __launch_bounds__(TENSOR_THREADS, 2)                                                                          \
      grouped_conv_##SPAN(const bf16* x, const bf16* weight, const float* bias, const bf16* added, bf16* y, float* moments, \
                          int channels, int rectified, PlaneShape p) {                                                      \
    groupedConv<SPAN>(x, weight, {bias, added, rectified}, y, moments, channels, p);                                        \
  }                                                                                                                         \
  KERNEL void __launch_bounds__(TENSOR_THREADS, 2) grouped_input_gradient_##SPAN(                                           \
      const bf16* dy, const bf16* weight, const bf16* added, const bf16* rectified, const bf16* x, const float* mean,       \
      const float* variance, bf16* dx, float* sums, int channels, float epsilon, PlaneShape p) {                            \
    const GradientFinish finish{added, rectified, x, mean, variance, sums, channels, epsilon};                              \
    groupedInputGradient<SPAN>(dy, weight, finish, dx, p);                                                                  \
  }                                                                                                                         \
  MEETING(grouped_conv_##SPAN) MEETING(grouped_input_gradient_##SPAN)
GROUPED_CONV(16)
GROUPED_CONV(32)

/**
 * The gradient by the weight: partial[part] is [channels, channels / groups, taps]. Grid: spans of channels, taps, parts of the places.
 * Each warp sums 16 places of a step; the warps' sums are put together in their order, and what lies inside of a group is kept.
 */
template <int SPAN>
__device__ __forceinline__ void groupedWeightGradient(const bf16* __restrict__ x, const bf16* __restrict__ dy, float* partial,
                                                      int channels, int channelsAGroup, int share, const PlaneShape& p) {
  constexpr int PIECES = SPAN / 8, LOADS = GROUPED_HEIGHT * PIECES / TENSOR_THREADS, TILES = SPAN / 16;
  __shared__ __align__(128) bf16 left[2 * GROUPED_HEIGHT * SPAN], right[2 * GROUPED_HEIGHT * SPAN];
  __shared__ float all[SPAN][SPAN];
  const Shared left0 = sharedAddress(left), right0 = sharedAddress(right);
  const int t = threadIdx.x, lane = t & 31, warp = t >> 5, piece = t % PIECES, first = blockIdx.x * SPAN, tap = blockIdx.y;
  const int taps = p.kernelH * p.kernelW, places = p.batch * p.outH * p.outW;
  const int begin = blockIdx.z * share, end = begin + share < places ? begin + share : places;
  const int tapH = tap / p.kernelW * p.tapStepH + p.baseH, tapW = tap % p.kernelW * p.tapStepW + p.baseW;
  const bool hasChannel = first + piece * 8 < channels;
  WalkingPlace<TENSOR_THREADS / PIECES> at(begin + t / PIECES, p);
  auto load = [&](int stage, int from) {
    UNROLLED
    for (int i = 0; i < LOADS; i++) {
      const int row = t / PIECES + i * (TENSOR_THREADS / PIECES), m = from + row;
      const int h = at.row * p.stepH + tapH, w = at.column * p.stepW + tapW;
      const bool has = hasChannel && m < end;
      const bool inside = has && (unsigned)h < (unsigned)p.inH && (unsigned)w < (unsigned)p.inW;
      copyAsync(spanRow<SPAN>(left0 + stage * GROUPED_HEIGHT * SPAN * 2, row, piece),
                has ? dy + (size_t)m * p.outPitch + first + piece * 8 : dy, has ? 16 : 0);
      copyAsync(spanRow<SPAN>(right0 + stage * GROUPED_HEIGHT * SPAN * 2, row, piece),
                inside ? x + ((size_t)(at.image * p.inH + h) * p.inW + w) * p.inPitch + first + piece * 8 : x, inside ? 16 : 0);
      at.go(p);
    }
  };
  float sums[TILES][TILES * 2][4] = {};
  const int steps = end > begin ? (end - begin + GROUPED_HEIGHT - 1) / GROUPED_HEIGHT : 0;
  if (steps > 0) load(0, begin);
  commitCopies();
  for (int k = 0; k < steps; k++) {
    waitForCopies<0>();
    __syncthreads();
    if (k + 1 < steps) load((k + 1) % 2, begin + (k + 1) * GROUPED_HEIGHT);
    commitCopies();
    const Shared from = left0 + (k % 2) * GROUPED_HEIGHT * SPAN * 2, by = right0 + (k % 2) * GROUPED_HEIGHT * SPAN * 2;
    uint32_t a[TILES][4], b[TILES][4];
    UNROLLED
    for (int i = 0; i < TILES; i++) {
      loadTransposedMatrices(a[i], spanRow<SPAN>(from, warp * 16 + (lane & 7) + ((lane >> 4) << 3), i * 2 + ((lane >> 3) & 1)));
      loadTransposedMatrices(b[i], spanRow<SPAN>(by, warp * 16 + (lane & 7) + (((lane >> 3) & 1) << 3), i * 2 + (lane >> 4)));
    }
    UNROLLED
    for (int i = 0; i < TILES; i++)
      UNROLLED
      for (int j = 0; j < TILES * 2; j++) multiplyAdd(sums[i][j], a[i], b[j >> 1][(j & 1) * 2], b[j >> 1][(j & 1) * 2 + 1]);
  }
  for (int turn = 0; turn < TENSOR_THREADS / 32; turn++) {
    if (warp == turn) {
      UNROLLED
      for (int i = 0; i < TILES; i++)
        UNROLLED
        for (int j = 0; j < TILES * 2; j++)
          UNROLLED
          for (int e = 0; e < 4; e++) {
            float& sum = all[i * 16 + (lane >> 2) + (e >> 1) * 8][j * 8 + (lane & 3) * 2 + (e & 1)];
            sum = turn == 0 ? sums[i][j][e] : sum + sums[i][j][e];
          }
    }
    __syncthreads();
  }
  float* own = partial + (size_t)blockIdx.z * channels * channelsAGroup * taps;
  for (int i = t; i < SPAN * SPAN; i += TENSOR_THREADS) {
    const int k = first + i / SPAN, c = first + i % SPAN;
    if (k < channels && k / channelsAGroup == c / channelsAGroup)
      own[((size_t)k * channelsAGroup + c % channelsAGroup) * taps + tap] = all[i / SPAN][i % SPAN];
  }
}
KERNEL void __launch_bounds__(TENSOR_THREADS, 2) grouped_weight_gradient_16(const bf16* x, const bf16* dy, float* partial,
                                                                            int channels, int channelsAGroup, int share,
                                                                            PlaneShape p) {
  groupedWeightGradient<16>(x, dy, partial, channels, channelsAGroup, share, p);
}
KERNEL void __launch_bounds__(TENSOR_THREADS, 2) grouped_weight_gradient_32(const bf16* x, const bf16* dy, float* partial,
                                                                            int channels, int channelsAGroup, int share,
                                                                            PlaneShape p) {
  groupedWeightGradient<32>(x, dy, partial, channels, channelsAGroup, share, p);
}
MEETING(grouped_weight_gradient_16) MEETING(grouped_weight_gradient_32)
