/* What takes time: observing, rounds with a hub on a thread or in steps, enrolment, bundles. */
#include "tests.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static void pause_ms(int milliseconds) {
  nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
}

/* Waits until a count is reached, at most half a minute. */
static bool reaches(atomic_int *count, int value) {
  for (int i = 0; i < 3000 && atomic_load(count) < value; i++) pause_ms(10);
  return atomic_load(count) >= value;
}

static void count_change(void *context, const char *learner) {
  if (strlen(learner) == 32) atomic_fetch_add((atomic_int *)context, 1);
}

static void an_observer_is_told_at_once_and_after_each_answer(void) {
  world world = world_with_course();
  atomic_int changes = 0;
  satchel_observation *observation = NULL;
  OK(satchel_learner_observe(world.replica, world.mei, count_change, &changes, &observation));
  CHECK(reaches(&changes, 1));
  OK(world_answer(&world, "add-within-20-01", true));
  CHECK(reaches(&changes, 2));
  satchel_observation_end(observation);

  /* After the end nothing comes. */
  int told = atomic_load(&changes);
  OK(world_answer(&world, "add-within-20-02", true));
  pause_ms(50);
  CHECK(atomic_load(&changes) == told);
  CHECK(satchel_learner_observe(world.replica, "0123456789abcdef0123456789abcdef", count_change, &changes, &observation) == SATCHEL_LEARNER_UNKNOWN);
  CHECK(observation == NULL);
  world_end(&world);
}

typedef struct {
  satchel_observation *observation;
  atomic_int called;
  pthread_mutex_t lock;
} self_ending;

static void end_itself(void *context, const char *learner) {
  (void)learner;
  self_ending *self = context;
  pthread_mutex_lock(&self->lock);
  satchel_observation_end(self->observation);
  pthread_mutex_unlock(&self->lock);
  atomic_fetch_add(&self->called, 1);
}

static void an_observer_may_end_itself(void) {
  world world = world_with_course();
  self_ending self = {.lock = PTHREAD_MUTEX_INITIALIZER};
  pthread_mutex_lock(&self.lock);
  OK(satchel_learner_observe(world.replica, world.mei, end_itself, &self, &self.observation));
  pthread_mutex_unlock(&self.lock);
  CHECK(reaches(&self.called, 1));
  OK(world_answer(&world, "add-within-20-01", true));
  pause_ms(50);
  CHECK(atomic_load(&self.called) == 1);
  world_end(&world);
}

static void count_progress(void *context, const satchel_sync_progress *progress) {
  if (progress->records_sent >= 0) atomic_fetch_add((atomic_int *)context, 1);
}

/* Runs a task to its end by its descriptor and its steps alone, as a main loop does. */
static void loop_until_done(satchel_task *task) {
  for (int i = 0; i < 10000; i++) {
    struct pollfd poll_for = {satchel_task_descriptor(task), POLLIN, 0};
    poll(&poll_for, 1, 1000);
    if (satchel_task_step(task) == SATCHEL_TASK_DONE) return;
  }
}

static void a_round_brings_two_stores_to_one_state(void) {
  world here = world_with_course(), there = world_with_course();
  hub hub = hub_start(&here);
  if (hub.url[0]) {
    for (int i = 1; i <= 5; i++) {
      char item[64];
      snprintf(item, sizeof item, "add-within-20-0%d", i);
      OK(world_answer(&here, item, true));
    }
    atomic_int calls = 0;
    satchel_sync_options options = SATCHEL_SYNC_OPTIONS_INIT;
    options.on_progress = count_progress;
    options.context = &calls;
    satchel_task *task = NULL;
    satchel_sync_report *report = NULL;
    OK(satchel_sync_start(here.replica, hub.url, &options, &task));
    CHECK(satchel_task_wait(task, 20000) == SATCHEL_TASK_DONE);
    OK(satchel_task_finish(task, &report, NULL));
    CHECK(report->converged && report->records_sent == 5 && atomic_load(&calls) > 0);
    char fingerprint[65];
    snprintf(fingerprint, sizeof fingerprint, "%s", report->fingerprint);
    satchel_free(report);

    /* The other side does its round in steps, all of them on this thread. */
    options.flags = SATCHEL_SYNC_STEPWISE;
    OK(satchel_sync_start(there.replica, hub.url, &options, &task));
    loop_until_done(task);
    OK(satchel_task_finish(task, &report, NULL));
    CHECK(report->converged && report->records_received == 5);
    SAME(report->fingerprint, fingerprint);
    satchel_free(report);
    int64_t count = 0;
    OK(satchel_records_count(there.replica, here.mei, &count));
    CHECK(count == 5);

    /* And again, without an address and without news. */
    OK(satchel_sync_start(there.replica, NULL, NULL, &task));
    OK(satchel_task_wait(task, -1) == SATCHEL_TASK_DONE ? SATCHEL_OK : SATCHEL_CANCELLED);
    OK(satchel_task_finish(task, &report, NULL));
    CHECK(report->converged && report->requests == 1 && report->records_received == 0);
    satchel_free(report);
  }
  hub_end(&hub);
  world_end(&there);
  world_end(&here);
}

static void nothing_of_a_stepwise_round_happens_between_its_steps(void) {
  world world = world_with_course();
  OK(world_answer(&world, "add-within-20-01", true));
  satchel_sync_options options = SATCHEL_SYNC_OPTIONS_INIT;
  options.flags = SATCHEL_SYNC_STEPWISE;
  satchel_task *task = NULL;
  OK(satchel_sync_start(world.replica, "http://127.0.0.1:9", &options, &task));
  pause_ms(100);
  struct pollfd poll_for = {satchel_task_descriptor(task), POLLIN, 0};
  CHECK(poll(&poll_for, 1, 0) == 1);
  /* Another round may begin: the first one has not even taken the store's lock. */
  satchel_task *other = NULL;
  OK(satchel_sync_start(world.replica, "http://127.0.0.1:9", NULL, &other));
  CHECK(satchel_task_finish(other, NULL, NULL) != SATCHEL_STORE_BUSY);
  loop_until_done(task);
  CHECK(satchel_task_finish(task, NULL, NULL) == SATCHEL_HUB_UNREACHABLE);
  CHECK(strstr(satchel_last_error()->subject, "127.0.0.1") != NULL);
  world_end(&world);
}

static void a_cancelled_round_ends_at_once_and_harms_nothing(void) {
  world world = world_with_course();
  hub hub = hub_start(&world);
  if (hub.url[0]) {
    OK(world_answer(&world, "add-within-20-01", true));
    for (int stepwise = 0; stepwise < 2; stepwise++) {
      satchel_sync_options options = SATCHEL_SYNC_OPTIONS_INIT;
      options.flags = stepwise ? SATCHEL_SYNC_STEPWISE : 0;
      satchel_task *task = NULL;
      OK(satchel_sync_start(world.replica, hub.url, &options, &task));
      satchel_task_cancel(task);
      satchel_status status = satchel_task_finish(task, NULL, NULL);
      CHECK(status == SATCHEL_CANCELLED || (status == SATCHEL_OK && !stepwise));
    }
    satchel_task *task = NULL;
    satchel_sync_report *report = NULL;
    OK(satchel_sync_start(world.replica, hub.url, NULL, &task));
    satchel_task_wait(task, -1);
    OK(satchel_task_finish(task, &report, NULL));
    CHECK(report->converged);
    satchel_free(report);
  }
  hub_end(&hub);
  world_end(&world);
}

static void a_task_outlives_its_replicas_handle(void) {
  world world = world_with_course();
  OK(world_answer(&world, "add-within-20-01", true));
  satchel_task *task = NULL;
  OK(satchel_sync_start(world.replica, "http://127.0.0.1:9", NULL, &task));
  satchel_replica_close(world.replica);
  world.replica = NULL;
  CHECK(satchel_task_wait(task, 20000) == SATCHEL_TASK_DONE);
  CHECK(satchel_task_finish(task, NULL, NULL) == SATCHEL_HUB_UNREACHABLE);
  world_end(&world);
}

static void a_code_lets_a_device_in_once(void) {
  world world = world_with_course(), stranger = world_with_course();
  hub hub = hub_start(&world);
  if (hub.url[0]) {
    char code[64] = "";
    hub_invite(&hub, code);
    satchel_sync_options options = SATCHEL_SYNC_OPTIONS_INIT;
    options.flags = SATCHEL_SYNC_STEPWISE;
    satchel_task *task = NULL;
    satchel_enrolment *enrolment = NULL;
    satchel_sync_report *report = (satchel_sync_report *)&options;
    OK(satchel_enroll_start(world.replica, hub.url, code, &options, &task));
    loop_until_done(task);
    OK(satchel_task_finish(task, &report, &enrolment));
    CHECK(report == NULL && strlen(enrolment->hub) == 32 && enrolment->scope_count == 1);
    SAME(enrolment->scopes[0], "school");
    satchel_free(enrolment);
    OK(satchel_enroll_start(stranger.replica, hub.url, code, NULL, &task));
    CHECK(satchel_task_wait(task, 20000) == SATCHEL_TASK_DONE);
    CHECK(satchel_task_finish(task, NULL, &enrolment) == SATCHEL_ENROLMENT_REFUSED);
    CHECK(enrolment == NULL);
  }
  hub_end(&hub);
  world_end(&stranger);
  world_end(&world);
}

static void a_bundle_carries_a_lesson_from_store_to_store(void) {
  world here = world_with_course(), there = world_with_course();
  OK(world_answer(&here, "add-within-20-01", true));
  OK(world_answer(&here, "add-within-20-02", false));
  satchel_sync_report *report = NULL;
  OK(satchel_bundle_write(here.replica, world_file(&here, "stick.bundle"), 0, 0, &report));
  CHECK(report->records_sent == 2);
  satchel_free(report);
  OK(satchel_bundle_read(there.replica, world_file(&here, "stick.bundle"), NULL, &report));
  CHECK(report->converged && report->records_received == 2 && report->refused_count == 0 && !report->is_behind);
  satchel_free(report);
  int64_t count = 0;
  OK(satchel_records_count(there.replica, here.mei, &count));
  CHECK(count == 2);
  // However little a file may hold, it holds something, and all of them together everything.
  world third = world_with_course();
  OK(satchel_bundle_write(here.replica, world_file(&here, "small.bundle"), 0, 1, NULL));
  OK(satchel_bundle_read(third.replica, world_file(&here, "small.bundle"), NULL, &report));
  CHECK(report->converged && report->records_received == 2);
  satchel_free(report);
  world_end(&third);
  CHECK(satchel_bundle_read(there.replica, world_file(&here, "missing"), NULL, NULL) == SATCHEL_FILE_MISSING);
  CHECK(satchel_bundle_read(there.replica, getenv("SATCHEL_PACK"), NULL, NULL) != SATCHEL_OK);
  world_end(&there);
  world_end(&here);
}

const test waiting_tests[] = {
    {"an observer is told at once, and after each answer", an_observer_is_told_at_once_and_after_each_answer},
    {"an observer may end itself", an_observer_may_end_itself},
    {"a round brings two stores to one state", a_round_brings_two_stores_to_one_state},
    {"nothing of a stepwise round happens between its steps", nothing_of_a_stepwise_round_happens_between_its_steps},
    {"a cancelled round ends at once and harms nothing", a_cancelled_round_ends_at_once_and_harms_nothing},
    {"a task outlives its replica's handle", a_task_outlives_its_replicas_handle},
    {"a code lets a device in once", a_code_lets_a_device_in_once},
    {"a bundle carries a lesson from store to store", a_bundle_carries_a_lesson_from_store_to_store},
    {NULL, NULL}};
