/* cluster.c - web slaves and a redirect master as one command, kept running.
 *
 *     client --GET /x--> redirect_master :8080                  what dies is started again
 *        |  <--301-- Location: http://127.0.0.1:9002/x          on its port, after a pause
 *        +--GET /x--> web_server :9002  (beside it :9000, :9001, :9003, :9004)
 *
 * The start: all ports are reserved (so a port that is taken is one clear line before anything runs), then
 * the slaves are started one after the other, then the master, who is told where they are. The end, at
 * Ctrl-C, goes the other way: first the master, so that no client is sent to a slave that is gone, then the
 * slaves. The ports stay reserved while the cluster runs: a slave that is down refuses connections at once,
 * and nobody can take its place.
 *
 * So kill -9 of a slave costs no more than the redirects to it that clients already have: the master watches a
 * connection to each slave, and sends no one to it from the moment the kernel closes what the dead had open.
 * A slave that hangs is the master's business too, who asks each one for /status; here only death is noticed.
 *
 * How programs are kept running is in core/children.c; here are only the options and the command lines.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/children.h"
#include "core/children_start.h"
#include "core/log.h"
#include "core/net.h"
#include "core/options.h"

enum {
	SLAVES_MAX = 64, /* as many as the master takes */
	SLAVE_ARGS_MAX = 32,
	MASTER_ARGS_MAX = 64,
	PORT_BASE = 9000,
	MASTER_PORT = 8080,
	OWN_ARGS = 16,   /* more than what we put into one command line, but for the slaves' addresses */
	MORE_GRACE_MS = 1000, /* a server cuts its sessions after --grace and ends by itself; then we kill */
};

struct config {
	const char *host, *name, *backend, *root;
	int         slaves;
	int         base;  /* 0: free ports */
	int         port;  /* the master's; -1: not given */
	int         grace_ms, log_level;
	bool        no_watch;
	int         n_slave_args, n_master_args;
	const char *slave_args[SLAVE_ARGS_MAX];
	char      **master_args; /* those after "--" */
};

struct cluster {
	struct config   config;
	struct children children;
	struct child    child[SLAVES_MAX + 1]; /* the slaves, then the master */
	int             n;                     /* slaves */
	/* What the command lines point to. */
	char            web_path[4096], master_path[4096];
	char            grace[16];
	struct {
		char        name[24], port[8];
		char        named[300];        /* --name:port */
		const char *argv[OWN_ARGS + SLAVE_ARGS_MAX];
	} slave[SLAVES_MAX];
	char            master_port[8];
	const char     *master_argv[OWN_ARGS + 2 * SLAVES_MAX + MASTER_ARGS_MAX];
};

/* ---- options ---- */

static int set_ports(void *target, const struct option_def *def, const char *value)
{
	struct config *config = target;
	long long base = 0;
	if (strcmp(value, "auto") != 0 && (parse_number(value, &base) || base < 1 || base > 65535))
		return option_complain(def, "'%s' is neither auto nor a port from 1 to 65535", value);
	config->base = (int)base;
	return 0;
}

static int set_slave_arg(void *target, const struct option_def *def, const char *value)
{
	struct config *config = target;
	if (config->n_slave_args == SLAVE_ARGS_MAX)
		return option_complain(def, "at most %d of them", SLAVE_ARGS_MAX);
	config->slave_args[config->n_slave_args++] = value;
	return 0;
}

#define FIELD(name) .offset = offsetof(struct config, name)

static const struct option_def cluster_options[] = {
	{ .name = "slaves", .letter = 'n', .arg = "N", .help = "so many web servers (5)", .set = set_int,
	  FIELD(slaves), .min = 1, .max = SLAVES_MAX },
	{ .name = "ports", .arg = "BASE",
	  .help = "the slaves' ports: BASE, BASE + 1, ...; auto: free ones (9000)", .set = set_ports },
	{ .name = "port", .letter = 'p', .arg = "PORT",
	  .help = "the master's; 0: a free one (8080; with --ports auto 0)", .set = set_int, FIELD(port),
	  .max = 65535 },
	{ .name = "name", .arg = "HOST",
	  .help = "what clients shall call this machine, when HOST is every address", .set = set_string, FIELD(name) },
	{ .name = "backend", .letter = 'b', .arg = "NAME", .help = "how all of them wait (epoll_lt)",
	  .set = set_string, FIELD(backend) },
	{ .name = "root", .arg = "DIR", .help = "the folder that the slaves serve (.)", .set = set_string,
	  FIELD(root) },
	{ .name = "slave-arg", .arg = "ARG", .help = "one more argument for each slave; repeatable",
	  .set = set_slave_arg },
	{ .name = "no-watch", .help = "the master only asks each second: for backends that serve one client at a time",
	  .set = set_flag, FIELD(no_watch) },
	{ .name = "grace", .arg = "TIME", .help = "how long requests in flight may take at the end (5s)",
	  .set = set_seconds_ms, FIELD(grace_ms), .max = 3600000 },
	{ .name = "log-level", .arg = "LEVEL", .help = "debug, info, warning or error (info)",
	  .set = set_choice, FIELD(log_level), .choices = log_level_names },
	{ 0 },
};

static const struct program program = {
	"cluster",
	"Web servers and a redirect master that deals clients to them; what dies is started again.",
	"[HOST] [OPTION...] [-- OPTION-OF-THE-MASTER...]",
	"Example: cluster --ports auto --root /usr/share/doc -- --policy least_loaded\n"
	"When all listen, and only then, the addresses are printed. Who dies is started again after 100 ms,\n"
	"200 ms, ... 5 s; after 10 s of life the pauses begin anew. SIGINT (Ctrl-C) and SIGTERM stop the master,\n"
	"then the slaves; a second one does not wait. SIGHUP and SIGUSR1 are passed on to all.",
};

/* Everything after "--" is the master's. 0, or a negative answer as of options_parse(). */
static int read_options(struct config *config, int argc, char **argv)
{
	struct option_set sets[] = { { "Options", cluster_options, config }, { 0 } };
	int own = 1;
	while (own < argc && strcmp(argv[own], "--") != 0)
		own++;
	config->master_args = argv + own + 1;
	config->n_master_args = own < argc ? argc - own - 1 : 0;
	int operand = options_parse(&program, sets, own, argv);
	if (operand < 0)
		return operand;
	if (own - operand > 1) {
		fprintf(stderr, "cluster: one HOST at most, not '%s' too\n", argv[operand + 1]);
		return OPTIONS_WRONG;
	}
	if (operand < own)
		config->host = argv[operand];
	if (config->port < 0)
		config->port = config->base ? MASTER_PORT : 0;
	return 0;
}

/* What is wrong with the options together, or NULL. */
static const char *contradiction(const struct config *config)
{
	if (config->n_master_args > MASTER_ARGS_MAX)
		return "too many options for the master";
	if (config->base + config->slaves - 1 > 65535)
		return "--ports: there are no ports above 65535 for so many slaves";
	if (config->base && config->port >= config->base && config->port < config->base + config->slaves)
		return "--port: the master's port is among those of the slaves; choose another";
	if (config->name && (!*config->name || strlen(config->name) > 255 || strpbrk(config->name, "/ =\r\n")))
		return "--name: that is not the name of a machine";
	return NULL;
}

/* ---- ports ---- */

/* The descriptor that holds the port is never closed: it ends with us. */
static int reserve(const struct cluster *c, int port, const char *hint, char *where)
{
	int fd = net_reserve(c->config.host, (uint16_t)port);
	if (fd >= 0)
		return net_local_name(fd, where, CHILD_TEXT);
	fprintf(stderr, "cluster: cannot listen on %s, port %d: %s%s\n",
		*c->config.host ? c->config.host : "all interfaces", port,
		fd == -ENXIO ? "the name has no address" : strerrordesc_np(-fd), fd == -EADDRINUSE ? hint : "");
	return fd;
}

static bool every_address(const char *where)
{
	return strncmp(where, "0.0.0.0:", 8) == 0 || strncmp(where, "[::]:", 5) == 0;
}

static const char *port_of(const char *where)
{
	return strrchr(where, ':') + 1;
}

/* 0, or the exit status. */
static int reserve_all(struct cluster *c)
{
	struct child *master = &c->child[c->n];
	for (int i = 0; i < c->n; i++) {
		int port = c->config.base ? c->config.base + i : 0;
		if (reserve(c, port, "; choose others with --ports (auto takes free ones)", c->child[i].where))
			return 1;
		snprintf(c->slave[i].port, sizeof c->slave[i].port, "%s", port_of(c->child[i].where));
	}
	if (reserve(c, c->config.port, "; choose another with --port (0 takes a free one)", master->where))
		return 1;
	snprintf(c->master_port, sizeof c->master_port, "%s", port_of(master->where));
	if (!c->config.name && every_address(master->where)) {
		fprintf(stderr, "cluster: clients cannot be sent to every address of a machine; ");
		fprintf(stderr, "say with --name what they shall call it\n");
		return 2;
	}
	return 0;
}

/* ---- command lines ---- */

struct line {
	const char **argv;
	int          n;
};

static void add(struct line *line, const char *word)
{
	line->argv[line->n++] = word;
	line->argv[line->n] = NULL;
}

static void add_option(struct line *line, const char *name, const char *value)
{
	if (!value)
		return;
	add(line, name);
	add(line, value);
}

static struct line begin_line(const struct cluster *c, const char **argv, const char *path, const char *port)
{
	struct line line = { argv, 0 };
	add(&line, path);
	add_option(&line, "--port", port);
	add_option(&line, "--backend", c->config.backend);
	add_option(&line, "--grace", c->grace);
	add_option(&line, "--log-level", log_level_names[c->config.log_level]);
	return line;
}

static void write_slave(struct cluster *c, int i)
{
	struct line line = begin_line(c, c->slave[i].argv, c->web_path, c->slave[i].port);
	add_option(&line, "--root", c->config.root);
	for (int k = 0; k < c->config.n_slave_args; k++)
		add(&line, c->config.slave_args[k]);
	add(&line, c->config.host);
	snprintf(c->slave[i].name, sizeof c->slave[i].name, "slave %d", i);
	c->child[i].name = c->slave[i].name;
	c->child[i].argv = c->slave[i].argv;
}

/* What the master tells clients. */
static const char *address(struct cluster *c, int i)
{
	char port[8];
	if (!c->config.name)
		return c->child[i].where;
	memcpy(port, c->slave[i].port, sizeof port);
	snprintf(c->slave[i].named, sizeof c->slave[i].named, "%s:%s", c->config.name, port);
	return c->slave[i].named;
}

/* A watched slave has one client that never leaves: the master, who so learns of its death at once. */
static bool may_watch(const struct config *config)
{
	return !config->no_watch && !(config->backend && strcmp(config->backend, "iterative") == 0);
}

static void write_master(struct cluster *c)
{
	struct line line = begin_line(c, c->master_argv, c->master_path, c->master_port);
	if (may_watch(&c->config))
		add(&line, "--health-watch");
	for (int i = 0; i < c->n; i++)
		add_option(&line, "--slave", address(c, i));
	for (int k = 0; k < c->config.n_master_args; k++)
		add(&line, c->config.master_args[k]);
	add(&line, c->config.host);
	c->child[c->n].name = "master";
	c->child[c->n].argv = c->master_argv;
}

static int find(const char *name, char *path, size_t size)
{
	int error = program_beside(name, path, size);
	if (error)
		fprintf(stderr, "cluster: cannot start %s, which belongs beside this program: %s\n",
			*path ? path : name, strerrordesc_np(-error));
	return error;
}

/* 0, or the exit status. */
static int write_all(struct cluster *c)
{
	if (find("web_server", c->web_path, sizeof c->web_path) ||
	    find("redirect_master", c->master_path, sizeof c->master_path))
		return 1;
	snprintf(c->grace, sizeof c->grace, "%dms", c->config.grace_ms);
	for (int i = 0; i < c->n; i++)
		write_slave(c, i);
	write_master(c);
	return 0;
}

/* ---- running ---- */

/* A server that ends with 1 or 2 has said why in one clear line: it needs no second one. Returns the exit
 * status. */
static int complain_start(const struct child *child, int error)
{
	if (error == -ECHILD && child->status != 1 && child->status != 2)
		fprintf(stderr, "cluster: %s (%s, %s) did not start: %s\n", child->name, child->where,
			child->argv[0], child->how);
	else if (error != -ECHILD)
		fprintf(stderr, "cluster: cannot start %s: %s\n", child->argv[0], strerrordesc_np(-error));
	return error == -ECHILD && child->status == 2 ? 2 : 1;
}

/* 0, also when asked to stop; or the exit status. One after the other: what is wrong with all is said once. */
static int start_all(struct cluster *c)
{
	for (int i = 0; i <= c->n; i++) {
		int error = children_start(&c->children, &c->child[i]);
		if (error == -ECANCELED)
			return 0;
		if (error)
			return complain_start(&c->child[i], error);
	}
	return 0;
}

static void print_child(const struct cluster *c, const struct child *child)
{
	printf("  %-10s pid %-8d http://", child->name, (int)child->pid);
	if (c->config.name)
		printf("%s:%s\n", c->config.name, port_of(child->where));
	else
		printf("%s\n", child->where);
}

/* "cluster: listening on 127.0.0.1:8080 (5 slaves: 127.0.0.1:9000 ... 9004)" */
static void print_table(const struct cluster *c)
{
	const struct child *master = &c->child[c->n], *slaves = c->child;
	printf("cluster: listening on %s (%d slave%s", master->where, c->n, c->n == 1 ? "" : "s");
	if (c->n == 1)
		printf(": %s)\n", slaves[0].where);
	else if (c->config.base)
		printf(": %s ... %s)\n", slaves[0].where, c->slave[c->n - 1].port);
	else
		printf(" on free ports)\n");
	print_child(c, master);
	for (int i = 0; i < c->n; i++)
		print_child(c, &slaves[i]);
	fflush(stdout);
}

/* The exit status. */
static int run(struct cluster *c)
{
	int grace_ms = c->config.grace_ms + MORE_GRACE_MS;
	int status = start_all(c);
	if (!status && !c->children.asked) {
		print_table(c);
		children_keep(&c->children);
		log_info("stopping: the master, then the slaves");
	}
	if (status)
		c->children.hurry = true; /* no client has been told of them yet */
	children_stop(&c->children, &c->child[c->n], 1, grace_ms);
	children_stop(&c->children, &c->child[0], c->n, grace_ms);
	return status ? status : c->children.badly ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct cluster c = { .config = { .host = "127.0.0.1", .slaves = 5, .base = PORT_BASE, .port = -1,
						.grace_ms = 5000, .log_level = LOG_INFO } };
	int answer = read_options(&c.config, argc, argv);
	if (answer < 0)
		return options_status(answer);
	const char *why = contradiction(&c.config);
	if (why) {
		fprintf(stderr, "cluster: %s\n", why);
		return 2;
	}
	c.n = c.config.slaves;
	c.children.child = c.child;
	c.children.n = c.n + 1;
	log_open("cluster", (enum log_level)c.config.log_level, NULL);
	int error = children_open(&c.children);
	if (error) {
		fprintf(stderr, "cluster: cannot take signals: %s\n", strerrordesc_np(-error));
		return 1;
	}
	int status = reserve_all(&c);
	if (!status)
		status = write_all(&c);
	return status ? status : run(&c);
}
