/* The worlds that tests take place in. */
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *required(const char *name) {
  const char *value = getenv(name);
  if (!value) {
    fprintf(stderr, "%s is not set: run Tests/CTests/run.sh\n", name);
    exit(64);
  }
  return value;
}

world empty_world(void) {
  world world = {0};
  const char *scratch = getenv("TMPDIR");
  snprintf(world.folder, sizeof world.folder, "%s/satchel-c-XXXXXX", scratch ? scratch : "/tmp");
  if (!mkdtemp(world.folder)) abort();
  snprintf(world.store, sizeof world.store, "%s/lesson.sqlite", world.folder);
  OK(satchel_replica_open(world.store, 0, &world.replica));
  return world;
}

world world_with_course(void) {
  world world = empty_world();
  OK(satchel_pack_import(world.replica, required("SATCHEL_PACK"), 0, NULL));
  OK(satchel_learner_add(world.replica, "Mei", NULL, world.mei));
  return world;
}

void world_end(world *world) {
  satchel_replica_close(world->replica);
  char command[300];
  snprintf(command, sizeof command, "rm -rf '%s'", world->folder);
  if (system(command) != 0) abort();
}

const char *world_file(const world *world, const char *name) {
  static _Thread_local char path[512];
  snprintf(path, sizeof path, "%s/%s", world->folder, name);
  return path;
}

satchel_status world_answer(world *world, const char *item, bool is_correct) {
  satchel_answer answer = SATCHEL_ANSWER_INIT;
  answer.item = item;
  answer.is_correct = is_correct;
  return satchel_answer_record(world->replica, world->mei, &answer, NULL);
}

/* Runs a program; its output, or its errors, come by the descriptor. */
static int start(char *const arguments[], int which, int *descriptor) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) abort();
  int process = fork();
  if (process == 0) {
    dup2(ends[1], which);
    execv(arguments[0], arguments);
    _exit(127);
  }
  close(ends[1]);
  *descriptor = ends[0];
  return process;
}

static void run(char *const arguments[], char *output, size_t size) {
  int descriptor;
  int process = start(arguments, STDOUT_FILENO, &descriptor);
  size_t count = 0;
  for (ssize_t got; count + 1 < size && (got = read(descriptor, output + count, size - 1 - count)) > 0;) count += (size_t)got;
  output[count] = 0;
  close(descriptor);
  waitpid(process, NULL, 0);
}

hub hub_start(const world *world) {
  hub hub = {0};
  char *program = getenv("SATCHEL_HUB");
  if (!program) {
    puts("  skipped: SATCHEL_HUB is not set");
    return hub;
  }
  char output[1024];
  snprintf(hub.store, sizeof hub.store, "%s/hub.sqlite", world->folder);
  run((char *[]){program, "init", "--store", hub.store, NULL}, output, sizeof output);
  int descriptor;
  hub.process = start((char *[]){program, "serve", "--store", hub.store, "--listen", "127.0.0.1:0", NULL}, STDERR_FILENO, &descriptor);
  size_t count = 0;
  char *place = NULL;
  while (count + 1 < sizeof output && !place) {
    ssize_t got = read(descriptor, output + count, sizeof output - 1 - count);
    if (got <= 0) break;
    output[count += (size_t)got] = 0;
    place = strchr(output, '\n') ? strstr(output, "listening on ") : NULL;
  }
  CHECK(place != NULL);
  if (place) sscanf(place, "listening on %127s", hub.url);
  /* What it says later stays in the pipe, which is large enough for a test. */
  return hub;
}

void hub_invite(const hub *hub, char code[64]) {
  char output[1024];
  run((char *[]){getenv("SATCHEL_HUB"), "invite", "--store", (char *)hub->store, "--json", NULL}, output, sizeof output);
  const char *place = strstr(output, "\"code\":\"");
  CHECK(place != NULL);
  if (place) sscanf(place + 8, "%63[^\"]", code);
}

void hub_end(hub *hub) {
  if (!hub->process) return;
  kill(hub->process, SIGTERM);
  waitpid(hub->process, NULL, 0);
}
