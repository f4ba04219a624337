/* What must not cross the border: errors without words, invalid texts, memory of the other side. */
#include "tests.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

static void the_library_and_its_header_are_of_one_version(void) {
  CHECK(satchel_abi_version() == SATCHEL_ABI_VERSION);
  CHECK(strlen(satchel_version()) >= 5);
}

static void an_error_tells_its_name_its_subject_and_what_to_do(void) {
  satchel_replica *replica = NULL;
  CHECK(satchel_replica_open("/nonexistent/lesson.sqlite", SATCHEL_OPEN_EXISTING, &replica) == SATCHEL_STORE_MISSING);
  CHECK(replica == NULL);
  const satchel_error *error = satchel_last_error();
  CHECK(error->status == SATCHEL_STORE_MISSING);
  SAME(error->code, "store.missing");
  CHECK(strstr(error->subject, "/nonexistent/lesson.sqlite") != NULL);
  CHECK(satchel_last_error_message(SATCHEL_ENGLISH)[0] != 0);
  CHECK((unsigned char)satchel_last_error_message(SATCHEL_CHINESE)[0] >= 0x80);
  SAME(satchel_status_name(SATCHEL_STORE_MISSING), "store.missing");
  SAME(satchel_status_name(SATCHEL_OK), "");
  SAME(satchel_status_name((satchel_status)12345), "");
}

static void *fail_on_another_thread(void *seen) {
  *(satchel_status *)seen = satchel_last_error()->status;
  (void)satchel_replica_open(NULL, 0, NULL);
  CHECK(satchel_last_error()->status == SATCHEL_USAGE_WRONG);
  return NULL;
}

static void each_thread_has_a_last_error_of_its_own(void) {
  satchel_replica *replica = NULL;
  CHECK(satchel_replica_open("/proc/none/x", SATCHEL_OPEN_EXISTING, &replica) != SATCHEL_OK);
  satchel_status mine = satchel_last_error()->status, seen = SATCHEL_CANCELLED;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, fail_on_another_thread, &seen) == 0);
  pthread_join(thread, NULL);
  CHECK(seen == SATCHEL_OK);
  CHECK(satchel_last_error()->status == mine);
}

static void null_is_refused_where_a_value_is_needed_and_nowhere_fatal(void) {
  world world = world_with_course();
  satchel_replica *replica = world.replica;
  char id[SATCHEL_ID_SIZE];
  int64_t count;
  double chance;
  satchel_item *item;
  satchel_task *task;
  satchel_observation *observation;
  satchel_answer answer = SATCHEL_ANSWER_INIT;
  const satchel_status wrong = SATCHEL_USAGE_WRONG;

  CHECK(satchel_replica_open(NULL, 0, &replica) == wrong && replica == NULL);
  replica = world.replica;
  CHECK(satchel_replica_open("x", 0, NULL) == wrong);
  CHECK(satchel_replica_open("", 0, &replica) == wrong);
  CHECK(satchel_replica_open("x", 4096, &replica) == wrong);
  replica = world.replica;
  CHECK(satchel_replica_identity(NULL, id) == wrong);
  CHECK(satchel_replica_identity(replica, NULL) == wrong);
  CHECK(satchel_learner_add(NULL, "x", NULL, id) == wrong);
  CHECK(satchel_learner_add(replica, "x", "not hex", id) == wrong);
  CHECK(satchel_learner_find(replica, NULL, id) == wrong);
  CHECK(satchel_learners_list(replica, NULL) == wrong);
  CHECK(satchel_pack_import(replica, NULL, 0, NULL) == wrong);
  CHECK(satchel_pack_import(replica, "x", 2, NULL) == wrong);
  CHECK(satchel_item_read(replica, NULL, SATCHEL_ENGLISH, &item) == wrong && item == NULL);
  CHECK(satchel_item_read(replica, "add-within-20-01", SATCHEL_ENGLISH, NULL) == wrong);
  CHECK(satchel_item_read(replica, "no-such-item", SATCHEL_ENGLISH, &item) == SATCHEL_ITEM_UNKNOWN);
  CHECK(satchel_item_read(replica, "a key with spaces\n", SATCHEL_ENGLISH, &item) == SATCHEL_CONTENT_BAD_KEY);
  satchel_medium *medium;
  CHECK(satchel_medium_read(replica, "zz", &medium) == wrong && medium == NULL);
  CHECK(satchel_medium_read(replica, "../../../etc/passwd", &medium) == wrong);
  const char *digest = "00000000000000000000000000000000ffffffffffffffffffffffffffffffff";
  CHECK(satchel_medium_read(replica, digest, &medium) == SATCHEL_FILE_MISSING && medium == NULL);
  satchel_search_results *found;
  CHECK(satchel_items_search(replica, "x", SATCHEL_ENGLISH, 0, &found) == wrong);
  CHECK(satchel_items_search(replica, "x", SATCHEL_ENGLISH, 1000000, &found) == wrong);
  CHECK(satchel_answer_record(replica, world.mei, NULL, NULL) == wrong);
  CHECK(satchel_answer_record(replica, world.mei, &answer, NULL) == wrong);
  CHECK(satchel_answer_record(replica, NULL, &answer, NULL) == wrong);
  CHECK(satchel_feedback_record(replica, world.mei, "add-within-20-01", (satchel_feedback)9, NULL) == wrong);
  CHECK(satchel_records_count(replica, NULL, &count) == wrong);
  CHECK(satchel_learner_foretell(replica, world.mei, NULL, SATCHEL_NOW, &chance) == wrong);
  CHECK(satchel_learner_observe(replica, world.mei, NULL, NULL, &observation) == wrong);
  CHECK(satchel_sync_start(NULL, NULL, NULL, &task) == wrong && task == NULL);
  CHECK(satchel_sync_start(replica, NULL, NULL, NULL) == wrong);
  CHECK(satchel_enroll_start(replica, NULL, "x", NULL, &task) == wrong);
  // What is no address and no code is refused at once, whatever would come of the task.
  const char *addresses[] = {NULL, "", "http://", "ftp://hub", "file:///etc/passwd", "http://mei:pw@hub"};
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    CHECK(satchel_sync_start(replica, addresses[i], NULL, &task) == wrong && task == NULL);
    CHECK(satchel_enroll_start(replica, addresses[i], "ABCD-EFGH", NULL, &task) == wrong && task == NULL);
  }
  CHECK(satchel_enroll_start(replica, "http://127.0.0.1:9", "", NULL, &task) == wrong && task == NULL);
  CHECK(satchel_task_finish(NULL, NULL, NULL) == wrong);
  CHECK(satchel_bundle_write(replica, NULL, 0, 0, NULL) == wrong);
  CHECK(satchel_bundle_write(replica, world_file(&world, "stick.bundle"), 0, -1, NULL) == wrong);
  CHECK(satchel_bundle_write(replica, world_file(&world, "stick.bundle"), 0, INT64_MIN, NULL) == wrong);
  CHECK(satchel_model_install(replica, NULL) == wrong);
  CHECK(satchel_task_descriptor(NULL) == -1);
  CHECK(satchel_task_step(NULL) == SATCHEL_TASK_DONE);
  satchel_free(NULL);
  satchel_replica_close(NULL);
  satchel_observation_end(NULL);
  satchel_task_cancel(NULL);
  world_end(&world);
}

static void a_text_that_is_not_utf8_is_refused(void) {
  world world = world_with_course();
  char id[SATCHEL_ID_SIZE];
  CHECK(satchel_learner_add(world.replica, "\xff\xfe", NULL, id) == SATCHEL_USAGE_WRONG);
  SAME(satchel_last_error()->subject, "name");
  satchel_search_results *found;
  CHECK(satchel_items_search(world.replica, "\xc3", SATCHEL_ENGLISH, 5, &found) == SATCHEL_USAGE_WRONG);
  world_end(&world);
}

static void values_out_of_their_range_record_nothing(void) {
  world world = world_with_course();
  const double scores[] = {-0.5, 1.5, NAN, INFINITY};
  for (int i = 0; i < 4; i++) {
    satchel_answer answer = SATCHEL_ANSWER_INIT;
    answer.item = "add-within-20-01";
    answer.score = scores[i];
    CHECK(satchel_answer_record(world.replica, world.mei, &answer, NULL) == SATCHEL_RECORD_INVALID);
  }
  const int64_t durations[] = {-2, 4294967296, INT64_MAX};
  for (int i = 0; i < 3; i++) {
    satchel_answer answer = SATCHEL_ANSWER_INIT;
    answer.item = "add-within-20-01";
    answer.duration_ms = durations[i];
    CHECK(satchel_answer_record(world.replica, world.mei, &answer, NULL) == SATCHEL_RECORD_INVALID);
  }
  int64_t count = -1;
  OK(satchel_records_count(world.replica, world.mei, &count));
  CHECK(count == 0);
  /* No moment is a reason to refuse. */
  const int64_t moments[] = {0, -1, INT64_MAX, INT64_MIN + 1};
  for (int i = 0; i < 4; i++) {
    satchel_answer answer = SATCHEL_ANSWER_INIT;
    answer.item = "add-within-20-01";
    answer.at_ms = moments[i];
    OK(satchel_answer_record(world.replica, world.mei, &answer, NULL));
  }
  world_end(&world);
}

static void options_of_an_older_or_newer_app_are_read_as_far_as_both_go(void) {
  world world = world_with_course();
  /* An app of a version that had no fields after `item`. */
  struct {
    size_t size;
    const char *item;
  } older = {sizeof older, "add-within-20-01"};
  OK(satchel_answer_record(world.replica, world.mei, (const satchel_answer *)&older, NULL));
  /* An app of a version that has more. */
  struct {
    satchel_answer answer;
    char more[64];
  } newer = {SATCHEL_ANSWER_INIT, ""};
  newer.answer.size = sizeof newer;
  newer.answer.item = "add-within-20-02";
  OK(satchel_answer_record(world.replica, world.mei, &newer.answer, NULL));
  satchel_answer broken = SATCHEL_ANSWER_INIT;
  broken.item = "add-within-20-01";
  broken.size = 0;
  CHECK(satchel_answer_record(world.replica, world.mei, &broken, NULL) == SATCHEL_USAGE_WRONG);
  world_end(&world);
}

static void a_result_outlives_the_replica_that_it_came_from(void) {
  world world = world_with_course();
  satchel_item *item = NULL;
  OK(satchel_item_read(world.replica, "add-within-20-02", SATCHEL_ENGLISH, &item));
  world_end(&world);
  CHECK(strlen(item->question) > 10 && strlen(item->choices[0]) > 0);
  satchel_free(item);
}

static void what_is_no_store_is_refused_and_left_as_it_was(void) {
  world world = empty_world();
  const char *path = world_file(&world, "letter.txt");
  FILE *file = fopen(path, "w");
  for (int i = 0; i < 200; i++) fputs("Dear Mei, this is a letter and no store.\n", file);
  fclose(file);
  satchel_replica *replica = NULL;
  CHECK(satchel_replica_open(path, 0, &replica) == SATCHEL_STORE_FOREIGN);
  CHECK(replica == NULL);
  char line[64];
  file = fopen(path, "r");
  CHECK(fgets(line, sizeof line, file) && strncmp(line, "Dear Mei", 8) == 0);
  fclose(file);
  CHECK(satchel_replica_open("/proc/version/x/lesson.sqlite", 0, &replica) != SATCHEL_OK);
  world_end(&world);
}

enum { threads = 8, answers_each = 25 };

static void *answer_much(void *context) {
  world *world = context;
  for (int i = 0; i < answers_each; i++) {
    char item[64];
    snprintf(item, sizeof item, "add-within-20-0%d", 1 + i % 8);
    OK(world_answer(world, item, i % 3 != 0));
    satchel_recommendations *next = NULL;
    OK(satchel_learner_recommend(world->replica, world->mei, NULL, 3, SATCHEL_ENGLISH, SATCHEL_NOW, &next));
    satchel_free(next);
  }
  return NULL;
}

static void eight_threads_share_one_handle_and_lose_nothing(void) {
  world world = world_with_course();
  pthread_t all[threads];
  for (int i = 0; i < threads; i++) CHECK(pthread_create(&all[i], NULL, answer_much, &world) == 0);
  for (int i = 0; i < threads; i++) pthread_join(all[i], NULL);
  int64_t count = 0;
  OK(satchel_records_count(world.replica, world.mei, &count));
  CHECK(count == threads * answers_each);
  world_end(&world);
}

const test border_tests[] = {
    {"the library and its header are of one version", the_library_and_its_header_are_of_one_version},
    {"an error tells its name, its subject and what to do", an_error_tells_its_name_its_subject_and_what_to_do},
    {"each thread has a last error of its own", each_thread_has_a_last_error_of_its_own},
    {"NULL is refused where a value is needed, and nowhere fatal", null_is_refused_where_a_value_is_needed_and_nowhere_fatal},
    {"a text that is not UTF-8 is refused", a_text_that_is_not_utf8_is_refused},
    {"values out of their range record nothing", values_out_of_their_range_record_nothing},
    {"options of an older or newer app are read as far as both go", options_of_an_older_or_newer_app_are_read_as_far_as_both_go},
    {"a result outlives the replica that it came from", a_result_outlives_the_replica_that_it_came_from},
    {"what is no store is refused and left as it was", what_is_no_store_is_refused_and_left_as_it_was},
    {"eight threads share one handle and lose nothing", eight_threads_share_one_handle_and_lose_nothing},
    {NULL, NULL}};
