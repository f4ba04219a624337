// What Swift cannot call of libcurl: its variadic setters and getters, one typed function for each kind of argument,
// and the result inside CURLMsg's union. Nothing else belongs here.
#ifndef SATCHEL_CCURLSHIM_H
#define SATCHEL_CCURLSHIM_H

#include <curl/curl.h>

static inline CURLcode satchel_curl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode satchel_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

// libcurl copies strings, except for those options whose manual page says that it does not (COPYPOSTFIELDS copies).
static inline CURLcode satchel_curl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

// libcurl keeps the pointer: what it points to must outlive the transfer.
static inline CURLcode satchel_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

// The one shape that the header and the body callback share: returns how many bytes were taken; fewer than
// size * count abort the transfer.
typedef size_t (*satchel_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode satchel_curl_set_receiver(CURL *easy, CURLoption option,
                                                 satchel_curl_receiver receiver) {
  return curl_easy_setopt(easy, option, receiver);
}

static inline CURLcode satchel_curl_set_watcher(CURL *easy, CURLoption option,
                                                curl_debug_callback watcher) {
  return curl_easy_setopt(easy, option, watcher);
}

static inline CURLcode satchel_curl_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode satchel_curl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(easy, info, value);
}

// Valid only for a message that says CURLMSG_DONE.
static inline CURLcode satchel_curl_message_result(const CURLMsg *message) {
  return message->data.result;
}

#endif
