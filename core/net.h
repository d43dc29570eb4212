/* net.h - addresses: names to sockets and back. Used before and beside serving, never for a request, so these
 * calls are not counted. All functions return >= 0 or -errno; a name that does not resolve is -ENXIO. */
#ifndef CORE_NET_H
#define CORE_NET_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "io.h"

/* "127.0.0.1, 40338" as the log prints it. Returns out; PEER_TEXT bytes are enough. */
enum { PEER_TEXT = 56 };
char *peer_format(char *out, size_t size, const struct peer *);
void  peer_from_sockaddr(struct peer *, const struct sockaddr *);

/* "127.0.0.1:1060", "[::1]:1060": the socket's own address. NET_TEXT bytes are enough. */
enum { NET_TEXT = 64 };
int net_local_name(int fd, char *out, size_t size);

/* A listening socket. host "" means all interfaces (IPv6 and IPv4 where the machine has both); port 0 takes a
 * free one. TCP_NODELAY is set here once and inherited by every accepted socket (tcp(7); Linux), so no
 * connection pays for it. */
int net_listen(const char *host, uint16_t port, int backlog, bool shared);

/* Another listener on the same address, of its own queue: the first one was made with `shared` (SO_REUSEPORT,
 * socket(7)). */
int net_listen_again(int listen_fd, int backlog);

/* The same address, only bound: no one can connect, no connection gets the port for its own end, but net_listen()
 * in another process can still have it, again and again (SO_REUSEADDR on both; socket(7)). */
int net_reserve(const char *host, uint16_t port);

/* TCP_NODELAY, so that a small answer does not wait for the one before it to be acknowledged. */
void net_no_delay(int fd);

/* Every address of the name: *list is for freeaddrinfo(3). 0, or an EAI_ code for gai_strerror(3). */
int net_resolve(const char *host, uint16_t port, struct addrinfo **list);

/* The same for an address in digits; anything else is an error at once, without asking anyone. */
int net_numeric(const char *host, uint16_t port, struct addrinfo **list);

/* Connects (blocking) to each address in turn until one answers. A descriptor or -errno of the last one tried;
 * -ENXIO: the name does not resolve. */
int net_connect(const char *host, uint16_t port);

/* Splits "host:port", "[v6]:port", "host" (port stays as it is). 0 or -EINVAL. The host is copied unbracketed. */
int net_split(const char *text, char *host, size_t size, uint16_t *port);

/* Raises the soft limit of descriptors to the hard one; returns the limit. */
int net_raise_fd_limit(void);

#endif
