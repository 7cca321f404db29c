/* A disk that remembers and a disk that fails, for tests: preloaded into the program, it stands before the calls that
 * change files under one directory.
 *
 * DATELINE_SHIM_ROOT   the directory; everything outside of it is left alone
 * DATELINE_SHIM_TRACE  records every change here, in the order in which it happened (see `record`)
 * DATELINE_SHIM_NOTES  writes to this file become notes in the trace: the program says what it believes to be durable
 * DATELINE_SHIM_FAIL   "CALL:N:ERROR[:HITS]": the N-th call of that kind fails: open, write, fsync, truncate, unlink,
 *                      rename; ERROR is EIO, ENOSPC, EINTR, EMFILE, EACCES or SHORT (a write that stops half-way).
 *                      HITS is how many calls in a row fail, 1 when it is not said, 0 for every one from there on
 * DATELINE_SHIM_HIT    this file is made when a call was made to fail
 * DATELINE_SHIM_FULL   while this file exists the disk is full: nothing grows, nothing is created
 *
 * DATELINE_SHIM_BLOCK  while this file exists, writes into topic files (.ndjson) wait
 * DATELINE_SHIM_CLOCK  this file says by how many seconds the wall clock is wrong; the steady one is not touched
 *
 * Shared memory of SQLite (-shm) needs no durability, so it is not recorded; it can fail all the same.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FDS 4096

enum { OUTSIDE, DATA, SHARED, DIRECTORY, NOTES };

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static unsigned char kind_of[FDS], is_topic[FDS];
static const char *root, *notes, *full, *hit, *block;
static int trace = -1, prepared;
static char fail_call[16];
static long fail_at, fail_hits = 1, calls;
static int fail_error;

#define REAL(result, name, ...)                                       \
  static result (*real)(__VA_ARGS__);                                 \
  if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);

static int real_open(const char *path, int flags, mode_t mode) {
  REAL(int, open64, const char *, int, ...)
  return real(path, flags, mode);
}

static ssize_t real_write(int fd, const void *bytes, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t)
  return real(fd, bytes, count);
}

static void prepare(void) {
  if (prepared) return;
  prepared = 1;
  root = getenv("DATELINE_SHIM_ROOT");
  notes = getenv("DATELINE_SHIM_NOTES");
  full = getenv("DATELINE_SHIM_FULL");
  hit = getenv("DATELINE_SHIM_HIT");
  block = getenv("DATELINE_SHIM_BLOCK");
  const char *path = getenv("DATELINE_SHIM_TRACE");
  if (path) trace = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const char *fail = getenv("DATELINE_SHIM_FAIL");
  char error[16] = "";
  if (fail && sscanf(fail, "%15[^:]:%ld:%15[^:]:%ld", fail_call, &fail_at, error, &fail_hits) >= 3) {
    static const struct { const char *name; int error; } errors[] = {
      {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EINTR", EINTR}, {"EMFILE", EMFILE}, {"EACCES", EACCES}, {"SHORT", -1}};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
      if (!strcmp(error, errors[i].name)) fail_error = errors[i].error;
  }
}

/* Whether this call is to fail; -1 means half-way. */
static int failing(const char *call) {
  if (!fail_error || strcmp(call, fail_call)) return 0;
  calls++;
  if (calls < fail_at || (fail_hits && calls >= fail_at + fail_hits)) return 0;
  if (hit) {
    int fd = real_open(hit, O_WRONLY | O_CREAT, 0600);
    REAL(int, close, int)
    if (fd >= 0) real(fd);
  }
  return fail_error;
}

static int is_full(void) { return full && access(full, F_OK) == 0; }

static int ends(const char *text, const char *end) {
  size_t a = strlen(text), b = strlen(end);
  return a >= b && !strcmp(text + a - b, end);
}

static int sort(const char *path) {
  if (notes && !strcmp(path, notes)) return NOTES;
  if (!root || strncmp(path, root, strlen(root))) return OUTSIDE;
  return ends(path, "-shm") || ends(path, ".lock") ? SHARED : DATA;
}

/* One record: what happened (a letter), which file (its inode), where, how many bytes follow, the bytes.
 * C created under a path, W written, T truncated to a length, S synced, P directory opened under a path, D directory
 * synced, U path removed, R renamed ("from\0to"), N a note. */
static void record(char what, uint64_t file, uint64_t where, const void *bytes, uint32_t count) {
  if (trace < 0) return;
  unsigned char head[21];
  head[0] = what;
  memcpy(head + 1, &file, 8);
  memcpy(head + 9, &where, 8);
  memcpy(head + 17, &count, 4);
  /* A trace that cannot be written proves nothing. */
  if (real_write(trace, head, sizeof head) != sizeof head || real_write(trace, bytes, count) != (ssize_t)count) abort();
}

static uint64_t inode(int fd) {
  struct stat found;
  return fstat(fd, &found) ? 0 : found.st_ino;
}

static int opened(const char *path, int flags, mode_t mode) {
  prepare();
  int kind = sort(path);
  if (kind == OUTSIDE) return real_open(path, flags, mode);
  pthread_mutex_lock(&gate);
  struct stat found;
  int there = stat(path, &found) == 0;
  int error = kind == NOTES ? 0 : failing("open");
  if (!error && kind != NOTES && !there && (flags & O_CREAT) && is_full()) error = ENOSPC;
  int fd = -1;
  if (error > 0) errno = error;
  else fd = real_open(path, flags, mode);
  if (fd >= 0 && fd < FDS) {
    if (there && S_ISDIR(found.st_mode)) {
      kind = DIRECTORY;
      record('P', found.st_ino, 0, path, (uint32_t)strlen(path));
    }
    kind_of[fd] = (unsigned char)kind;
    is_topic[fd] = (unsigned char)ends(path, ".ndjson");
    if (kind == DATA && !there) record('C', inode(fd), 0, path, (uint32_t)strlen(path));
    else if (kind == DATA && (flags & O_TRUNC)) record('T', inode(fd), 0, "", 0);
  }
  int kept = errno;
  pthread_mutex_unlock(&gate);
  errno = kept;
  return fd;
}

#define OPEN(name)                                        \
  int name(const char *path, int flags, ...) {            \
    va_list more;                                         \
    va_start(more, flags);                                \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
    va_end(more);                                         \
    return opened(path, flags, mode);                     \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  REAL(int, close, int)
  if (fd >= 0 && fd < FDS) kind_of[fd] = OUTSIDE;
  return real(fd);
}

static int kind(int fd) { return fd >= 0 && fd < FDS ? kind_of[fd] : OUTSIDE; }

/* `place` below zero: at the file's own position. */
static ssize_t written(int fd, const void *bytes, size_t count, off_t place) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off_t)
  if (kind(fd) == OUTSIDE || kind(fd) == DIRECTORY) return place < 0 ? real_write(fd, bytes, count) : real(fd, bytes, count, place);
  while (block && is_topic[fd] && access(block, F_OK) == 0) usleep(10000);
  pthread_mutex_lock(&gate);
  off_t at = place < 0 ? lseek(fd, 0, SEEK_CUR) : place;
  if (place < 0 && (fcntl(fd, F_GETFL) & O_APPEND)) at = lseek(fd, 0, SEEK_END);
  struct stat found;
  int error = kind(fd) == NOTES ? 0 : failing("write");
  if (!error && kind(fd) != NOTES && is_full() && !fstat(fd, &found) && at + (off_t)count > found.st_size) error = ENOSPC;
  ssize_t done = -1;
  if (error > 0) errno = error;
  else {
    size_t some = error < 0 && count > 1 ? count / 2 : count;
    done = place < 0 ? real_write(fd, bytes, some) : real(fd, bytes, some, place);
  }
  if (done > 0 && kind(fd) == DATA) record('W', inode(fd), (uint64_t)at, bytes, (uint32_t)done);
  if (done > 0 && kind(fd) == NOTES) record('N', 0, 0, bytes, (uint32_t)done);
  int kept = errno;
  pthread_mutex_unlock(&gate);
  errno = kept;
  return done;
}

ssize_t write(int fd, const void *bytes, size_t count) { return written(fd, bytes, count, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t place) { return written(fd, bytes, count, place); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t place) { return written(fd, bytes, count, place); }

static int truncated(int fd, off_t length) {
  REAL(int, ftruncate64, int, off_t)
  if (kind(fd) == OUTSIDE) return real(fd, length);
  pthread_mutex_lock(&gate);
  struct stat found;
  int error = failing("truncate");
  if (!error && is_full() && !fstat(fd, &found) && length > found.st_size) error = ENOSPC;
  int result = -1;
  if (error) errno = error > 0 ? error : EIO;
  else result = real(fd, length);
  if (!result && kind(fd) == DATA) record('T', inode(fd), (uint64_t)length, "", 0);
  int kept = errno;
  pthread_mutex_unlock(&gate);
  errno = kept;
  return result;
}

int clock_gettime(clockid_t id, struct timespec *now) {
  REAL(int, clock_gettime, clockid_t, struct timespec *)
  int result = real(id, now);
  const char *path = id == CLOCK_REALTIME && !result ? getenv("DATELINE_SHIM_CLOCK") : NULL;
  int fd = path ? real_open(path, O_RDONLY | O_CLOEXEC, 0) : -1;
  if (fd >= 0) {
    char text[32] = "";
    if (read(fd, text, sizeof text - 1) > 0) now->tv_sec += atol(text);
    close(fd);
  }
  return result;
}

int ftruncate(int fd, off_t length) { return truncated(fd, length); }
int ftruncate64(int fd, off_t length) { return truncated(fd, length); }

static int synced(int fd, int (*real)(int)) {
  if (kind(fd) == OUTSIDE) return real(fd);
  pthread_mutex_lock(&gate);
  int error = failing("fsync");
  int result = -1;
  if (error) errno = error > 0 ? error : EIO;
  /* The model decides what a power cut leaves, so the real disk need not be waited for. */
  else result = trace < 0 ? real(fd) : 0;
  if (!result && kind(fd) == DATA) record('S', inode(fd), 0, "", 0);
  if (!result && kind(fd) == DIRECTORY) record('D', inode(fd), 0, "", 0);
  int kept = errno;
  pthread_mutex_unlock(&gate);
  errno = kept;
  return result;
}

int fsync(int fd) {
  REAL(int, fsync, int)
  return synced(fd, real);
}

int fdatasync(int fd) {
  REAL(int, fdatasync, int)
  return synced(fd, real);
}

int unlink(const char *path) {
  REAL(int, unlink, const char *)
  prepare();
  int kind = sort(path);
  if (kind != DATA && kind != SHARED) return real(path);
  pthread_mutex_lock(&gate);
  int error = failing("unlink");
  int result = -1;
  if (error) errno = error > 0 ? error : EIO;
  else result = real(path);
  if (!result && kind == DATA) record('U', 0, 0, path, (uint32_t)strlen(path));
  int kept = errno;
  pthread_mutex_unlock(&gate);
  errno = kept;
  return result;
}

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *)
  prepare();
  if (sort(from) != DATA || strlen(from) + strlen(to) >= 2 * PATH_MAX) return real(from, to);
  pthread_mutex_lock(&gate);
  int error = failing("rename");
  int result = -1;
  if (error) errno = error > 0 ? error : EIO;
  else result = real(from, to);
  if (!result) {
    char both[2 * PATH_MAX + 1];
    int length = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
    record('R', 0, 0, both, (uint32_t)length);
  }
  int kept = errno;
  pthread_mutex_unlock(&gate);
  errno = kept;
  return result;
}
