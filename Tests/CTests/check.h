/*
 * A test is a function; its name is a sentence. What does not hold is told with its line, and the test goes on.
 */
#ifndef CHECK_H
#define CHECK_H

#include <satchel.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

extern int checks_failed;

#define CHECK(condition)                                                                        \
  do {                                                                                          \
    if (!(condition)) {                                                                         \
      printf("  %s:%d: %s does not hold; last error: %s (%s)\n", __FILE__, __LINE__, #condition, \
             satchel_last_error_message(SATCHEL_ENGLISH), satchel_last_error()->cause);         \
      __atomic_add_fetch(&checks_failed, 1, __ATOMIC_SEQ_CST);                                  \
    }                                                                                           \
  } while (0)

#define OK(call) CHECK((call) == SATCHEL_OK)

#define SAME(left, right) CHECK(strcmp((left), (right)) == 0)

/* The world of one test: a folder of its own with an empty store, and the fixture course where it is asked for. */
typedef struct world {
  char folder[256];
  char store[300];
  satchel_replica *replica;
  char mei[SATCHEL_ID_SIZE];
} world;

/* A store with the course and one learner, Mei. */
world world_with_course(void);
world empty_world(void);
/* Closes the store and removes the folder. */
void world_end(world *world);
/* A path in the world's folder; valid until the next call on this thread. */
const char *world_file(const world *world, const char *name);
/* Answers an item; true is right. */
satchel_status world_answer(world *world, const char *item, bool is_correct);

/* A real hub in a child process, serving on loopback. */
typedef struct hub {
  int process;
  char store[300];
  char url[128];
} hub;

/* Without SATCHEL_HUB, the path of the program, there is none: `url` is then empty, and the test must skip and say so. */
hub hub_start(const world *world);
/* A one-time code that the hub's keeper made. */
void hub_invite(const hub *hub, char code[64]);
void hub_end(hub *hub);

typedef struct test {
  const char *name;
  void (*run)(void);
} test;

#endif
