// What ThreadSanitizer must be told of Swift's Mutex. Its fast path is compiled into the library and seen; where two threads meet, the lock
// goes through the kernel (a PI futex) in libswiftSynchronization, which is not compiled with the sanitizer, and what one thread did
// before it let go would seem unordered with what the next does. The linker's --wrap puts these two in between.
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
// Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow()
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void real_lock(uint32_t thread, SELF void *mutex) __asm__("__real_" LOCK);
SWIFT void real_unlock(SELF void *mutex) __asm__("__real_" UNLOCK);
SWIFT void lock(uint32_t thread, SELF void *mutex) __asm__("__wrap_" LOCK);
SWIFT void unlock(SELF void *mutex) __asm__("__wrap_" UNLOCK);

SWIFT void lock(uint32_t thread, SELF void *mutex) {
  real_lock(thread, mutex);
  __tsan_acquire(mutex);
}

SWIFT void unlock(SELF void *mutex) {
  __tsan_release(mutex);
  real_unlock(mutex);
}
