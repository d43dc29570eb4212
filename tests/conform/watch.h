/* watch.h - the server seen from outside: what it holds, as proc(5) tells. Its children count with it. */
#ifndef CONFORM_WATCH_H
#define CONFORM_WATCH_H

struct holding {
	int  fds;       /* open descriptors */
	int  tasks;     /* threads, also of children; a child that nobody waits for (a zombie) is one */
	long memory_kib; /* resident */
};

/* Of the process and all its children. 0, or -errno: the process has gone. */
int watch_server(int pid, struct holding *);

#endif
