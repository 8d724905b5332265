/**
 * A stand-in for NVIDIA's driver: the functions of its library that this engine calls, by the same names, over kernels that
 * run on the processor. So the engine's own code is tested from the program down to the last index, without a GPU.
 * New memory holds NaN. What a stream is given is done when it is waited for, so that whoever does not wait sees the old memory. A kernel whose threads wait for each other fails as on a device: from then on nothing works.
 */
#include "../all.cu"
#include "../tiles.cu"

#include <chrono>

namespace {

using Function = const host::Kernel;

enum Result { success = 0, invalidValue = 1, outOfMemory = 2, invalidContext = 201, notFound = 500, launchFailed = 719, captureUnsupported = 900 };

struct Order {
  Function* kernel;
  dim3 grid;
  unsigned threads;
  size_t shared;
  std::vector<std::vector<char>> arguments;
};
struct Graph {
  std::vector<Order> orders;
};
/** When the work before it was done; 0 until then. */
struct Event {
  double milliseconds = 0;
};
/** What the stream was given to do, and is done as late as it may: when somebody waits for it. */
struct Work {
  Graph graph;
  uint64_t to;
  std::vector<char> bytes;
  Event* event = nullptr;
};

constexpr size_t GUARD = 256;
constexpr int MOST_CARDS = 8;
/** Of a block: without asking, and at most, as an A100 has it. */
constexpr int USUAL_SHARED = 48 << 10, MOST_SHARED = 163 << 10;
constexpr size_t USUAL_MEMORY = (size_t)1 << 30;

/** A card; its context and its stream are both its number plus 1. */
struct Card {
  size_t used = 0;
  std::map<char*, size_t> blocks;
  std::vector<Work> stream;
};
Card cards[MOST_CARDS];
/** Where a test says how long launches take, this is the time, and goes on with them alone. */
struct Clock {
  std::map<Function*, double> milliseconds;
  bool kept = false;
  double time = 1;
};
Clock standInClock;
/** The card whose context is current on this thread. */
thread_local int current = -1;
/** The shared memory that a kernel's blocks may have, where it was asked for. */
std::map<Function*, int> allowedShared;
Graph* captured = nullptr;
bool failed = false;

/** By STAND_IN_CARDS, STAND_IN_MEMORY (bytes of each card) and STAND_IN_WRONG (the card that loses its updates), or by a test. */
struct SetUp {
  int cards = 1, wrong = -1;
  size_t memory = USUAL_MEMORY;
  SetUp() {
    if (const char* text = getenv("STAND_IN_CARDS")) cards = atoi(text);
    if (const char* text = getenv("STAND_IN_MEMORY")) memory = strtoull(text, nullptr, 10);
    if (const char* text = getenv("STAND_IN_WRONG")) wrong = atoi(text);
  }
};
SetUp& setUp() {
  static SetUp all;
  return all;
}

Result run(const Order& order) {
  if (failed) return launchFailed;
  Card& card = cards[current];
  if (current == setUp().wrong && order.kernel == &host::kernels().at("sgd_update")) return success;
  std::vector<void*> pointers;
  for (auto& argument : order.arguments) pointers.push_back((void*)argument.data());
  if (!host::launch(*order.kernel, order.grid, order.threads, order.shared, pointers.data())) failed = true;
  // Who writes beyond the end of a block is found at the launch that did it.
  for (auto& [start, size] : card.blocks)
    for (size_t i = size; i < size + GUARD; i++)
      if ((unsigned char)start[i] != 0xee) {
        fprintf(stderr, "a kernel wrote beyond the end of %zu bytes\n", size);
        failed = true;
      }
  auto taken = standInClock.milliseconds.find(order.kernel);
  standInClock.time += taken == standInClock.milliseconds.end() ? 1 : taken->second;
  return failed ? launchFailed : success;
}

/**
 * As a broken driver: STAND_IN_FAILS is WAY:N:FILE. At the N-th graph of this process the driver aborts or fails for good, as
 * often as the number in FILE says, which goes down each time.
 */
bool failsNow() {
  static int launches = 0;
  launches++;
  const char* asked = getenv("STAND_IN_FAILS");
  char way[16], path[1024];
  int at, left;
  if (!asked || sscanf(asked, "%15[^:]:%d:%1023s", way, &at, path) != 3 || launches != at) return false;
  FILE* file = fopen(path, "r+");
  if (!file || fscanf(file, "%d", &left) != 1 || left == 0) return false;
  rewind(file);
  fprintf(file, "%d\n", left - 1);
  fclose(file);
  if (strcmp(way, "abort") == 0) abort();
  return true;
}

/** Whether the stream is that of the current card. */
bool isCurrent(uint64_t stream) { return current >= 0 && stream == (uint64_t)current + 1; }

double now() {
  if (standInClock.kept) return standInClock.time;
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Result finish() {
  auto works = std::move(cards[current].stream);
  cards[current].stream.clear();
  for (auto& work : works) {
    for (auto& order : work.graph.orders)
      if (Result result = run(order)) return result;
    if (work.event) work.event->milliseconds = now();
    if (!work.bytes.empty() && !failed) memcpy((void*)work.to, work.bytes.data(), work.bytes.size());
  }
  return failed ? launchFailed : success;
}

}  // namespace

extern "C" {

int cuInit(unsigned) { return success; }
int cuDriverGetVersion(int* version) {
  *version = 13000;
  return success;
}
int cuDeviceGetCount(int* count) {
  *count = setUp().cards;
  return success;
}
int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal >= 0 && ordinal < setUp().cards ? success : invalidValue;
}
int cuDeviceGetName(char* name, int length, int device) {
  if (device == 0) snprintf(name, length, "stand-in on the processor");
  else snprintf(name, length, "stand-in %d on the processor", device + 1);
  return success;
}
int cuDeviceTotalMem_v2(size_t* bytes, int) {
  *bytes = setUp().memory;
  return success;
}
int cuDeviceGetAttribute(int* value, int attribute, int) {
  // Compute capability 8.0, 108 multiprocessors.
  *value = attribute == 75 ? 8 : attribute == 76 ? 0 : attribute == 16 ? 108 : attribute == 97 ? MOST_SHARED : 0;
  return success;
}
int cuDevicePrimaryCtxRetain(uint64_t* context, int device) {
  *context = (uint64_t)device + 1;
  return success;
}
int cuDevicePrimaryCtxRelease_v2(int) { return success; }
int cuCtxSetCurrent(uint64_t context) {
  current = (int)context - 1;
  return success;
}
/** A module has the kernels whose names are in its text. */
int cuModuleLoadData(uint64_t* module, const void* text) {
  if (captured) return captureUnsupported;
  *module = (uint64_t) new std::string((const char*)text);
  return success;
}
int cuModuleUnload(uint64_t module) {
  delete (std::string*)module;
  return success;
}
int cuModuleGetFunction(uint64_t* function, uint64_t module, const char* name) {
  auto found = host::kernels().find(name);
  if (found == host::kernels().end()) return notFound;
  if (((std::string*)module)->find(".entry " + found->first + "(") == std::string::npos) return notFound;
  *function = (uint64_t)&found->second;
  return success;
}
int cuFuncSetAttribute(uint64_t function, int attribute, int value) {
  if (current < 0) return invalidContext;
  if (captured) return captureUnsupported;
  if (attribute != 8 || value > MOST_SHARED) return invalidValue;
  allowedShared[(Function*)function] = value;
  return success;
}
int cuMemGetInfo_v2(size_t* free, size_t* total) {
  if (current < 0) return invalidContext;
  *total = setUp().memory;
  *free = *total - std::min(*total, cards[current].used);
  return success;
}
int cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  if (current < 0) return invalidContext;
  Card& card = cards[current];
  if (card.used + bytes > setUp().memory) return outOfMemory;
  auto start = (char*)aligned_alloc(256, (bytes + 255) / 256 * 256 + GUARD);
  if (!start) return outOfMemory;
  card.used += bytes;
  memset(start, 0xff, bytes);
  memset(start + bytes, 0xee, GUARD);
  card.blocks[start] = bytes;
  *address = (uint64_t)start;
  return success;
}
int cuMemFree_v2(uint64_t address) {
  if (current < 0) return invalidContext;
  finish();
  Card& card = cards[current];
  auto found = card.blocks.find((char*)address);
  if (found == card.blocks.end()) return invalidValue;
  card.used -= found->second;
  free(found->first);
  card.blocks.erase(found);
  return success;
}
/** From ordinary memory, which is read at once. */
int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, uint64_t stream) {
  if (!isCurrent(stream)) return invalidContext;
  cards[current].stream.push_back({{}, to, {(const char*)from, (const char*)from + bytes}});
  return failed ? launchFailed : success;
}
/** Waits for no stream of its own. */
int cuMemcpyDtoH_v2(void* to, uint64_t from, size_t bytes) {
  memcpy(to, (const void*)from, bytes);
  return failed ? launchFailed : success;
}
int cuStreamCreate(uint64_t* stream, unsigned) {
  *stream = (uint64_t)current + 1;
  return current < 0 ? invalidContext : success;
}
int cuStreamDestroy_v2(uint64_t) { return success; }
int cuStreamSynchronize(uint64_t stream) { return isCurrent(stream) ? finish() : invalidContext; }
int cuStreamBeginCapture_v2(uint64_t stream, int) {
  if (!isCurrent(stream)) return invalidContext;
  captured = new Graph;
  return success;
}
int cuStreamEndCapture(uint64_t, uint64_t* graph) {
  *graph = (uint64_t)captured;
  captured = nullptr;
  return success;
}
int cuGraphInstantiateWithFlags(uint64_t* executable, uint64_t graph, uint64_t) {
  *executable = (uint64_t) new Graph(*(Graph*)graph);
  return success;
}
int cuGraphDestroy(uint64_t graph) {
  delete (Graph*)graph;
  return success;
}
int cuGraphExecDestroy(uint64_t executable) {
  delete (Graph*)executable;
  return success;
}
int cuGraphLaunch(uint64_t executable, uint64_t stream) {
  if (!isCurrent(stream)) return invalidContext;
  if (failsNow()) failed = true;
  if (failed) return launchFailed;
  cards[current].stream.push_back({*(Graph*)executable, 0, {}});
  return success;
}
int cuLaunchKernel(uint64_t function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned, unsigned, unsigned shared,
                   uint64_t stream, void** arguments, void*) {
  if (!isCurrent(stream)) return invalidContext;
  auto kernel = (Function*)function;
  // The grid's limits, as every device has them.
  if (x < 1 || y < 1 || z < 1 || y > 65535 || z > 65535 || threads < 1 || threads > 1024) return invalidValue;
  auto allowed = allowedShared.find(kernel);
  if (shared > (unsigned)(allowed == allowedShared.end() ? USUAL_SHARED : allowed->second)) return invalidValue;
  Order order{kernel, {x, y, z}, threads, shared, {}};
  for (size_t i = 0; i < kernel->sizes.size(); i++) {
    auto bytes = (const char*)arguments[i];
    order.arguments.emplace_back(bytes, bytes + kernel->sizes[i]);
  }
  if (captured) {
    captured->orders.push_back(std::move(order));
    return success;
  }
  cards[current].stream.push_back({{{std::move(order)}}, 0, {}});
  return failed ? launchFailed : success;
}
int cuEventCreate(uint64_t* event, unsigned) {
  *event = (uint64_t) new Event;
  return current < 0 ? invalidContext : success;
}
int cuEventRecord(uint64_t event, uint64_t stream) {
  if (!isCurrent(stream)) return invalidContext;
  cards[current].stream.push_back({{}, 0, {}, (Event*)event});
  return failed ? launchFailed : success;
}
/** As a driver: of events that are not done yet it knows no time. */
int cuEventElapsedTime(float* milliseconds, uint64_t from, uint64_t to) {
  const double start = ((Event*)from)->milliseconds, end = ((Event*)to)->milliseconds;
  if (start == 0 || end == 0) return invalidValue;
  *milliseconds = (float)(end - start);
  return success;
}
int cuEventDestroy_v2(uint64_t event) {
  delete (Event*)event;
  return success;
}
int cuGetErrorName(int result, const char** name) {
  *name = result == outOfMemory ? "CUDA_ERROR_OUT_OF_MEMORY"
          : result == launchFailed ? "CUDA_ERROR_LAUNCH_FAILED"
          : result == notFound ? "CUDA_ERROR_NOT_FOUND"
          : result == captureUnsupported ? "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"
          : result == invalidContext ? "CUDA_ERROR_INVALID_CONTEXT"
                               : "CUDA_ERROR_INVALID_VALUE";
  return success;
}

/** Not the driver's: for tests, from the next call on. */
void standInSetUp(int cards, uint64_t memory, int wrong) {
  setUp().cards = cards;
  setUp().memory = memory;
  setUp().wrong = wrong;
}

/**
 * Not the driver's: for tests. "KERNEL MILLISECONDS KERNEL MILLISECONDS": so long do launches take by the events, 1 ms those of other
 * kernels; "" for the processor's own time.
 */
void standInTimes(const char* text) {
  standInClock.milliseconds.clear();
  standInClock.kept = *text != 0;
  char name[128];
  double milliseconds;
  int length;
  for (; sscanf(text, "%127s %lf%n", name, &milliseconds, &length) == 2; text += length)
    standInClock.milliseconds[&host::kernels().at(name)] = milliseconds;
}

/** Not the driver's: for tests. One letter an argument of the kernel, or null. */
const char* standInSignature(const char* name) {
  auto found = host::kernels().find(name);
  return found == host::kernels().end() ? nullptr : found->second.signature.c_str();
}
}
