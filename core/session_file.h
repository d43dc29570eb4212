/* session_file.h - the file of a session: opened, found in memory, sent, let go. For session.c; see io.h. */
#ifndef CORE_SESSION_FILE_H
#define CORE_SESSION_FILE_H

#include "session.h"

/* IO_OPEN; the file before it is let go in any case. 0 or -errno. */
int session_open_file(struct worker *, struct session *, const struct job *);

/* io_env.hot_file, for the session whose start() or resume() runs. */
const struct io_file *session_hot_file(const struct io_env *, const char *path);

/* Lets the file go, if there is one. The descriptor is closed only if no one else has use of it. */
void session_close_file(struct worker *, struct session *);

/* Makes the range of the file that IO_SENDFILE names the body of that request, if it is in memory. */
void session_file_as_body(const struct session *, struct io_req *);

/* Sends what is left of the range, at most FILE_PIECE of it: so others have their turn in between. 0 when all of it is
 * gone, -EINTR when there is more; or -errno, -EIO when the file has become too short. */
ssize_t session_send_file(struct worker *, const struct session *, struct end *, struct job *);

#endif
