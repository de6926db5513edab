/*
 * Self-extracting launcher of the one-file agent: [this program][deno][agent.js][trailer].
 * Unpacks the runtime once per build into OVERT_AGENT_CACHE (default /var/cache/overt-agent), where nobody but the owner may
 * write, or into memory when it cannot, and becomes it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "OVERTAG1"
#define CHUNK (1u << 30)

/* Written by scripts/buildAgent.ts; little endian. */
struct trailer {
  char magic[8];
  uint64_t runtime_offset, runtime_length, script_offset, script_length;
  char build[64]; /* hex SHA-256 of runtime and script */
};

static int copy(int from, uint64_t offset, uint64_t length, int to) {
  off_t at = (off_t)offset;
  while (length > 0) {
    ssize_t count = sendfile(to, from, &at, length > CHUNK ? CHUNK : length);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return -1;
    length -= (uint64_t)count;
  }
  return 0;
}

/* Whole or not at all: a name only ever points to a finished file. */
static int extract(int self, const char *path, uint64_t offset, uint64_t length, mode_t mode) {
  struct stat there;
  char part[PATH_MAX + 32];
  if (stat(path, &there) == 0 && (uint64_t)there.st_size == length) return 0;
  snprintf(part, sizeof part, "%s.%d", path, (int)getpid());
  unlink(part);
  int file = open(part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode);
  if (file < 0) return -1;
  if (copy(self, offset, length, file) != 0 || fsync(file) != 0 || close(file) != 0 || rename(part, path) != 0) {
    unlink(part);
    return -1;
  }
  return 0;
}

/* A directory that is ours alone to write to. */
static int private_directory(const char *path) {
  struct stat there;
  if (mkdir(path, 0755) != 0 && errno != EEXIST) return -1;
  if (lstat(path, &there) != 0 || !S_ISDIR(there.st_mode) || there.st_uid != geteuid() || (there.st_mode & 022)) return -1;
  return 0;
}

static int unpack(int self, const struct trailer *t, char *runtime, char *script) {
  char directory[PATH_MAX - 128];
  const char *base = getenv("OVERT_AGENT_CACHE");
  if (base == NULL || *base == '\0') base = "/var/cache/overt-agent";
  if (snprintf(directory, sizeof directory, "%s/%.64s", base, t->build) >= (int)sizeof directory) return -1;
  snprintf(runtime, PATH_MAX, "%s/deno", directory);
  snprintf(script, PATH_MAX, "%s/agent.js", directory);
  if (private_directory(base) != 0 || private_directory(directory) != 0) return -1;
  if (extract(self, runtime, t->runtime_offset, t->runtime_length, 0755) != 0) return -1;
  return extract(self, script, t->script_offset, t->script_length, 0644);
}

static int unpack_to_memory(int self, const struct trailer *t, char *runtime, char *script) {
  int program = memfd_create("deno", 0), source = memfd_create("agent.js", 0);
  if (program < 0 || source < 0) return -1;
  if (copy(self, t->runtime_offset, t->runtime_length, program) != 0 || copy(self, t->script_offset, t->script_length, source) != 0) return -1;
  snprintf(runtime, PATH_MAX, "/proc/self/fd/%d", program);
  snprintf(script, PATH_MAX, "/proc/self/fd/%d", source);
  return 0;
}

int main(int argc, char **argv) {
  struct trailer t;
  struct stat image;
  char runtime[PATH_MAX], script[PATH_MAX];
  int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0 || fstat(self, &image) != 0 || image.st_size < (off_t)sizeof t ||
      pread(self, &t, sizeof t, image.st_size - (off_t)sizeof t) != (ssize_t)sizeof t || memcmp(t.magic, MAGIC, sizeof t.magic) != 0) {
    fprintf(stderr, "overt-agent: the file is damaged\n");
    return 70;
  }
  if (unpack(self, &t, runtime, script) != 0 && unpack_to_memory(self, &t, runtime, script) != 0) {
    perror("overt-agent: cannot unpack");
    return 71;
  }
  const char *fixed[] = {"overt-agent", "run", "-A", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--ext=js", script};
  size_t count = sizeof fixed / sizeof *fixed;
  char **args = calloc(count + (size_t)argc, sizeof *args);
  if (args == NULL) return 71;
  for (size_t i = 0; i < count; i++) args[i] = (char *)fixed[i];
  for (int i = 1; i < argc; i++) args[count + (size_t)i - 1] = argv[i];
  setenv("DENO_NO_UPDATE_CHECK", "1", 1);
  execv(runtime, args);
  perror("overt-agent: cannot start");
  return 72;
}
