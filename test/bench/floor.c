/*
 * The floor under a layer's lifecycle: only the ioctls and mounts that no driver can do without, one after the other, no
 * records, no fsync, no checks but that each succeeds.
 *
 *     floor POOL SECTORS DIRECTORY
 *
 * POOL is a live pool under /dev/mapper whose thin device 0 holds an ext4 of SECTORS sectors and is not active. Each round
 * snapshots it, activates and mounts the snapshot on DIRECTORY, and takes all of it back. Reads how many rounds to do, a
 * line a time, and prints a line with the milliseconds of each step: {"create":[...],"get":[...],"put":[...],"remove":[...]}.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define NAME "dmthin-floor"
#define NODE "/dev/mapper/" NAME

static int control;
static union {
  struct dm_ioctl header;
  char bytes[4096];
} buffer;

static void die(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct dm_ioctl *ask(const char *name) {
  memset(&buffer, 0, sizeof buffer);
  buffer.header.version[0] = 4;
  buffer.header.data_size = sizeof buffer;
  buffer.header.data_start = sizeof buffer.header;
  strncpy(buffer.header.name, name, sizeof buffer.header.name - 1);
  return &buffer.header;
}

static void call(unsigned long request, const char *what) {
  if (ioctl(control, request, &buffer) == -1) die(what);
}

static void message(const char *pool, const char *verb, int id, const char *origin) {
  struct dm_target_msg *payload = (void *)(buffer.bytes + ask(pool)->data_start);
  snprintf(payload->message, 64, "%s %d%s", verb, id, origin);
  call(DM_TARGET_MSG, verb);
}

static void activate(const char *pool, long sectors, int id) {
  ask(NAME);
  call(DM_DEV_CREATE, "create");
  struct dm_ioctl *header = ask(NAME);
  header->target_count = 1;
  struct dm_target_spec *spec = (void *)(buffer.bytes + header->data_start);
  spec->length = sectors;
  strcpy(spec->target_type, "thin");
  snprintf((char *)(spec + 1), 256, "/dev/mapper/%s %d", pool, id);
  call(DM_TABLE_LOAD, "load");
  header = ask(NAME);
  call(DM_DEV_SUSPEND, "resume");
  dev_t device = makedev((header->dev >> 8) & 0xfff, (header->dev & 0xff) | ((header->dev >> 12) & 0xfff00));
  if (mknod(NODE, S_IFBLK | 0660, device) == -1) die("mknod");
}

static void deactivate(void) {
  ask(NAME);
  call(DM_DEV_REMOVE, "remove");
  if (unlink(NODE) == -1) die("unlink");
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static const char *steps[] = {"create", "get", "put", "remove"};

static void live(const char *pool, long sectors, const char *directory, int id, double *times) {
  double begun = now();
  message(pool, "create_snap", id, " 0");
  times[0] = now() - begun;
  begun = now();
  activate(pool, sectors, id);
  if (mount(NODE, directory, "ext4", 0, "nodiscard") == -1) die("mount");
  times[1] = now() - begun;
  begun = now();
  if (umount2(directory, 0) == -1) die("umount");
  deactivate();
  times[2] = now() - begun;
  begun = now();
  message(pool, "delete", id, "");
  times[3] = now() - begun;
}

int main(int argc, char **argv) {
  if (argc != 4) return fputs("usage: floor POOL SECTORS DIRECTORY\n", stderr), 64;
  char line[64];
  if ((control = open("/dev/mapper/control", O_RDWR)) == -1) die("/dev/mapper/control");
  for (int id = 0; fgets(line, sizeof line, stdin) != NULL;) {
    int count = atoi(line);
    double(*times)[4] = calloc(count, sizeof *times);
    for (int round = 0; round < count; round++) live(argv[1], atol(argv[2]), argv[3], ++id, times[round]);
    for (int step = 0; step < 4; step++) {
      printf("%s\"%s\":[", step == 0 ? "{" : ",", steps[step]);
      for (int round = 0; round < count; round++) printf("%s%.3f", round == 0 ? "" : ",", times[round][step]);
      printf("]%s", step == 3 ? "}\n" : "");
    }
    fflush(stdout);
    free(times);
  }
  return 0;
}
