/*
 * A lesson in the terminal: asks what Satchel recommends, says why, records the answers, and syncs when a hub is named.
 *
 *   make && ./lesson lesson.sqlite arithmetic-to-algebra.satchelpack Mei [HUB-URL]
 *
 * Ctrl-D ends it. All that was answered is on the disk by then, for each answer is when the next question comes.
 */
#include <satchel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static satchel_language language = SATCHEL_ENGLISH;

/* Says what went wrong and what to do, and ends the program unless all is well. */
static void must(satchel_status status) {
  if (status == SATCHEL_OK) return;
  fprintf(stderr, "%s\n%s\n", satchel_last_error_message(language), satchel_last_error_hint(language));
  exit(1);
}

/* Reads a line without its end; false at the end of the input. */
static bool read_line(char *line, size_t size) {
  if (!fgets(line, (int)size, stdin)) return false;
  line[strcspn(line, "\r\n")] = 0;
  return true;
}

/* Shows an item and reads an answer to it; false at the end of the input. */
static bool ask(const satchel_item *item, bool *is_correct) {
  char line[256];
  printf("\n%s\n", item->question);
  for (size_t i = 0; i < item->choice_count; i++) printf("  %zu) %s\n", i + 1, item->choices[i]);
  printf("> ");
  fflush(stdout);
  if (!read_line(line, sizeof line)) return false;
  *is_correct = item->kind == SATCHEL_ITEM_CHOICE && atoi(line) - 1 == item->correct_choice;
  for (size_t i = 0; i < item->answer_count; i++)
    if (strcmp(line, item->answers[i]) == 0) *is_correct = true;
  return true;
}

/* One question: what Satchel recommends, why, and what came of it. */
static bool question(satchel_replica *replica, const char *learner) {
  satchel_recommendations *next = NULL;
  must(satchel_learner_recommend(replica, learner, NULL, 1, language, SATCHEL_NOW, &next));
  if (next->count == 0) {
    puts("There is nothing to do.");
    satchel_free(next);
    return false;
  }
  const satchel_recommendation *first = next->list[0];
  printf("\n[%s, %.0f%%]", first->item, 100 * first->probability_correct);
  for (size_t i = 0; i < first->reason_count; i++) printf(" %s", first->reasons[i]->text);

  satchel_item *item = NULL;
  must(satchel_item_read(replica, first->item, language, &item));
  satchel_answer answer = SATCHEL_ANSWER_INIT;
  answer.item = first->item;
  time_t start = time(NULL);
  bool goes_on = ask(item, &answer.is_correct);
  if (goes_on) {
    answer.duration_ms = 1000 * (int64_t)(time(NULL) - start);
    must(satchel_answer_record(replica, learner, &answer, NULL));
    printf("%s %s\n", answer.is_correct ? "Right." : "Not yet.", item->explanation);
  }
  satchel_free(item);
  satchel_free(next);
  return goes_on;
}

static void show_progress(satchel_replica *replica, const char *learner) {
  satchel_progress *progress = NULL;
  must(satchel_learner_progress(replica, learner, SATCHEL_NOW, &progress));
  printf("\n%lld answers, %lld right\n", (long long)progress->attempts, (long long)progress->correct);
  for (size_t i = 0; i < progress->skill_count; i++)
    printf("  %-28s %3.0f%%\n", progress->skills[i]->skill, 100 * progress->skills[i]->mastery);
  satchel_free(progress);
}

/* A round with the hub. That none is in reach is no fault: the next lesson tries again. */
static void sync_with(satchel_replica *replica, const char *hub) {
  satchel_task *task = NULL;
  satchel_sync_report *report = NULL;
  must(satchel_sync_start(replica, hub, NULL, &task));
  satchel_task_wait(task, 30 * 1000);
  if (satchel_task_finish(task, &report, NULL) == SATCHEL_OK) {
    printf("sent %lld, received %lld, %s\n", (long long)report->records_sent,
           (long long)report->records_received, report->converged ? "in step with the hub" : "not in step yet");
    satchel_free(report);
  } else {
    printf("not synced: %s\n", satchel_last_error_message(language));
  }
}

int main(int count, char **arguments) {
  if (count < 4 || count > 5) {
    fprintf(stderr, "usage: lesson STORE PACK NAME [HUB-URL]\n");
    return 64;
  }
  if (satchel_abi_version() != SATCHEL_ABI_VERSION) {
    fprintf(stderr, "libsatchel %s is of another ABI than this program.\n", satchel_version());
    return 70;
  }
  const char *lang = getenv("LANG");
  if (lang && strncmp(lang, "zh", 2) == 0) language = SATCHEL_CHINESE;

  satchel_replica *replica = NULL;
  must(satchel_replica_open(arguments[1], 0, &replica));
  must(satchel_pack_import(replica, arguments[2], 0, NULL));
  char learner[SATCHEL_ID_SIZE];
  if (satchel_learner_find(replica, arguments[3], learner) != SATCHEL_OK)
    must(satchel_learner_add(replica, arguments[3], NULL, learner));

  while (question(replica, learner)) {
  }
  show_progress(replica, learner);
  if (count == 5) sync_with(replica, arguments[4]);
  satchel_replica_close(replica);
  return 0;
}
