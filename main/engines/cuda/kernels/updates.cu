/**
 * What becomes of the state after a step, and of weights before it, many tensors at a launch: each block takes a piece of one of
 * them. Updates go element by element, so that a tensor may be updated where it lies, all in float32.
 */
#include "primitives.cuh"

constexpr int PIECE = 4096, UPDATE_THREADS = 256;

/** A tensor of the update: where its parts are, in the order that each kernel says. */
struct Tensor {
  const float* in[5];
  float* out[4];
  int count;
  float factor;
};
/** Which piece of which tensor a block takes. */
struct Piece {
  int tensor, start;
};

/**
 * Weights [filters, channels / groups, taps] as factors of bfloat16: [filters, taps, span], or turned, [channels, taps, span]. `span`
 * says how many neighbouring channels (turned: filters) a row holds: all of them in one group, filled up to whole packs, of grouped
 * ones a window that begins at a multiple of itself, with zeros for those of another group.
 */
struct Factors {
  const float* weight;
  bf16* packed;
  int filters, channels, taps, groups, span, turned, count, unused;
};
KERNEL void __launch_bounds__(UPDATE_THREADS) pack_weights(const Factors* all, const Piece* pieces) {
  const Piece piece = pieces[blockIdx.x];
  const Factors own = all[piece.tensor];
  const int end = piece.start + PIECE < own.count ? piece.start + PIECE : own.count;
  const int rows = own.turned ? own.channels : own.filters, others = own.turned ? own.filters : own.channels;
  const int channelsAGroup = own.channels / own.groups, filtersAGroup = own.filters / own.groups;
  for (int i = piece.start + threadIdx.x; i < end; i += UPDATE_THREADS) {
    const int offset = i % own.span, line = i / own.span, row = line / own.taps, tap = line - row * own.taps;
    int other = offset;
    bool real = row < rows;
    if (own.groups > 1) {
      other += row / own.span * own.span;
      real = real && row / (own.turned ? channelsAGroup : filtersAGroup) == other / (own.turned ? filtersAGroup : channelsAGroup);
    }
    real = real && other < others;
    const int filter = own.turned ? other : row, channel = own.turned ? row : other;
    const int within = own.groups > 1 ? channel % channelsAGroup : channel;
    own.packed[i] = narrowed<bf16>(real ? own.weight[(filter * channelsAGroup + within) * own.taps + tap] : 0.0f);
  }
}
SINGLE(pack_weights)

template <class Update>
__device__ __forceinline__ void updatePiece(const Tensor* tensors, const Piece* pieces, Update update) {
  const Piece piece = pieces[blockIdx.x];
  const Tensor tensor = tensors[piece.tensor];
  const int end = piece.start + PIECE < tensor.count ? piece.start + PIECE : tensor.count;
  for (int i = piece.start + threadIdx.x; i < end; i += UPDATE_THREADS) update(tensor, i);
}

struct SgdRule {
  float rate, momentum, decay;
  bool nesterov;
  __device__ __forceinline__ void step(float& p, float g, float& v, float factor) const {
    g += decay * p;
    v = momentum * v + g;
    p -= rate * factor * (nesterov ? g + momentum * v : v);
  }
};
/** in: parameter, gradient, velocity; out: parameter, velocity. */
KERNEL void __launch_bounds__(UPDATE_THREADS) sgd_update(const Tensor* tensors, const Piece* pieces, const float* rate,
                                                         float momentum, float decay, int nesterov) {
  const SgdRule rule{rate[0], momentum, decay, nesterov != 0};
  updatePiece(tensors, pieces, [&](const Tensor& t, int i) {
    float p = t.in[0][i], v = t.in[2][i];
    rule.step(p, t.in[1][i], v, t.factor);
    t.out[0][i] = p;
    t.out[1][i] = v;
  });
}
/** in: parameter, gradient, velocity, sum; out: parameter, velocity, sum. */
KERNEL void __launch_bounds__(UPDATE_THREADS) sgd_accumulate(const Tensor* tensors, const Piece* pieces, const float* rate,
                                                             const int* last, float momentum, float decay, int nesterov) {
  const SgdRule rule{rate[0], momentum, decay, nesterov != 0};
  const bool steps = last[0] != 0;
  updatePiece(tensors, pieces, [&](const Tensor& t, int i) {
    float p = t.in[0][i], v = t.in[2][i], sum = t.in[3][i] + t.in[1][i];
    if (steps) {
      rule.step(p, sum, v, t.factor);
      sum = 0.0f;
    }
    t.out[0][i] = p;
    t.out[1][i] = v;
    t.out[2][i] = sum;
  });
}
/** in: parameter, gradient, two moments, perhaps a sum; out: parameter, two moments, the sum. `last` is null without sums. */
KERNEL void __launch_bounds__(UPDATE_THREADS) adamw_update(const Tensor* tensors, const Piece* pieces, const float* rate,
                                                           const float* firstCorrection, const float* secondCorrection,
                                                           const int* last, float firstDecay, float secondDecay,
                                                           float epsilon, float decay) {
  const bool steps = !last || last[0] != 0;
  const float first = 1.0f / firstCorrection[0], second = 1.0f / secondCorrection[0];
  updatePiece(tensors, pieces, [&](const Tensor& t, int i) {
    float p = t.in[0][i], m = t.in[2][i], v = t.in[3][i];
    const float g = t.in[1][i] + (last ? t.in[4][i] : 0.0f), own = rate[0] * t.factor;
    if (steps) {
      p *= 1.0f - own * decay;
      m = firstDecay * m + (1.0f - firstDecay) * g;
      v = secondDecay * v + (1.0f - secondDecay) * g * g;
      p -= own * (m * first) / (sqrtf(v * second) + epsilon);
    }
    t.out[0][i] = p;
    t.out[1][i] = m;
    t.out[2][i] = v;
    if (last) t.out[3][i] = steps ? 0.0f : g;
  });
}
/** in: average, value; out: average. The tensor's factor multiplies the value. `moves` is null where it always does. */
KERNEL void __launch_bounds__(UPDATE_THREADS) exponential_average(const Tensor* tensors, const Piece* pieces, const int* moves,
                                                                  float rate) {
  const bool moving = !moves || moves[0] != 0;
  updatePiece(tensors, pieces, [&](const Tensor& t, int i) {
    const float before = t.in[0][i];
    t.out[0][i] = moving ? (1.0f - rate) * before + rate * t.factor * t.in[1][i] : before;
  });
}
/** in: sum, value; out: sum. */
KERNEL void tally(const float* sum, const float* value, const int* begins, float* next, float weight) {
  if (threadOfGrid() == 0) next[0] = weight * value[0] + (begins[0] != 0 ? 0.0f : sum[0]);
}
SINGLE(sgd_update) SINGLE(sgd_accumulate) SINGLE(adamw_update) SINGLE(exponential_average) SINGLE(tally)

/** The parts of a sum, one behind the other, to one: always in their order. */
KERNEL void sum_parts(const float* parts, float* sum, int count, int number) {
  const long long i = threadOfGrid();
  if (i >= count) return;
  float s = 0.0f;
  for (int part = 0; part < number; part++) s += parts[(long long)part * count + i];
  sum[i] = s;
}
SINGLE(sum_parts)
