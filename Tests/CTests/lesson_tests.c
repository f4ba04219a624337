/* What an app does in a lesson: content, learners, answers, what to do next and why, progress, models. */
#include "tests.h"

#include <math.h>

static void a_first_lesson_goes_from_an_empty_file_to_a_reason(void) {
  world world = world_with_course();
  satchel_recommendations *next = NULL;
  OK(satchel_learner_recommend(world.replica, world.mei, NULL, 3, SATCHEL_ENGLISH, SATCHEL_NOW, &next));
  CHECK(next->count == 3);
  for (size_t i = 0; i < next->count; i++) {
    const satchel_recommendation *one = next->list[i];
    CHECK(one->probability_correct > 0 && one->probability_correct < 1);
    CHECK(one->due_ms == SATCHEL_NO_TIME);
    CHECK(one->reason_count > 0 && one->reasons[0]->text[0] != 0);
  }
  OK(world_answer(&world, next->list[0]->item, true));
  int64_t count = 0;
  OK(satchel_records_count(world.replica, world.mei, &count));
  CHECK(count == 1);
  satchel_free(next);
  world_end(&world);
}

static void reasons_and_items_are_told_in_both_languages(void) {
  world world = world_with_course();
  satchel_item *english = NULL, *chinese = NULL;
  OK(satchel_item_read(world.replica, "add-within-20-02", SATCHEL_ENGLISH, &english));
  OK(satchel_item_read(world.replica, "add-within-20-02", SATCHEL_CHINESE, &chinese));
  CHECK(strcmp(english->question, chinese->question) != 0);
  CHECK(english->kind == SATCHEL_ITEM_CHOICE && english->choice_count >= 2);
  CHECK(english->correct_choice >= 0 && (size_t)english->correct_choice < english->choice_count);
  SAME(english->skills[0], "add-within-20");
  CHECK((unsigned char)chinese->question[0] >= 0x80);
  satchel_free(english);
  satchel_free(chinese);

  satchel_recommendations *next = NULL;
  OK(satchel_learner_recommend(world.replica, world.mei, NULL, 1, SATCHEL_CHINESE, SATCHEL_NOW, &next));
  CHECK((unsigned char)next->list[0]->reasons[0]->text[0] >= 0x80);
  satchel_free(next);
  world_end(&world);
}

static void the_tree_of_courses_leads_to_every_item(void) {
  world world = world_with_course();
  satchel_courses *courses = NULL;
  OK(satchel_courses_list(world.replica, SATCHEL_ENGLISH, &courses));
  CHECK(courses->count == 1);
  size_t items = 0;
  for (size_t i = 0; i < courses->list[0]->topic_count; i++) {
    satchel_item_keys *keys = NULL;
    OK(satchel_topic_items(world.replica, courses->list[0]->id, courses->list[0]->topics[i]->id, &keys));
    for (size_t k = 0; k < keys->count; k++) {
      satchel_item *item = NULL;
      OK(satchel_item_read(world.replica, keys->list[k], SATCHEL_ENGLISH, &item));
      SAME(item->topic, courses->list[0]->topics[i]->id);
      satchel_free(item);
    }
    items += keys->count;
    satchel_free(keys);
  }
  satchel_free(courses);

  /* The same pack again brings nothing, and says so. */
  satchel_import_report *report = NULL;
  OK(satchel_pack_import(world.replica, getenv("SATCHEL_PACK"), 0, &report));
  CHECK(!report->is_new && (size_t)report->items == items);
  satchel_skills *skills = NULL;
  OK(satchel_skills_list(world.replica, SATCHEL_CHINESE, &skills));
  CHECK((int64_t)skills->count == report->skills && skills->list[0]->title[0] != 0);
  satchel_free(skills);
  satchel_free(report);
  world_end(&world);
}

static void search_finds_a_word_of_two_characters(void) {
  world world = world_with_course();
  satchel_search_results *found = NULL;
  OK(satchel_items_search(world.replica, "分数", SATCHEL_CHINESE, 5, &found));
  CHECK(found->count > 0 && found->count <= 5);
  satchel_free(found);
  OK(satchel_items_search(world.replica, "no such words", SATCHEL_ENGLISH, 5, &found));
  CHECK(found->count == 0 && found->list != NULL);
  satchel_free(found);
  world_end(&world);
}

static void learners_are_found_by_name_and_by_pseudonym(void) {
  world world = world_with_course();
  char again[SATCHEL_ID_SIZE], visitor[SATCHEL_ID_SIZE];
  OK(satchel_learner_find(world.replica, "Mei", again));
  SAME(again, world.mei);
  OK(satchel_learner_add(world.replica, NULL, "0123456789abcdef0123456789abcdef", visitor));
  SAME(visitor, "0123456789abcdef0123456789abcdef");
  satchel_learners *learners = NULL;
  OK(satchel_learners_list(world.replica, &learners));
  CHECK(learners->count == 2);
  for (size_t i = 0; i < learners->count; i++) {
    bool is_mei = strcmp(learners->list[i]->id, world.mei) == 0;
    CHECK(is_mei == (learners->list[i]->name != NULL));
  }
  satchel_free(learners);
  CHECK(satchel_learner_find(world.replica, "Lina", again) == SATCHEL_LEARNER_UNKNOWN);
  SAME(again, "");
  world_end(&world);
}

static void what_is_recorded_is_there_after_opening_again(void) {
  world world = world_with_course();
  char record[SATCHEL_ID_SIZE], identity[SATCHEL_ID_SIZE];
  OK(satchel_replica_identity(world.replica, identity));
  SAME(identity, "");
  satchel_answer answer = SATCHEL_ANSWER_INIT;
  answer.item = "add-within-20-01";
  answer.is_correct = true;
  answer.score = 0.5;
  answer.duration_ms = 4200;
  answer.at_ms = 1788768000000;
  OK(satchel_answer_record(world.replica, world.mei, &answer, record));
  CHECK(strlen(record) == 32);
  OK(satchel_view_record(world.replica, world.mei, "add-within-20-02", SATCHEL_NO_DURATION, SATCHEL_NOW, NULL));
  OK(satchel_feedback_record(world.replica, world.mei, "add-within-20-03", SATCHEL_FEEDBACK_TOO_HARD, NULL));
  OK(satchel_replica_identity(world.replica, identity));
  CHECK(strlen(identity) == 32);

  satchel_replica_close(world.replica);
  OK(satchel_replica_open(world.store, SATCHEL_OPEN_EXISTING, &world.replica));

  int64_t count = 0;
  OK(satchel_records_count(world.replica, world.mei, &count));
  CHECK(count == 3);
  satchel_progress *progress = NULL;
  OK(satchel_learner_progress(world.replica, world.mei, 1788768000000 + 86400000, &progress));
  CHECK(progress->attempts == 1 && progress->correct == 1 && progress->items_met == 1);
  CHECK(progress->last_ms == 1788768000000);
  CHECK(progress->skill_count >= 1);
  SAME(progress->skills[0]->skill, "add-within-20");
  CHECK(progress->skills[0]->mastery > 0 && progress->skills[0]->mastery < 1);
  CHECK(progress->skills[0]->due_ms > progress->last_ms);
  satchel_free(progress);
  world_end(&world);
}

static void a_plan_leads_to_a_goal_by_its_prerequisites(void) {
  world world = world_with_course();
  satchel_path *path = NULL;
  OK(satchel_learner_path(world.replica, world.mei, "add-fractions-unlike", 8, SATCHEL_ENGLISH, SATCHEL_NOW, &path));
  CHECK(path->count == 8);
  CHECK(path->mastery >= 0 && path->mastery < path->expected_mastery + 1e-9);
  double gain = 0;
  for (size_t i = 0; i < path->count; i++) {
    gain += path->steps[i]->expected_gain;
    CHECK(path->steps[i]->why[0] != 0 && path->steps[i]->skill != NULL);
  }
  CHECK(gain > 0);
  satchel_free(path);
  CHECK(satchel_learner_path(world.replica, world.mei, "no-such-skill", 8, SATCHEL_ENGLISH, SATCHEL_NOW, &path) == SATCHEL_SKILL_UNKNOWN);
  CHECK(path == NULL);
  world_end(&world);
}

static void a_right_answer_raises_what_is_foretold_of_the_skill(void) {
  world world = world_with_course();
  double before = 0, after = 0;
  OK(satchel_learner_foretell(world.replica, world.mei, "add-within-20-08", SATCHEL_NOW, &before));
  for (int i = 0; i < 4; i++) {
    char item[64];
    snprintf(item, sizeof item, "add-within-20-0%d", i + 1);
    OK(world_answer(&world, item, true));
  }
  OK(satchel_learner_foretell(world.replica, world.mei, "add-within-20-08", SATCHEL_NOW, &after));
  CHECK(before > 0 && after < 1 && after > before);
  world_end(&world);
}

static void a_model_file_can_be_put_in_used_and_left_again(void) {
  world world = world_with_course();
  satchel_models *models = NULL;
  OK(satchel_models_list(world.replica, &models));
  CHECK(models->count == 0);
  satchel_free(models);
  OK(satchel_model_install(world.replica, getenv("SATCHEL_MODEL")));
  OK(satchel_models_list(world.replica, &models));
  CHECK(models->count == 1 && models->list[0]->is_active && strlen(models->list[0]->sha256) == 64);
  SAME(models->list[0]->channel, "local");
  int64_t id = models->list[0]->id;
  satchel_free(models);
  OK(satchel_model_rollback(world.replica));
  OK(satchel_models_list(world.replica, &models));
  CHECK(!models->list[0]->is_active);
  satchel_free(models);
  OK(satchel_model_use(world.replica, id));
  CHECK(satchel_model_use(world.replica, id + 1) == SATCHEL_MODEL_UNKNOWN);
  CHECK(satchel_model_install(world.replica, getenv("SATCHEL_PACK")) == SATCHEL_MODEL_MALFORMED);
  world_end(&world);
}

const test lesson_tests[] = {
    {"a first lesson goes from an empty file to a reason", a_first_lesson_goes_from_an_empty_file_to_a_reason},
    {"reasons and items are told in both languages", reasons_and_items_are_told_in_both_languages},
    {"the tree of courses leads to every item", the_tree_of_courses_leads_to_every_item},
    {"search finds a word of two characters", search_finds_a_word_of_two_characters},
    {"learners are found by name and by pseudonym", learners_are_found_by_name_and_by_pseudonym},
    {"what is recorded is there after opening again", what_is_recorded_is_there_after_opening_again},
    {"a plan leads to a goal by its prerequisites", a_plan_leads_to_a_goal_by_its_prerequisites},
    {"a right answer raises what is foretold of the skill", a_right_answer_raises_what_is_foretold_of_the_skill},
    {"a model file can be put in, used and left again", a_model_file_can_be_put_in_used_and_left_again},
    {NULL, NULL}};
