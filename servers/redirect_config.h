/* redirect_config.h - between redirect.c and redirect_config.c. */
#ifndef SERVERS_REDIRECT_CONFIG_H
#define SERVERS_REDIRECT_CONFIG_H

#include "core/options.h"
#include "redirect.h"

#define REDIRECT_TEXT  "It is elsewhere: see Location.\n"
#define REDIRECT_END   "\r\n\r\n"
#define REDIRECT_KEEP  "\r\nConnection: keep-alive\r\n\r\n"
#define REDIRECT_CLOSE "\r\nConnection: close\r\n\r\n"

extern const struct option_def redirect_options[];

int redirect_check(void *config, char *why, size_t size);

#endif
