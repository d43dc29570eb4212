/* version.h - the one place that knows the version. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#define MUXLAB_VERSION "0.1.0"

#endif
