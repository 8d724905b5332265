/**
 * Batch normalisation (Ioffe and Szegedy, 2015) over activations [rows, pitch], each channel by itself. Sums are made in parts,
 * chunk by chunk of the rows, always in the same order: a run repeats bit for bit. A part's variance is taken about its own
 * mean, parts are put together as Chan et al. (1979) do; nothing subtracts two large sums.
 */
#include "primitives.cuh"

/** A block: so many threads along the channels, a pack each, the others along the rows. */
constexpr int LANES = 8, ROWS = 32;

/** What a block's threads know of each channel, put together for its first threads: [channel] of `mean` and `square`. */
template <class T>
__device__ __forceinline__ void mergeMoments(const Pack<T>& mean, const Pack<T>& square, int count, float* to, int pitch) {
  constexpr int SIZE = Pack<T>::SIZE;
  __shared__ float means[ROWS][LANES * SIZE], squares[ROWS][LANES * SIZE];
  __shared__ int counts[ROWS];
  const int t = threadIdx.x, lane = t % LANES, row = t / LANES;
  for (int e = 0; e < SIZE; e++) {
    means[row][lane * SIZE + e] = mean.at[e];
    squares[row][lane * SIZE + e] = square.at[e];
  }
  if (lane == 0) counts[row] = count;
  __syncthreads();
  const int channel = blockIdx.x * LANES * SIZE + t;
  if (t >= LANES * SIZE || channel >= pitch) return;
  Moments all{};
  for (int r = 0; r < ROWS; r++) all.join({(float)counts[r], means[r][t], squares[r][t]});
  to[channel] = all.mean;
  to[pitch + channel] = all.square;
}

/** partial[chunk] = [mean, sum of squares about it], each [pitch]. Grid: blocks of channels, chunks. */
template <class T>
__device__ __forceinline__ void moments(const T* x, float* partial, int rows, int pitch, int chunkRows) {
  constexpr int SIZE = Pack<T>::SIZE;
  const int pack = blockIdx.x * LANES + threadIdx.x % LANES, packs = pitch / SIZE;
  const int begin = blockIdx.y * chunkRows, end = begin + chunkRows < rows ? begin + chunkRows : rows;
  Pack<T> shift{}, sum{}, square{};
  int count = 0;
  if (pack < packs) {
    for (int r = begin + threadIdx.x / LANES; r < end; r += ROWS) {
      const Pack<T> v = loadPack(x, (long long)r * packs + pack);
      if (count++ == 0) shift = v;
      UNROLLED
      for (int e = 0; e < SIZE; e++) {
        const float d = v.at[e] - shift.at[e];
        sum.at[e] += d;
        square.at[e] += d * d;
      }
    }
  }
  // Every lane of a row has seen as many rows, also one beyond the channels.
  const int first = begin + threadIdx.x / LANES;
  const int seen = first < end ? (end - first + ROWS - 1) / ROWS : 0;
  UNROLLED
  for (int e = 0; e < SIZE; e++) {
    const float mean = seen ? sum.at[e] / (float)seen : 0.0f;
    square.at[e] = fmaxf(square.at[e] - sum.at[e] * mean, 0.0f);
    sum.at[e] = shift.at[e] + mean;
  }
  mergeMoments<T>(sum, square, seen, partial + (long long)blockIdx.y * 2 * pitch, pitch);
}

/** Threads of a block along the channels, the others along the parts: those that put parts together. */
constexpr int CHANNELS = 32, TURNS = 8;

/** What the chunks from `first` up to `end` say of a channel, for the first CHANNELS threads; `load` gives what one of them says. */
template <class Part, class Load>
__device__ __forceinline__ Part joinedParts(int pitch, int first, int end, Load load) {
  __shared__ Part all[TURNS][CHANNELS];
  const int lane = threadIdx.x % CHANNELS, turn = threadIdx.x / CHANNELS, channel = blockIdx.x * CHANNELS + lane;
  Part own{};
  if (channel < pitch)
    for (int i = first + turn; i < end; i += TURNS) own.join(load(i, channel));
  all[turn][lane] = own;
  __syncthreads();
  if (turn == 0)
    for (int other = 1; other < TURNS; other++) own.join(all[other][lane]);
  return own;
}
__device__ __forceinline__ Moments joinedMoments(const float* partial, int rows, int pitch, int chunkRows, int first, int end) {
  return joinedParts<Moments>(pitch, first, end, [=](int i, int channel) -> Moments {
    const float* part = partial + (long long)i * 2 * pitch + channel;
    const int left = rows - i * chunkRows;
    return {(float)(left < chunkRows ? left : chunkRows), part[0], part[pitch]};
  });
}

/** Of many chunks fewer, `each` of them together. Grid: blocks of channels, new chunks. */
KERNEL void merge_moments(const float* partial, float* merged, int rows, int pitch, int chunkRows, int chunks, int each) {
  const int first = blockIdx.y * each, end = first + each < chunks ? first + each : chunks;
  const Moments all = joinedMoments(partial, rows, pitch, chunkRows, first, end);
  const int channel = blockIdx.x * CHANNELS + threadIdx.x;
  if (threadIdx.x >= CHANNELS || channel >= pitch) return;
  merged[(long long)blockIdx.y * 2 * pitch + channel] = all.mean;
  merged[(long long)(blockIdx.y * 2 + 1) * pitch + channel] = all.square;
}
MEETING(merge_moments)

/** Grid: blocks of channels. */
KERNEL void batch_moments(const float* partial, float* mean, float* variance, int rows, int channels, int pitch, int chunkRows,
                          int chunks) {
  const Moments all = joinedMoments(partial, rows, pitch, chunkRows, 0, chunks);
  const int channel = blockIdx.x * CHANNELS + threadIdx.x;
  if (threadIdx.x >= CHANNELS || channel >= channels) return;
  mean[channel] = all.mean;
  variance[channel] = all.square / all.count;
}
MEETING(batch_moments)

/** y = (x − mean) · scale / √(variance + ε) + bias, then `+ added` and ReLU where asked. */
template <class T>
__device__ __forceinline__ void normalise(const T* x, const float* scale, const float* bias, const float* mean,
                                          const float* variance, const T* added, T* y, int rows, int channels, int pitch,
                                          float epsilon, int rectified) {
  constexpr int SIZE = Pack<T>::SIZE;
  const int packs = pitch / SIZE;
  const long long i = threadOfGrid();
  if (i >= (long long)rows * packs) return;
  const int first = (int)(i % packs) * SIZE;
  Pack<T> v = loadPack(x, i), other{};
  if (added) other = loadPack(added, i);
  UNROLLED
  for (int e = 0; e < SIZE; e++) {
    const int c = first + e;
    float result = 0.0f;
    if (c < channels) {
      result = (v.at[e] - mean[c]) * (scale[c] * rsqrtf(variance[c] + epsilon)) + bias[c];
      if (added) result += other.at[e];
      if (rectified) result = fmaxf(result, 0.0f);
    }
    v.at[e] = result;
  }
  storePack(y, i, v);
}

/** partial[chunk] = [Σ g, Σ g · x̂], each [pitch], where g is dy, without what the ReLU kept back where its result is given. */
template <class T>
__device__ __forceinline__ void gradientSums(const T* dy, const T* rectified, const T* x, const float* mean,
                                             const float* variance, float* partial, int rows, int channels, int pitch,
                                             int chunkRows, float epsilon) {
  constexpr int SIZE = Pack<T>::SIZE;
  __shared__ float sums[ROWS][LANES * SIZE], products[ROWS][LANES * SIZE];
  const int t = threadIdx.x, lane = t % LANES, row = t / LANES;
  const int pack = blockIdx.x * LANES + lane, packs = pitch / SIZE;
  const int begin = blockIdx.y * chunkRows, end = begin + chunkRows < rows ? begin + chunkRows : rows;
  Pack<T> sum{}, product{}, middle{}, inverse{};
  if (pack < packs) {
    UNROLLED
    for (int e = 0; e < SIZE; e++) {
      const int c = pack * SIZE + e;
      middle.at[e] = c < channels ? mean[c] : 0.0f;
      inverse.at[e] = c < channels ? rsqrtf(variance[c] + epsilon) : 0.0f;
    }
    for (int r = begin + row; r < end; r += ROWS) {
      const long long i = (long long)r * packs + pack;
      const Pack<T> v = loadPack(x, i);
      Pack<T> g = loadPack(dy, i);
      if (rectified) {
        const Pack<T> y = loadPack(rectified, i);
        UNROLLED
        for (int e = 0; e < SIZE; e++) g.at[e] = y.at[e] > 0.0f ? g.at[e] : 0.0f;
      }
      UNROLLED
      for (int e = 0; e < SIZE; e++) {
        sum.at[e] += g.at[e];
        product.at[e] += g.at[e] * ((v.at[e] - middle.at[e]) * inverse.at[e]);
      }
    }
  }
  for (int e = 0; e < SIZE; e++) {
    sums[row][lane * SIZE + e] = sum.at[e];
    products[row][lane * SIZE + e] = product.at[e];
  }
  __syncthreads();
  const int channel = blockIdx.x * LANES * SIZE + t;
  if (t >= LANES * SIZE || channel >= pitch) return;
  float s = 0.0f, p = 0.0f;
  for (int r = 0; r < ROWS; r++) {
    s += sums[r][t];
    p += products[r][t];
  }
  partial[(long long)blockIdx.y * 2 * pitch + channel] = s;
  partial[(long long)(blockIdx.y * 2 + 1) * pitch + channel] = p;
}

/** Σ g and Σ g · x̂. */
struct GradientSums {
  float sum, product;
  __device__ __forceinline__ void join(const GradientSums& other) {
    sum += other.sum;
    product += other.product;
  }
};
__device__ __forceinline__ GradientSums joinedSums(const float* partial, int pitch, int first, int end) {
  return joinedParts<GradientSums>(pitch, first, end, [=](int i, int channel) -> GradientSums {
    const float* part = partial + (long long)i * 2 * pitch + channel;
    return {part[0], part[pitch]};
  });
}

/** As merge_moments. */
KERNEL void merge_gradients(const float* partial, float* merged, int pitch, int chunks, int each) {
  const int first = blockIdx.y * each, end = first + each < chunks ? first + each : chunks;
  const GradientSums all = joinedSums(partial, pitch, first, end);
  const int channel = blockIdx.x * CHANNELS + threadIdx.x;
  if (threadIdx.x >= CHANNELS || channel >= pitch) return;
  merged[(long long)blockIdx.y * 2 * pitch + channel] = all.sum;
  merged[(long long)(blockIdx.y * 2 + 1) * pitch + channel] = all.product;
}
MEETING(merge_gradients)

/** Grid: blocks of channels. */
KERNEL void batch_gradients(const float* partial, float* dScale, float* dBias, int channels, int pitch, int chunks) {
  const GradientSums all = joinedSums(partial, pitch, 0, chunks);
  const int channel = blockIdx.x * CHANNELS + threadIdx.x;
  if (threadIdx.x >= CHANNELS || channel >= channels) return;
  dScale[channel] = all.product;
  dBias[channel] = all.sum;
}
MEETING(batch_gradients)

/** dx = scale / σ · (g − mean(g) − x̂ · mean(g · x̂)); without the means where the statistics were no function of x. */
template <class T>
__device__ __forceinline__ void normaliseGradient(const T* dy, const T* rectified, const T* x, const float* scale,
                                                  const float* mean, const float* variance, const float* dScale,
                                                  const float* dBias, T* dx, int rows, int channels, int pitch, float epsilon,
                                                  int fixedStatistics) {
  constexpr int SIZE = Pack<T>::SIZE;
  const int packs = pitch / SIZE;
  const long long i = threadOfGrid();
  if (i >= (long long)rows * packs) return;
  const int first = (int)(i % packs) * SIZE;
  const float share = fixedStatistics ? 0.0f : 1.0f / (float)rows;
  Pack<T> g = loadPack(dy, i);
  const Pack<T> v = loadPack(x, i);
  if (rectified) {
    const Pack<T> y = loadPack(rectified, i);
    UNROLLED
    for (int e = 0; e < SIZE; e++) g.at[e] = y.at[e] > 0.0f ? g.at[e] : 0.0f;
  }
  UNROLLED
  for (int e = 0; e < SIZE; e++) {
    const int c = first + e;
    float result = 0.0f;
    if (c < channels) {
      const float inverse = rsqrtf(variance[c] + epsilon), normal = (v.at[e] - mean[c]) * inverse;
      result = scale[c] * inverse * (g.at[e] - share * (dBias[c] + normal * dScale[c]));
    }
    g.at[e] = result;
  }
  storePack(dx, i, g);
}

#define BATCH_NORM(T, NAME)                                                                                                 \
  KERNEL void __launch_bounds__(256) moments_##NAME(const T* x, float* partial, int rows, int pitch, int chunkRows) {       \
    moments<T>(x, partial, rows, pitch, chunkRows);                                                                         \
  }                                                                                                                         \
  KERNEL void __launch_bounds__(256) normalise_##NAME(                                                                      \
      const T* x, const float* scale, const float* bias, const float* mean, const float* variance, const T* added, T* y,    \
      int rows, int channels, int pitch, float epsilon, int rectified) {                                                    \
    normalise<T>(x, scale, bias, mean, variance, added, y, rows, channels, pitch, epsilon, rectified);                      \
  }                                                                                                                         \
  KERNEL void __launch_bounds__(256) gradient_sums_##NAME(                                                                  \
      const T* dy, const T* rectified, const T* x, const float* mean, const float* variance, float* partial, int rows,      \
      int channels, int pitch, int chunkRows, float epsilon) {                                                              \
    gradientSums<T>(dy, rectified, x, mean, variance, partial, rows, channels, pitch, chunkRows, epsilon);                  \
  }                                                                                                                         \
  KERNEL void __launch_bounds__(256) normalise_gradient_##NAME(                                                             \
      const T* dy, const T* rectified, const T* x, const float* scale, const float* mean, const float* variance,            \
      const float* dScale, const float* dBias, T* dx, int rows, int channels, int pitch, float epsilon,                     \
      int fixedStatistics) {                                                                                                \
    normaliseGradient<T>(dy, rectified, x, scale, mean, variance, dScale, dBias, dx, rows, channels, pitch, epsilon,        \
                         fixedStatistics);                                                                                  \
  }                                                                                                                         \
  MEETING(moments_##NAME) SINGLE(normalise_##NAME) MEETING(gradient_sums_##NAME) SINGLE(normalise_gradient_##NAME)
BATCH_NORM(float, f32)
BATCH_NORM(bf16, bf16)
