/**
 * Runs CUDA kernels on the processor, a block at a time, for tests of their arithmetic and indexing without a GPU; not for
 * speed. The threads of a block are fibres; its barriers and the instructions of a warp are where they meet.
 *
 * What a GPU leaves open is made as bad as it may be: warps run ahead of each other in a random order, an asynchronous copy
 * lands when its thread waits for it and leaves NaN in its place until then. What this cannot show: races inside a warp, the
 * order of memory between blocks, speed.
 */
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

#define __device__
#define __global__
#define __forceinline__ inline
#define __align__(n) __attribute__((aligned(n)))
#define __restrict__ __restrict
#define __shared__ static
#define __launch_bounds__(...)

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};
struct uint4 {
  uint32_t x, y, z, w;
};
static dim3 blockIdx, threadIdx, blockDim, gridDim;

struct __nv_bfloat16 {
  uint16_t bits;
};
static inline float __bfloat162float(__nv_bfloat16 v) {
  uint32_t u = (uint32_t)v.bits << 16;
  float f;
  memcpy(&f, &u, 4);
  return f;
}
/** To the nearest, to even when in the middle; NaN stays NaN. */
static inline __nv_bfloat16 __float2bfloat16_rn(float f) {
  if (std::isnan(f)) return {0x7fff};
  uint32_t u;
  memcpy(&u, &f, 4);
  u += 0x7fff + ((u >> 16) & 1);
  return {(uint16_t)(u >> 16)};
}
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }

namespace host {

enum class Wait { none, block, warp, done };
enum class Collective { none, matrices, transposedMatrices, multiplyAdd, exchange };

struct Copy {
  char* to;
  const void* from;
  int bytes;
};

#if defined(__x86_64__)
/** What a call must leave as it was lies on the stack of whoever is not running. */
struct Context {
  void* stack = nullptr;
};
extern "C" void switchFibre(void** from, void* to);
asm(R"(
.text
.type switchFibre,@function
switchFibre:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size switchFibre,.-switchFibre
)");
static void begin(Context& context, char* stack, size_t size, void (*entry)()) {
  auto top = (uintptr_t)(stack + size) & ~(uintptr_t)15;
  auto words = (void**)top;
  words[-2] = (void*)entry;
  for (int i = 3; i <= 8; i++) words[-i] = nullptr;
  context.stack = words - 8;
}
static void change(Context& from, Context& to) { switchFibre(&from.stack, to.stack); }
#else
struct Context {
  ucontext_t at;
};
static void begin(Context& context, char* stack, size_t size, void (*entry)()) {
  getcontext(&context.at);
  context.at.uc_stack.ss_sp = stack;
  context.at.uc_stack.ss_size = size;
  makecontext(&context.at, entry, 0);
}
static void change(Context& from, Context& to) { swapcontext(&from.at, &to.at); }
#endif

struct Fibre {
  std::vector<Copy> open;
  std::deque<std::vector<Copy>> groups;
  Context context;
  std::unique_ptr<char[]> stack;
  Wait wait = Wait::none;
  Collective collective = Collective::none;
  const void* in = nullptr;
  void* out = nullptr;
  unsigned thread = 0;
};

constexpr size_t STACK_BYTES = 64 << 10;
static std::vector<Fibre> fibres;
static Context scheduler;
static unsigned current;
static const std::function<void()>* body;

static void meet(Wait wait, Collective collective = Collective::none, const void* in = nullptr, void* out = nullptr) {
  Fibre& fibre = fibres[current];
  fibre.wait = wait;
  fibre.collective = collective;
  fibre.in = in;
  fibre.out = out;
  change(fibre.context, scheduler);
}

static void copyLater(char* to, const void* from, int bytes) {
  memset(to, 0xff, 16);
  fibres[current].open.push_back({to, from, bytes});
}
static void commit() {
  Fibre& fibre = fibres[current];
  fibre.groups.push_back(std::move(fibre.open));
  fibre.open.clear();
}
static void land(size_t pending) {
  Fibre& fibre = fibres[current];
  while (fibre.groups.size() > pending) {
    for (auto& copy : fibre.groups.front()) {
      memset(copy.to, 0, 16);
      if (copy.bytes) memcpy(copy.to, copy.from, copy.bytes);
    }
    fibre.groups.pop_front();
  }
}
static void enter() {
  (*body)();
  meet(Wait::done);
}

struct Ldmatrix {
  const char* address;
};
struct Mma {
  const uint32_t* a;
  uint32_t b0, b1;
  float* c;
};
struct Exchange {
  float value;
  int mask;
};

static float half(uint32_t word, int which) {
  return __bfloat162float({(uint16_t)(which ? word >> 16 : word & 0xffff)});
}

/** PTX ISA, "Matrix Fragments for mma.m16n8k16" and "ldmatrix": lane l holds of A rows l/4 and l/4+8, columns 2(l%4) and +8. */
static void together(Fibre* warp) {
  const Collective kind = warp[0].collective;
  if (kind == Collective::exchange) {
    for (int l = 0; l < 32; l++) {
      const auto& own = *(const Exchange*)warp[l].in;
      *(float*)warp[l].out = ((const Exchange*)warp[l ^ own.mask].in)->value;
    }
  } else if (kind == Collective::matrices) {
    for (int l = 0; l < 32; l++)
      for (int m = 0; m < 4; m++)
        memcpy((uint32_t*)warp[l].out + m, ((const Ldmatrix*)warp[m * 8 + l / 4].in)->address + (l % 4) * 4, 4);
  } else if (kind == Collective::transposedMatrices) {
    for (int l = 0; l < 32; l++)
      for (int m = 0; m < 4; m++)
        for (int h = 0; h < 2; h++)
          memcpy((uint16_t*)warp[l].out + m * 2 + h,
                 ((const Ldmatrix*)warp[m * 8 + (l % 4) * 2 + h].in)->address + (l / 4) * 2, 2);
  } else {
    float a[16][16], b[16][8];
    for (int l = 0; l < 32; l++) {
      const auto& v = *(const Mma*)warp[l].in;
      const int r = l / 4, k = (l % 4) * 2;
      for (int h = 0; h < 2; h++) {
        a[r][k + h] = half(v.a[0], h);
        a[r + 8][k + h] = half(v.a[1], h);
        a[r][k + 8 + h] = half(v.a[2], h);
        a[r + 8][k + 8 + h] = half(v.a[3], h);
        b[k + h][r] = half(v.b0, h);
        b[k + 8 + h][r] = half(v.b1, h);
      }
    }
    for (int l = 0; l < 32; l++) {
      const auto& v = *(const Mma*)warp[l].in;
      for (int i = 0; i < 4; i++) {
        const int r = l / 4 + (i / 2) * 8, n = (l % 4) * 2 + i % 2;
        float s = 0;
        for (int k = 0; k < 16; k++) s += a[r][k] * b[k][n];
        v.c[i] += s;
      }
    }
  }
}

/**
 * Every thread of a warp must reach the same instruction of the warp, every thread of a block the same barrier: false where
 * they wait for each other.
 */
static bool runMeeting(unsigned threads) {
  while (fibres.size() < threads) {
    fibres.emplace_back();
    fibres.back().stack.reset(new char[STACK_BYTES]);
  }
  for (unsigned t = 0; t < threads; t++) {
    Fibre& fibre = fibres[t];
    fibre.wait = Wait::none;
    fibre.open.clear();
    fibre.groups.clear();
    fibre.thread = t;
    begin(fibre.context, fibre.stack.get(), STACK_BYTES, enter);
  }
  static std::mt19937 random(7);
  std::vector<unsigned> order;
  for (unsigned w = 0; w < threads; w += 32) order.push_back(w);
  for (;;) {
    unsigned done = 0, barrier = 0;
    bool moved = false;
    std::shuffle(order.begin(), order.end(), random);
    for (unsigned w : order) {
      for (bool again = true; again;) {
        again = false;
        for (unsigned t = w; t < w + 32; t++) {
          if (fibres[t].wait != Wait::none) continue;
          current = t;
          threadIdx = {t, 0, 0};
          change(scheduler, fibres[t].context);
          moved = true;
        }
        int waiting = 0;
        for (unsigned t = w; t < w + 32; t++)
          waiting += fibres[t].wait == Wait::warp && fibres[t].collective == fibres[w].collective;
        if (waiting < 32) continue;
        together(&fibres[w]);
        for (unsigned t = w; t < w + 32; t++) fibres[t].wait = Wait::none;
        again = true;
      }
    }
    for (unsigned t = 0; t < threads; t++) {
      done += fibres[t].wait == Wait::done;
      barrier += fibres[t].wait == Wait::block;
    }
    if (done == threads) return true;
    if (barrier == threads) {
      for (unsigned t = 0; t < threads; t++) fibres[t].wait = Wait::none;
    } else if (!moved) {
      fprintf(stderr, "the threads of a block wait for each other: %u done, %u at the barrier\n", done, barrier);
      return false;
    }
  }
}

struct Kernel {
  std::function<void(void**)> call;
  /** Whether its threads meet; those of other kernels simply run one after the other. */
  bool meets;
  /** One letter an argument: pointer, int, float, structure. */
  std::string signature;
  std::vector<size_t> sizes;
};

static std::map<std::string, Kernel>& kernels() {
  static std::map<std::string, Kernel> all;
  return all;
}

template <class T>
constexpr char letterOf() {
  return std::is_pointer<T>::value ? 'p' : std::is_same<T, float>::value ? 'f' : std::is_same<T, int>::value ? 'i' : 's';
}
template <class... A, size_t... I>
void callWith(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
  kernel(*(typename std::decay<A>::type*)arguments[I]...);
}
template <class... A>
int enlist(const char* name, void (*kernel)(A...), bool meets) {
  kernels()[name] = {[kernel](void** arguments) { callWith(kernel, arguments, std::index_sequence_for<A...>{}); }, meets,
                     std::string{letterOf<A>()...}, {sizeof(typename std::decay<A>::type)...}};
  return 0;
}

/** What the launch gives each block, and whether a block needed more. */
static size_t sharedBytes;
static bool lacksShared;
static void needsShared(size_t bytes) {
  if (bytes <= sharedBytes) return;
  if (!lacksShared) fprintf(stderr, "a block needs %zu bytes of shared memory, and its launch gives %zu\n", bytes, sharedBytes);
  lacksShared = true;
}

static bool launch(const Kernel& kernel, dim3 grid, unsigned threads, size_t shared, void** arguments) {
  sharedBytes = shared;
  lacksShared = false;
  const std::function<void()> one = [&] { kernel.call(arguments); };
  body = &one;
  gridDim = grid;
  blockDim = {threads, 1, 1};
  for (unsigned z = 0; z < grid.z; z++)
    for (unsigned y = 0; y < grid.y; y++)
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx = {x, y, z};
        if (kernel.meets) {
          if (!runMeeting(threads)) return false;
        } else {
          for (unsigned t = 0; t < threads; t++) {
            threadIdx = {t, 0, 0};
            one();
          }
        }
      }
  return !lacksShared;
}

}  // namespace host

#define __syncthreads() host::meet(host::Wait::block)
