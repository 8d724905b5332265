/**
 * A stand-in for NVIDIA's driver: the functions of its library that this engine calls, by the same names, over kernels that
 * run on the processor. So the engine's own code is tested from the program down to the last index, without a GPU.
 * New memory holds NaN. What a stream is given is done when it, or an event in it, is waited for, and no more of it than up to there: so
 * whoever does not wait sees the old memory, and a copy from pinned memory takes what lies there when it is done. A kernel whose threads wait for each other fails as on a device: from then on nothing works.
 */
#include "../all.cu"
#include "../tiles.cu"

#include <chrono>
#include <deque>
#include <memory>

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
struct Stream;
/** The place in a stream where it was last recorded. */
struct Event {
  std::shared_ptr<Stream> stream;
  uint64_t place = 0;
  /** When the work before it was done; 0 until then. */
  double milliseconds = 0;
};
/** A copy on the card, or to it: of bytes that were taken at once, or of what lies at `from` when it is done. */
struct Copy {
  char* to;
  const char* from;
  size_t size;
  std::vector<char> bytes;
};
/** One piece of what a stream was given to do; it is done as late as it may. */
struct Work {
  Graph graph;
  std::unique_ptr<Copy> copy;
  Event* event = nullptr;
  /** Which stream has to be done up to where, before this one goes on. */
  std::shared_ptr<Stream> other;
  uint64_t place = 0;
};
struct Stream {
  std::deque<Work> work;
  /** Pieces that were done, of those that were given. */
  uint64_t done = 0;
  uint64_t given() const { return done + work.size(); }
};

constexpr size_t GUARD = 256;
constexpr int MOST_CARDS = 8;
/** Of a block: without asking, and at most, as an A100 has it. */
constexpr int USUAL_SHARED = 48 << 10, MOST_SHARED = 163 << 10;
constexpr size_t USUAL_MEMORY = (size_t)1 << 30;

/** A card; its context is its number plus 1. */
struct Card {
  size_t used = 0;
  std::map<char*, size_t> blocks;
  /** Blocks of the computer's own memory that the card reads by itself. */
  std::map<char*, size_t> pinned;
  std::map<uint64_t, std::shared_ptr<Stream>> streams;
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
  /** Whether the driver gives pinned memory. */
  bool pins = true;
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

/** The stream, if it is one of the current card. */
std::shared_ptr<Stream> streamOf(uint64_t handle) {
  if (current < 0) return nullptr;
  auto found = cards[current].streams.find(handle);
  return found == cards[current].streams.end() ? nullptr : found->second;
}

/** The block that holds all of these bytes, or the end. */
std::map<char*, size_t>::iterator blockOf(std::map<char*, size_t>& blocks, const char* start, size_t size) {
  auto after = blocks.upper_bound((char*)start);
  if (after == blocks.begin()) return blocks.end();
  auto found = std::prev(after);
  return start + size <= found->first + found->second ? found : blocks.end();
}

double now() {
  if (standInClock.kept) return standInClock.time;
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/** Does what the stream was given, up to this place, and of other streams what it has to wait for. */
Result finish(Stream& stream, uint64_t place) {
  while (!failed && stream.done < place && !stream.work.empty()) {
    Work work = std::move(stream.work.front());
    stream.work.pop_front();
    stream.done++;
    if (work.other)
      if (Result result = finish(*work.other, work.place)) return result;
    for (auto& order : work.graph.orders)
      if (Result result = run(order)) return result;
    if (work.copy) {
      auto& [to, from, size, bytes] = *work.copy;
      memcpy(to, from ? from : bytes.data(), size);
    }
    if (work.event && work.event->place == stream.done) work.event->milliseconds = now();
  }
  return failed ? launchFailed : success;
}
Result finish(Stream& stream) { return finish(stream, stream.given()); }

Result give(uint64_t handle, Work work) {
  auto stream = streamOf(handle);
  if (!stream) return invalidContext;
  if (captured) return captureUnsupported;
  stream->work.push_back(std::move(work));
  return failed ? launchFailed : success;
}

char* newBlock(size_t bytes) {
  auto start = (char*)aligned_alloc(256, (bytes + 255) / 256 * 256 + 2 * GUARD);
  if (!start) return start;
  memset(start, 0xff, bytes);
  memset(start + bytes, 0xee, GUARD);
  return start;
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
  auto start = newBlock(bytes);
  if (!start) return outOfMemory;
  card.used += bytes;
  card.blocks[start] = bytes;
  *address = (uint64_t)start;
  return success;
}
int cuMemFree_v2(uint64_t address) {
  if (current < 0) return invalidContext;
  Card& card = cards[current];
  for (auto& [handle, stream] : card.streams) finish(*stream);
  auto found = card.blocks.find((char*)address);
  if (found == card.blocks.end()) return invalidValue;
  card.used -= found->second;
  free(found->first);
  card.blocks.erase(found);
  return success;
}
/** Pinned memory belongs to the computer; a driver may have none to give. */
int cuMemHostAlloc(uint64_t* address, size_t bytes, unsigned) {
  if (current < 0) return invalidContext;
  auto start = setUp().pins ? newBlock(bytes) : nullptr;
  if (!start) return outOfMemory;
  cards[current].pinned[start] = bytes;
  *address = (uint64_t)start;
  return success;
}
/** Waits for nothing: whoever frees what a copy still has to read fails. */
int cuMemFreeHost(uint64_t address) {
  if (current < 0) return invalidContext;
  Card& card = cards[current];
  auto found = card.pinned.find((char*)address);
  if (found == card.pinned.end()) return invalidValue;
  for (auto& [handle, stream] : card.streams)
    for (auto& work : stream->work)
      if (work.copy && work.copy->from >= found->first && work.copy->from < found->first + found->second) {
        fprintf(stderr, "pinned memory was freed before it was read\n");
        failed = true;
      }
  free(found->first);
  card.pinned.erase(found);
  return failed ? launchFailed : success;
}
/** Pinned memory is read when the copy is done; ordinary memory at once. */
int cuMemcpyHtoDAsync_v2(uint64_t to, const char* from, size_t bytes, uint64_t stream) {
  if (current < 0) return invalidContext;
  auto& pinned = cards[current].pinned;
  auto block = blockOf(pinned, from, bytes);
  const bool isPinned = block != pinned.end();
  if (isPinned)
    for (size_t i = block->second; i < block->second + GUARD; i++)
      if ((unsigned char)block->first[i] != 0xee) {
        fprintf(stderr, "beyond the end of %zu bytes of pinned memory was written\n", block->second);
        failed = true;
      }
  std::vector<char> taken;
  if (!isPinned) taken.assign(from, from + bytes);
  return give(stream, {{}, std::make_unique<Copy>(Copy{(char*)to, isPinned ? from : nullptr, bytes, std::move(taken)})});
}
/** Both within the memory of this card, each in one block. */
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, uint64_t stream) {
  if (current < 0) return invalidContext;
  auto& blocks = cards[current].blocks;
  for (auto start : {to, from})
    if (blockOf(blocks, (char*)start, bytes) == blocks.end()) return invalidValue;
  return give(stream, {{}, std::make_unique<Copy>(Copy{(char*)to, (char*)from, bytes, {}})});
}
/** Waits for no stream of its own. */
int cuMemcpyDtoH_v2(void* to, uint64_t from, size_t bytes) {
  memcpy(to, (const void*)from, bytes);
  return failed ? launchFailed : success;
}
int cuStreamCreate(uint64_t* stream, unsigned) {
  if (current < 0) return invalidContext;
  auto made = std::make_shared<Stream>();
  *stream = (uint64_t)made.get();
  cards[current].streams[*stream] = made;
  return success;
}
/** What was given to it is still done. */
int cuStreamDestroy_v2(uint64_t handle) {
  auto stream = streamOf(handle);
  if (!stream) return invalidContext;
  finish(*stream);
  cards[current].streams.erase(handle);
  return failed ? launchFailed : success;
}
int cuStreamSynchronize(uint64_t handle) {
  auto stream = streamOf(handle);
  return stream ? finish(*stream) : invalidContext;
}
/** For the event's last recording; nothing if there was none. */
int cuStreamWaitEvent(uint64_t stream, uint64_t event, unsigned) {
  auto& [other, place, milliseconds] = *(Event*)event;
  if (!other) return streamOf(stream) ? success : invalidContext;
  return give(stream, {{}, nullptr, nullptr, other, place});
}
int cuStreamBeginCapture_v2(uint64_t stream, int) {
  if (!streamOf(stream)) return invalidContext;
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
  if (!streamOf(stream)) return invalidContext;
  if (failsNow()) failed = true;
  if (failed) return launchFailed;
  return give(stream, {*(Graph*)executable});
}
int cuLaunchKernel(uint64_t function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned, unsigned, unsigned shared,
                   uint64_t stream, void** arguments, void*) {
  if (!streamOf(stream)) return invalidContext;
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
  return give(stream, {{{std::move(order)}}});
}
int cuEventCreate(uint64_t* event, unsigned) {
  *event = (uint64_t) new Event;
  return current < 0 ? invalidContext : success;
}
int cuEventRecord(uint64_t event, uint64_t handle) {
  auto stream = streamOf(handle);
  if (!stream) return invalidContext;
  *(Event*)event = {stream, stream->given() + 1, 0};
  return give(handle, {{}, nullptr, (Event*)event});
}
int cuEventSynchronize(uint64_t event) {
  auto& [stream, place, milliseconds] = *(Event*)event;
  if (stream) return finish(*stream, place);
  return failed ? launchFailed : success;
}
/** As a driver: of events that are not done yet it knows no time. */
int cuEventElapsedTime(float* milliseconds, uint64_t from, uint64_t to) {
  const double start = ((Event*)from)->milliseconds, end = ((Event*)to)->milliseconds;
  if (start == 0 || end == 0) return invalidValue;
  *milliseconds = (float)(end - start);
  return success;
}
/** A recording that is still to come says nothing to anybody. */
int cuEventDestroy_v2(uint64_t event) {
  if (auto& stream = ((Event*)event)->stream)
    for (auto& work : stream->work)
      if (work.event == (Event*)event) work.event = nullptr;
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
void standInSetUp(int cards, uint64_t memory, int wrong, int pins) {
  setUp().cards = cards;
  setUp().memory = memory;
  setUp().wrong = wrong;
  setUp().pins = pins != 0;
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
