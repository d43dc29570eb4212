/* proxy_config.h - between proxy.c and proxy_config.c. */
#ifndef SERVERS_PROXY_CONFIG_H
#define SERVERS_PROXY_CONFIG_H

#include "core/options.h"
#include "servers/proxy.h"

extern const struct option_def   proxy_options[];
extern const struct proxy_config proxy_defaults;

int  proxy_check(void *config, char *why, size_t size);
void proxy_close(void *config);

#endif
