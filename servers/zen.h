/* zen.h - the question/answer service; the protocol is proto/zen.h. */
#ifndef SERVERS_ZEN_H
#define SERVERS_ZEN_H

#include "core/io.h"

enum zen_think { ZEN_THINK_TIMER, ZEN_THINK_BLOCK };

struct zen_config {
	int think_ms; /* before each answer; 0: none */
	int think;    /* enum zen_think */
};

extern const struct service zen_service;

#endif
