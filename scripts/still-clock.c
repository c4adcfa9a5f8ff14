/*
 * Preloaded into linux.uml (scripts/guest --still-clock), whose only clock and timer these functions are
 * (arch/um/os-Linux/time.c): on demand the guest's time all but stands still while it works, and jumps to the next
 * timer when it has nothing to do. So what the kernel does each second comes in sleeps only, and sleeps take no time.
 * The guest asks by making a symbolic link to "clock:SLOWNESS" anywhere on hostfs; it gets EALREADY and no link.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000LL
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define CALL(name, ...) ({ static __typeof__(&name) real; if (!real) real = REAL(name); real(__VA_ARGS__); })

static int64_t slowness = 1; /* of the guest's time while it works; 1: it has the host's */
static int64_t host_base;    /* host time at the last change of slowness */
static int64_t guest_base;   /* guest time then, and what was skipped since */
static int64_t due;          /* of the guest's one timer, in guest time; 0: not set */
static timer_t timer_id;

static int64_t ns(struct timespec t) { return t.tv_sec * SECOND + t.tv_nsec; }
static struct timespec ts(int64_t n) { return (struct timespec){n / SECOND, n % SECOND}; }

static int64_t host_now(clockid_t clock) {
	struct timespec t;
	CALL(clock_gettime, clock, &t);
	return ns(t);
}

static int64_t guest_now(void) {
	int64_t now = host_now(CLOCK_MONOTONIC);
	if (!host_base) host_base = guest_base = now;
	return guest_base + (now - host_base) / slowness;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
	static int64_t offset;
	if (!offset) offset = host_now(CLOCK_REALTIME) - guest_now();
	*t = ts(guest_now() + (clock == CLOCK_REALTIME ? offset : 0));
	return 0;
}

int timer_settime(timer_t timer, int flags, const struct itimerspec *new, struct itimerspec *old) {
	int64_t delay = ns(new->it_value);
	struct itimerspec slow = {.it_value = ts(delay * slowness), .it_interval = new->it_interval};
	timer_id = timer;
	due = delay && !ns(new->it_interval) ? guest_now() + delay : 0;
	return CALL(timer_settime, timer, flags, &slow, old);
}

/* The guest is idle. */
int sigsuspend(const sigset_t *mask) {
	if (slowness > 1 && due) {
		struct itimerspec now = {.it_value = {0, 1}};
		int64_t left = due - guest_now();
		if (left > 0) guest_base += left;
		CALL(timer_settime, timer_id, 0, &now, NULL);
	}
	return CALL(sigsuspend, mask);
}

int symlink(const char *target, const char *path) {
	if (strncmp(target, "clock:", 6)) return CALL(symlink, target, path);
	guest_base = guest_now();
	host_base = host_now(CLOCK_MONOTONIC);
	slowness = atoi(target + 6);
	errno = EALREADY;
	return -1;
}
