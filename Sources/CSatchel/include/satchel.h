/**
 * @file satchel.h
 * @brief The C interface of Satchel, the core of an offline learning app.
 *
 * One store file holds content, progress and a tutor; this header is all that an app needs of it:
 *
 * @code{.c}
 * satchel_replica *replica = NULL;
 * satchel_recommendations *next = NULL;
 * char mei[SATCHEL_ID_SIZE];
 *
 * satchel_replica_open("lesson.sqlite", 0, &replica);
 * satchel_learner_add(replica, "Mei", NULL, mei);
 * satchel_learner_recommend(replica, mei, NULL, 3, SATCHEL_ENGLISH, SATCHEL_NOW, &next);
 * for (size_t i = 0; i < next->count; i++) puts(next->list[i]->item);
 * satchel_free(next);
 * satchel_replica_close(replica);
 * @endcode
 *
 * Rules that hold for every function:
 *
 * - **Errors.** A function that can fail answers a ::satchel_status; ::SATCHEL_OK is 0. What went wrong is told by
 *   satchel_last_error(), on the same thread, until its next call that fails. No exception and no signal crosses this border. When a
 *   call fails, what its out-parameters point to is NULL, 0 or an empty text, and the store is as it was.
 * - **Texts** are UTF-8 and end with a NUL. A text that is handed in and is not UTF-8 is refused (::SATCHEL_USAGE_WRONG). Every
 *   text handed in is copied before the call returns.
 * - **Handles** (::satchel_replica, ::satchel_observation, ::satchel_task) are opaque, and end with their own function.
 * - **Results** are read-only, belong to the caller, and are freed by satchel_free(), with all that they point to. They outlive the
 *   replica that they came from. Lists are arrays of pointers, so that a later version can add fields at the end of a struct: read
 *   through the pointers, and never take the size of a result's struct.
 * - **Options** that are handed in begin with their own size; start from their `_INIT`.
 * - **NULL** is refused with ::SATCHEL_USAGE_WRONG where a value is needed; it means "none" where a comment says so. The functions
 *   that free, close, cancel or end take NULL and do nothing.
 * - **Threads.** Every function may be called from any thread, and with one handle from several at once, but for the functions that end
 *   a handle: nothing else may use the handle during or after these. Calls that write wait for one another. A process that forks
 *   uses a replica in one of the two alone.
 * - **Time.** Moments are milliseconds since 1970-01-01 00:00 UTC; ::SATCHEL_NOW is the device's clock, ::SATCHEL_NO_TIME is none.
 * - **Network.** Only a ::satchel_task touches it.
 *
 * Do not unload the library with dlclose(): the Swift runtime inside cannot be.
 */
#ifndef SATCHEL_H
#define SATCHEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- versions */

/** The version of this interface. It grows only when something is removed or changes its meaning; the library's soname with it. */
#define SATCHEL_ABI_VERSION 0

/** The ABI version of the library that is loaded; an app that was compiled with another ::SATCHEL_ABI_VERSION must not go on. */
int satchel_abi_version(void);

/** The library's version, such as "0.1.0". Static; not to be freed. */
const char *satchel_version(void);

/* ---------------------------------------------------------------- values */

/** Bytes of an id as text: 32 hex digits and a NUL. Learners, replicas and records have such ids. */
#define SATCHEL_ID_SIZE 33

/** For a moment that is handed in: now, by the device's clock. */
#define SATCHEL_NOW INT64_MIN

/** In a result: there is no such moment. */
#define SATCHEL_NO_TIME INT64_MIN

/** For a duration that is handed in: not known. */
#define SATCHEL_NO_DURATION (-1)

/** For a score that is handed in: the item gives no part of the credit. */
#define SATCHEL_NO_SCORE (-1.0)

/** The languages of texts. A text that does not exist in one is answered in the other. */
typedef enum satchel_language {
  SATCHEL_ENGLISH = 0,
  SATCHEL_CHINESE = 1
} satchel_language;

/** What a learner says of an item. */
typedef enum satchel_feedback {
  SATCHEL_FEEDBACK_SKIPPED = 1,
  SATCHEL_FEEDBACK_TOO_EASY = 2,
  SATCHEL_FEEDBACK_TOO_HARD = 3,
  SATCHEL_FEEDBACK_LIKED = 4
} satchel_feedback;

/* ---------------------------------------------------------------- errors */

/** How a call ended. The numbers are stable; later versions may bring new ones. */
typedef enum satchel_status {
  SATCHEL_OK = 0,
  SATCHEL_USAGE_WRONG = 1,
  SATCHEL_FILE_MISSING = 100,
  SATCHEL_FILE_UNREADABLE = 101,
  SATCHEL_FILE_MALFORMED = 102,
  SATCHEL_ROWS_MALFORMED = 103,
  SATCHEL_INPUT_TOO_LARGE = 104,
  SATCHEL_CONTENT_BAD_KEY = 105,
  SATCHEL_ITEM_UNKNOWN = 106,
  SATCHEL_SKILL_UNKNOWN = 107,
  SATCHEL_LEARNER_UNKNOWN = 108,
  SATCHEL_LEARNER_AMBIGUOUS = 109,
  SATCHEL_RECORD_INVALID = 110,
  SATCHEL_PACK_INVALID = 111,
  SATCHEL_PACK_HASH_MISMATCH = 112,
  SATCHEL_PACK_BAD_SIGNATURE = 113,
  SATCHEL_PACK_FOREIGN_PUBLISHER = 114,
  SATCHEL_PACK_OLDER_VERSION = 115,
  SATCHEL_MODEL_MALFORMED = 116,
  SATCHEL_MODEL_SHAPE_MISMATCH = 117,
  SATCHEL_MODEL_NOT_FINITE = 118,
  SATCHEL_MODEL_BAD_SIGNATURE = 119,
  SATCHEL_MODEL_HASH_MISMATCH = 120,
  SATCHEL_MODEL_OLDER_VERSION = 121,
  SATCHEL_MODEL_UNKNOWN = 122,
  SATCHEL_MANIFEST_MALFORMED = 123,
  SATCHEL_SEGMENT_MALFORMED = 200,
  SATCHEL_STREAM_BROKEN_CHAIN = 201,
  SATCHEL_STREAM_BAD_SIGNATURE = 202,
  SATCHEL_STREAM_GAP = 203,
  SATCHEL_SCOPE_DENIED = 204,
  SATCHEL_CLASS_UNKNOWN = 300,
  SATCHEL_DEVICE_UNKNOWN = 301,
  SATCHEL_ENROLMENT_REFUSED = 302,
  SATCHEL_ENROLMENT_TOO_MANY = 303,
  SATCHEL_BUNDLE_INCOMPLETE = 400,
  SATCHEL_BUNDLE_MALFORMED = 401,
  SATCHEL_BUNDLE_STRANGER = 402,
  SATCHEL_STORE_MISSING = 500,
  SATCHEL_STORE_FOREIGN = 501,
  SATCHEL_STORE_NEWER = 502,
  SATCHEL_STORE_DAMAGED = 503,
  SATCHEL_STORE_BUSY = 504,
  SATCHEL_STORE_FULL = 505,
  SATCHEL_STORE_READ_ONLY = 506,
  SATCHEL_STORE_FAILED = 507,
  SATCHEL_VAULT_LOCKED = 508,
  SATCHEL_FILE_CANNOT_CREATE = 509,
  SATCHEL_HUB_UNREACHABLE = 600,
  SATCHEL_HUB_TIMEOUT = 601,
  SATCHEL_HUB_TLS = 602,
  SATCHEL_HUB_NOT_A_HUB = 603,
  SATCHEL_HUB_FAILED = 604,
  SATCHEL_HUB_REFUSED = 605,
  SATCHEL_HUB_KEY_CHANGED = 606,
  SATCHEL_HUB_INSECURE = 607,
  SATCHEL_REPLY_MALFORMED = 608,
  SATCHEL_PROTOCOL_NEWER = 609,
  SATCHEL_CANCELLED = 611,
  SATCHEL_TRAINING_BAD_DATA = 700,
  SATCHEL_MEMORY_BAD_PARAMETERS = 701
} satchel_status;

/** What went wrong, to what, because of what. It holds no learner's name, no answer and no key. */
typedef struct satchel_error {
  satchel_status status;
  /** The stable name of the status, such as "learner.unknown"; "" when nothing went wrong yet. */
  const char *code;
  /** What it happened to: a path, an id, a line number. May be "". */
  const char *subject;
  /** The text of the error beneath: SQLite's, libcurl's, the file system's. May be "". */
  const char *cause;
} satchel_error;

/**
 * The error of the last call on this thread that failed. Never NULL; it and its texts are valid until the next call on this thread that
 * fails, and are not to be freed. A call that succeeds leaves it as it is: look at the status first.
 */
const satchel_error *satchel_last_error(void);

/** The last error of this thread as a sentence for people. Valid as long as satchel_last_error()'s; not to be freed. */
const char *satchel_last_error_message(satchel_language language);

/** What to do about the last error of this thread; may be "". Valid as long as satchel_last_error()'s; not to be freed. */
const char *satchel_last_error_hint(satchel_language language);

/** The stable name of a status, such as "learner.unknown"; "" for ::SATCHEL_OK and for numbers that are none. Static. */
const char *satchel_status_name(satchel_status status);

/* ---------------------------------------------------------------- results */

/** Frees a result: whatever a function handed out by an out-parameter that is a pointer to a struct with fields. NULL does nothing. */
void satchel_free(const void *result);

/* ---------------------------------------------------------------- the store */

/** An open store file. Any number of threads may use it; several processes may have one file open. */
typedef struct satchel_replica satchel_replica;

/** For satchel_replica_open(): a file that is missing is ::SATCHEL_STORE_MISSING and not made. */
#define SATCHEL_OPEN_EXISTING 1u

/**
 * Opens the store at a path, and makes it, with its folder, where there is none.
 *
 * @param path of the store file; beside it lie its journal and its key file.
 * @param flags 0, or ::SATCHEL_OPEN_EXISTING.
 * @param out the handle; end it with satchel_replica_close().
 * @return ::SATCHEL_STORE_FOREIGN for a file that is no store, ::SATCHEL_STORE_NEWER for one of a later version,
 *         ::SATCHEL_STORE_DAMAGED, ::SATCHEL_STORE_READ_ONLY where nothing can be written (a store is not opened for reading alone),
 *         ::SATCHEL_FILE_CANNOT_CREATE, ::SATCHEL_FILE_UNREADABLE for a folder; the file is then untouched.
 */
satchel_status satchel_replica_open(const char *path, uint32_t flags, satchel_replica **out);

/**
 * Ends the handle. The file is closed when the last observation and the last task of it have been ended as well.
 */
void satchel_replica_close(satchel_replica *replica);

/** The id of this replica, "" before its first record: a disk image that is made before it can be cloned. */
satchel_status satchel_replica_identity(satchel_replica *replica, char out[SATCHEL_ID_SIZE]);

/* ---------------------------------------------------------------- learners */

/** Somebody who learns. */
typedef struct satchel_learner {
  /** The pseudonym: 32 hex digits. */
  const char *id;
  /** From this replica's vault; NULL where none was given here. Names are never synced. */
  const char *name;
} satchel_learner;

/** Learners in the order of their pseudonyms. */
typedef struct satchel_learners {
  size_t count;
  const satchel_learner *const *list;
} satchel_learners;

/**
 * Adds a learner.
 *
 * @param name 1 to 256 bytes, kept sealed in this replica's vault; NULL for none.
 * @param id the pseudonym that she has on another replica; NULL for a new, random one.
 * @param out her pseudonym; may be NULL.
 * @return ::SATCHEL_RECORD_INVALID for a name that is empty, too long, or holds control characters.
 */
satchel_status satchel_learner_add(
    satchel_replica *replica, const char *name, const char *id, char out[SATCHEL_ID_SIZE]);

/**
 * The pseudonym of the learner that a text means: a pseudonym, a name from the vault, or the name that an imported file gave her.
 *
 * @return ::SATCHEL_LEARNER_UNKNOWN; ::SATCHEL_LEARNER_AMBIGUOUS when two have that name.
 */
satchel_status satchel_learner_find(
    satchel_replica *replica, const char *text, char out[SATCHEL_ID_SIZE]);

/** Everybody whom this replica knows. */
satchel_status satchel_learners_list(satchel_replica *replica, satchel_learners **out);

/* ---------------------------------------------------------------- content */

/** For satchel_pack_import(): takes a pack from another publisher than the one who brought it first, from now on. */
#define SATCHEL_TRUST_PUBLISHER 1u

/** What a pack brought. */
typedef struct satchel_import_report {
  int64_t courses;
  int64_t topics;
  int64_t items;
  int64_t skills;
  int64_t media;
  /** False when this very version was there already. */
  bool is_new;
} satchel_import_report;

/**
 * Takes a signed content pack, whole or not at all.
 *
 * @param flags 0, or ::SATCHEL_TRUST_PUBLISHER.
 * @param out may be NULL.
 * @return ::SATCHEL_FILE_MISSING, ::SATCHEL_PACK_INVALID, ::SATCHEL_PACK_HASH_MISMATCH, ::SATCHEL_PACK_BAD_SIGNATURE,
 *         ::SATCHEL_PACK_FOREIGN_PUBLISHER, ::SATCHEL_PACK_OLDER_VERSION.
 */
satchel_status satchel_pack_import(
    satchel_replica *replica, const char *path, uint32_t flags, satchel_import_report **out);

/** A part of a course. */
typedef struct satchel_topic {
  const char *id;
  const char *title;
} satchel_topic;

/** A course and its topics, in the order of the course. */
typedef struct satchel_course {
  const char *id;
  const char *title;
  size_t topic_count;
  const satchel_topic *const *topics;
} satchel_course;

/** Courses in the order of their keys. */
typedef struct satchel_courses {
  size_t count;
  const satchel_course *const *list;
} satchel_courses;

/** A skill and what it is called. */
typedef struct satchel_skill {
  const char *id;
  const char *title;
} satchel_skill;

/** Skills in the order of their keys. */
typedef struct satchel_skills {
  size_t count;
  const satchel_skill *const *list;
} satchel_skills;

/** Keys of items, in the order of the course. */
typedef struct satchel_item_keys {
  size_t count;
  const char *const *list;
} satchel_item_keys;

/** The courses of all packs. */
satchel_status satchel_courses_list(
    satchel_replica *replica, satchel_language language, satchel_courses **out);

/** The skills that have a title, with it. */
satchel_status satchel_skills_list(
    satchel_replica *replica, satchel_language language, satchel_skills **out);

/** The items of a topic of a course; none for one that is not there. */
satchel_status satchel_topic_items(
    satchel_replica *replica, const char *course, const char *topic, satchel_item_keys **out);

/** How an item is done. */
typedef enum satchel_item_kind {
  /** One of its choices is right. */
  SATCHEL_ITEM_CHOICE = 1,
  /** The answer is typed. */
  SATCHEL_ITEM_ANSWER = 2,
  /** It is read or watched, and not answered. */
  SATCHEL_ITEM_LESSON = 3
} satchel_item_kind;

/** One thing to do, in one language. */
typedef struct satchel_item {
  const char *id;
  const char *topic;
  satchel_item_kind kind;
  const char *question;
  /** For ::SATCHEL_ITEM_CHOICE: what to choose from, and the index of what is right, else -1. */
  size_t choice_count;
  const char *const *choices;
  int32_t correct_choice;
  /** For ::SATCHEL_ITEM_ANSWER: the texts that count as right. */
  size_t answer_count;
  const char *const *answers;
  const char *explanation;
  /** The skills that it exercises, the main one first. */
  size_t skill_count;
  const char *const *skills;
  /** SHA-256 of each medium that it shows, as 64 hex digits: for satchel_medium_read(). */
  size_t medium_count;
  const char *const *media;
  /** The author's guess, 0 (everybody) to 1 (nobody); -1 where there is none. */
  double difficulty;
} satchel_item;

/** Reads an item. @return ::SATCHEL_ITEM_UNKNOWN when no pack describes it. */
satchel_status satchel_item_read(
    satchel_replica *replica, const char *item, satchel_language language, satchel_item **out);

/** A picture, a sound or a film. */
typedef struct satchel_medium {
  /** Such as "image/png". */
  const char *type;
  size_t byte_count;
  const uint8_t *bytes;
} satchel_medium;

/** Reads a medium by the 64 hex digits of its SHA-256. @return ::SATCHEL_USAGE_WRONG for another text, ::SATCHEL_FILE_MISSING when it is not here. */
satchel_status satchel_medium_read(
    satchel_replica *replica, const char *sha256, satchel_medium **out);

/** An item that was found. */
typedef struct satchel_search_result {
  const char *item;
  const char *title;
  const char *snippet;
} satchel_search_result;

/** What was found, best first. */
typedef struct satchel_search_results {
  size_t count;
  const satchel_search_result *const *list;
} satchel_search_results;

/**
 * Items whose texts hold every word of a query; any script, one character is enough.
 *
 * @param limit at most this many, 1 to 10,000.
 */
satchel_status satchel_items_search(
    satchel_replica *replica, const char *query, satchel_language language, size_t limit,
    satchel_search_results **out);

/* ---------------------------------------------------------------- recording */

/** An answer to an item. Start from ::SATCHEL_ANSWER_INIT. */
typedef struct satchel_answer {
  /** sizeof(satchel_answer). */
  size_t size;
  const char *item;
  bool is_correct;
  /** The part of the credit that was earned, 0 to 1, or ::SATCHEL_NO_SCORE. */
  double score;
  /** How long it took, in milliseconds, below 2^32, or ::SATCHEL_NO_DURATION. */
  int64_t duration_ms;
  /** When it was given, or ::SATCHEL_NOW. Records are ordered by recording, whatever this says. */
  int64_t at_ms;
} satchel_answer;

/** An answer that says nothing yet. */
#define SATCHEL_ANSWER_INIT \
  { sizeof(satchel_answer), NULL, false, SATCHEL_NO_SCORE, SATCHEL_NO_DURATION, SATCHEL_NOW }

/**
 * Records an answer durably: when this returns ::SATCHEL_OK, it survives a crash and a power cut.
 *
 * @param learner her pseudonym.
 * @param record the id of the record; may be NULL.
 * @return ::SATCHEL_LEARNER_UNKNOWN, ::SATCHEL_ITEM_UNKNOWN, ::SATCHEL_CONTENT_BAD_KEY for an item that no key can name,
 *         ::SATCHEL_RECORD_INVALID for a score or a duration out of its range,
 *         ::SATCHEL_STORE_FULL, ::SATCHEL_STORE_FAILED; nothing is then recorded.
 */
satchel_status satchel_answer_record(
    satchel_replica *replica, const char *learner, const satchel_answer *answer,
    char record[SATCHEL_ID_SIZE]);

/** Records that something was read or watched. The parameters are as for satchel_answer_record(). */
satchel_status satchel_view_record(
    satchel_replica *replica, const char *learner, const char *item, int64_t duration_ms,
    int64_t at_ms, char record[SATCHEL_ID_SIZE]);

/** Records what a learner says of an item: the tutor heeds it from then on. */
satchel_status satchel_feedback_record(
    satchel_replica *replica, const char *learner, const char *item, satchel_feedback feedback,
    char record[SATCHEL_ID_SIZE]);

/** How many records about a learner this replica holds. */
satchel_status satchel_records_count(satchel_replica *replica, const char *learner, int64_t *out);

/* ---------------------------------------------------------------- what to do next, and why */

/** A reason for a recommendation. */
typedef struct satchel_reason {
  /** A stable name, such as "reviewDue"; later versions may bring new ones. */
  const char *code;
  /** How much it moves the score or the prediction; below 0 when it speaks against it. */
  double weight;
  /** The reason as a sentence. */
  const char *text;
} satchel_reason;

/** One thing to do next. */
typedef struct satchel_recommendation {
  const char *item;
  /** 0 to 1; only its order means something. */
  double score;
  /** The chance of a right answer now, 0 to 1. */
  double probability_correct;
  /** When its review is or was due; ::SATCHEL_NO_TIME for an item never answered. */
  int64_t due_ms;
  /** Those of the path, then those of the prediction, each the strongest first; there is at least one. */
  size_t reason_count;
  const satchel_reason *const *reasons;
} satchel_recommendation;

/** What to do next, best first. */
typedef struct satchel_recommendations {
  size_t count;
  const satchel_recommendation *const *list;
} satchel_recommendations;

/**
 * What a learner should do now. Answers from the file alone, in milliseconds.
 *
 * @param goal the key of a skill that she wants to reach; NULL for none.
 * @param limit at most this many, 1 to 10,000.
 * @param language of the reasons.
 * @param at_ms the moment asked for, or ::SATCHEL_NOW.
 * @return ::SATCHEL_LEARNER_UNKNOWN, ::SATCHEL_SKILL_UNKNOWN.
 */
satchel_status satchel_learner_recommend(
    satchel_replica *replica, const char *learner, const char *goal, size_t limit,
    satchel_language language, int64_t at_ms, satchel_recommendations **out);

/** The chance, 0 to 1, that a learner answers an item right at a moment. */
satchel_status satchel_learner_foretell(
    satchel_replica *replica, const char *learner, const char *item, int64_t at_ms, double *out);

/** One step of a plan. */
typedef struct satchel_path_step {
  const char *item;
  /** The main skill of the item; NULL where it has none. */
  const char *skill;
  /** By how much the step is expected to raise the mastery of the goal and of what leads to it, on average over these skills. */
  double expected_gain;
  /** The chance of a right answer when its turn has come, 0 to 1. */
  double probability_correct;
  /** Why this, as a sentence. */
  const char *why;
} satchel_path_step;

/** A plan. */
typedef struct satchel_path {
  size_t count;
  const satchel_path_step *const *steps;
  /** Mastery of the goal now and, as expected, after the last step, 0 to 1. */
  double mastery;
  double expected_mastery;
} satchel_path;

/**
 * An ordered plan to a goal, if all goes as the tutor expects: make a new one after some answers.
 *
 * @param goal the key of a skill.
 * @param steps at most this many, 1 to 200; the plan is shorter when the goal counts as mastered before.
 */
satchel_status satchel_learner_path(
    satchel_replica *replica, const char *learner, const char *goal, size_t steps,
    satchel_language language, int64_t at_ms, satchel_path **out);

/* ---------------------------------------------------------------- progress */

/** How far a learner has come with one skill. */
typedef struct satchel_skill_progress {
  const char *skill;
  /** 0 to 1: the chance of a right answer to a typical new item, held down while there are few answers. */
  double mastery;
  /** The mastery in seven days if nothing is practised until then. */
  double forecast;
  int64_t attempts;
  int64_t correct;
  /** When a review is or was due; ::SATCHEL_NO_TIME without times. */
  int64_t due_ms;
} satchel_skill_progress;

/** A learner's progress: each skill that she ever practised, in the order of its key. */
typedef struct satchel_progress {
  size_t skill_count;
  const satchel_skill_progress *const *skills;
  int64_t attempts;
  int64_t correct;
  /** Different items answered. */
  int64_t items_met;
  /** When the last answer was given; ::SATCHEL_NO_TIME before the first. */
  int64_t last_ms;
} satchel_progress;

/** How far a learner has come. */
satchel_status satchel_learner_progress(
    satchel_replica *replica, const char *learner, int64_t at_ms, satchel_progress **out);

/* ---------------------------------------------------------------- observing */

/** Tells of changes of one learner, until it is ended. */
typedef struct satchel_observation satchel_observation;

/**
 * Called when something of a learner has changed: a record, a sync, new content or a new model of this replica.
 *
 * It is called from a thread of the library, never from two at once for one observation; changes that come while it runs are told by one
 * more call. It may call this library, and satchel_observation_end() for its own observation; its first call may come before
 * satchel_learner_observe() has written the handle.
 */
typedef void (*satchel_on_change)(void *context, const char *learner);

/**
 * Tells of changes of a learner from now on. It is called once at the start, so that an app can draw its first picture there.
 *
 * @param out end it with satchel_observation_end().
 */
satchel_status satchel_learner_observe(
    satchel_replica *replica, const char *learner, satchel_on_change on_change, void *context,
    satchel_observation **out);

/** Ends an observation. When this returns, its function does not run and will not be called (but for the very call that ends it). */
void satchel_observation_end(satchel_observation *observation);

/* ---------------------------------------------------------------- sync */

/** Work that takes time: a round of sync, an enrolment. */
typedef struct satchel_task satchel_task;

/** How far a task is. */
typedef enum satchel_task_state {
  SATCHEL_TASK_RUNNING = 0,
  /** Done: satchel_task_finish() tells what came of it. */
  SATCHEL_TASK_DONE = 1
} satchel_task_state;

/** For ::satchel_sync_options: no thread of the library does the work; the app calls satchel_task_step(). */
#define SATCHEL_SYNC_STEPWISE 1u
/** Plain HTTP to another machine, on a network that you trust; loopback never needs it. */
#define SATCHEL_SYNC_PLAIN_HTTP 2u
/** Takes a hub's new key, after it was set up anew. */
#define SATCHEL_SYNC_TRUST_NEW_HUB 4u

/** How far a round is: what was sent and received so far. */
typedef struct satchel_sync_progress {
  int64_t records_sent;
  int64_t records_received;
} satchel_sync_progress;

/**
 * Called while a round runs: from a thread of the library, or, with ::SATCHEL_SYNC_STEPWISE, from within satchel_task_step().
 * It may call satchel_task_cancel(), not satchel_task_finish().
 */
typedef void (*satchel_on_progress)(void *context, const satchel_sync_progress *progress);

/** Choices for a task that speaks to a hub. Start from ::SATCHEL_SYNC_OPTIONS_INIT. */
typedef struct satchel_sync_options {
  /** sizeof(satchel_sync_options). */
  size_t size;
  /** SATCHEL_SYNC_... or 0. */
  uint32_t flags;
  /** The line of model versions that is followed; NULL is "stable". */
  const char *channel;
  /** Gives up when nothing moves for this many seconds; 0 is 60. */
  uint32_t stall_seconds;
  /** Keeps the line for another round for this many seconds; 0 closes it at once. */
  uint32_t keep_seconds;
  /** May be NULL. */
  satchel_on_progress on_progress;
  void *context;
} satchel_sync_options;

/** The usual choices. */
#define SATCHEL_SYNC_OPTIONS_INIT \
  { sizeof(satchel_sync_options), 0, NULL, 0, 15, NULL, NULL }

/** What a round did. */
typedef struct satchel_sync_report {
  /** Both sides hold the same records: their fingerprints were compared and are equal. */
  bool converged;
  /** Of the records that this replica holds: 64 hex digits. */
  const char *fingerprint;
  int64_t requests;
  int64_t records_sent;
  int64_t records_received;
  int64_t bytes_sent;
  int64_t bytes_received;
  double seconds;
  /** The newest version that this replica has of the channel, 0 for none, and whether a new one came and was made active. */
  const char *model_channel;
  int64_t model_version;
  bool model_changed;
  /** Names of packs that came. */
  size_t pack_count;
  const char *const *packs;
  /** For a bundle: its writer held more records than this replica does now. */
  bool is_behind;
  /** For a bundle: models and packs that failed their checks; the records were taken all the same. */
  size_t refused_count;
  const char *const *refused;
} satchel_sync_report;

/**
 * Starts a round with a hub: progress both ways, then newer content and models. One round of a store runs at a time.
 *
 * @param url of the hub; NULL is the one that was met last.
 * @param options NULL for the usual ones.
 * @param out end it with satchel_task_finish().
 * @return ::SATCHEL_USAGE_WRONG for an address that is none, and for NULL when no hub was met yet, and other errors of what was handed in;
 *         what goes wrong in the round is told by satchel_task_finish().
 */
satchel_status satchel_sync_start(
    satchel_replica *replica, const char *url, const satchel_sync_options *options,
    satchel_task **out);

/**
 * Starts to join a hub with a one-time code from its keeper. The code is never sent: both sides prove that they know it.
 *
 * @param out end it with satchel_task_finish().
 * @return ::SATCHEL_USAGE_WRONG for an address or a code that is none.
 */
satchel_status satchel_enroll_start(
    satchel_replica *replica, const char *url, const char *code,
    const satchel_sync_options *options, satchel_task **out);

/**
 * A descriptor that is readable while there is something to do: a step is due, or the task is done. For poll(), a GSource or a
 * QSocketNotifier. It belongs to the task: do not read from it nor close it.
 */
int satchel_task_descriptor(satchel_task *task);

/**
 * Does what is due of a task that was started with ::SATCHEL_SYNC_STEPWISE: all of its work on the store and on messages is done in these
 * calls, on the calling thread, a piece at a time (a piece is at most one batch of 256 KiB). Returns without waiting for the network.
 * With other tasks it only answers the state. One thread at a time.
 */
satchel_task_state satchel_task_step(satchel_task *task);

/**
 * Waits until the task is done, stepping it if it is stepwise.
 *
 * @param timeout_ms at most this long; below 0: until it is done.
 */
satchel_task_state satchel_task_wait(satchel_task *task, int64_t timeout_ms);

/** Asks the task to stop: within a fraction of a second it is done, with ::SATCHEL_CANCELLED. The store stays as it is. */
void satchel_task_cancel(satchel_task *task);

/** What a hub let this replica do. */
typedef struct satchel_enrolment {
  /** The hub's id: 32 hex digits. */
  const char *hub;
  /** "school", or "class:3B". */
  size_t scope_count;
  const char *const *scopes;
} satchel_enrolment;

/**
 * Ends a task: cancels it when it still runs, waits for its end, answers what came of it, and frees the handle.
 *
 * @param report of a round; may be NULL. NULL is stored for an enrolment.
 * @param enrolment of an enrolment; may be NULL. NULL is stored for a round.
 * @return how the task ended: ::SATCHEL_HUB_UNREACHABLE, ::SATCHEL_HUB_TIMEOUT, ::SATCHEL_HUB_TLS, ::SATCHEL_ENROLMENT_REFUSED,
 *         ::SATCHEL_STORE_BUSY when another round of the store is under way, ::SATCHEL_CANCELLED and others. What had arrived stays, and
 *         the next round goes on.
 */
satchel_status satchel_task_finish(
    satchel_task *task, satchel_sync_report **report, satchel_enrolment **enrolment);

/* ---------------------------------------------------------------- bundles */

/** For satchel_bundle_write(): only what arrived since the last bundle of that name. */
#define SATCHEL_BUNDLE_SINCE_LAST 1u

/**
 * Writes all that this replica holds to a file, for a USB stick. When this returns ::SATCHEL_OK it is on the disk, flushed.
 *
 * @param flags 0, or ::SATCHEL_BUNDLE_SINCE_LAST.
 * @param part_bytes_max splits it into files of at most this many bytes (path, path.2 ...); 0 is 2 GiB, what FAT32 can hold. A file holds at
 *        least one batch of records or one piece of a pack, however little is allowed.
 *        Below 0 is ::SATCHEL_USAGE_WRONG.
 * @param out may be NULL.
 */
satchel_status satchel_bundle_write(
    satchel_replica *replica, const char *path, uint32_t flags, int64_t part_bytes_max,
    satchel_sync_report **out);

/**
 * Takes a bundle: all of its records or none, then newer packs and models. `converged` says that this replica now holds what
 * the writer held; false is no error, when it holds more: write a bundle back.
 *
 * @param channel of models that is followed; NULL is "stable".
 * @param out may be NULL.
 */
satchel_status satchel_bundle_read(
    satchel_replica *replica, const char *path, const char *channel, satchel_sync_report **out);

/* ---------------------------------------------------------------- models */

/** A version of the tutor's model in this store. */
typedef struct satchel_model {
  /** What satchel_model_use() names. */
  int64_t id;
  /** The release channel that it came by; "local" for a file that was put in by hand. */
  const char *channel;
  int64_t version;
  const char *sha256;
  int64_t byte_count;
  bool is_active;
  /** Its trial on the learners' own recent answers: how many, and the mean log loss of this model and of the one before, in nats. */
  int64_t trial_answers;
  double trial_log_loss;
  double trial_log_loss_before;
} satchel_model;

/** Models, the newest first. While none is active, the built-in baseline serves. */
typedef struct satchel_models {
  size_t count;
  const satchel_model *const *list;
} satchel_models;

/** The models of the store. */
satchel_status satchel_models_list(satchel_replica *replica, satchel_models **out);

/** Puts a model file in by hand and makes it the active one. @return ::SATCHEL_MODEL_MALFORMED and the like. */
satchel_status satchel_model_install(satchel_replica *replica, const char *path);

/** Makes a model of the store the active one. @return ::SATCHEL_MODEL_UNKNOWN. */
satchel_status satchel_model_use(satchel_replica *replica, int64_t id);

/** Goes back to the model that served before, or to the built-in baseline. */
satchel_status satchel_model_rollback(satchel_replica *replica);

#ifdef __cplusplus
}
#endif

#endif /* SATCHEL_H */
