/* echo.h - the echo service (RFC 862): every byte comes back. */
#ifndef SERVERS_ECHO_H
#define SERVERS_ECHO_H

#include "core/io.h"

extern const struct service echo_service;

#endif
