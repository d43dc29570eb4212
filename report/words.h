/* words.h - titles and sentences that the data bears out. All write plain text. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "chart.h"

/* Titles, at most TITLE_LENGTH characters. */
void words_throughput_title(FILE *, const struct chart *);
void words_cpu_title(FILE *, const struct chart *);
void words_cpu_mib_title(FILE *, const struct chart *);
void words_hit_title(FILE *, const struct chart *);
void words_growth_title(FILE *, const struct chart *);  /* of CPU time, with idle connections */
void words_tail_title(FILE *, const struct chart *);
void words_spectrum_title(FILE *, const struct chart *); /* the chart holds p99 */
void words_calls_title(FILE *, const struct chart *);

void words_memory_title(FILE *, const struct chart *);
void words_creation_title(FILE *, const struct chart *);
void words_busiest_title(FILE *, const struct chart *);
void words_starve_title(FILE *, const struct chart *);

/* One or two sentences. */
void words_most_sentence(FILE *, const struct chart *);  /* throughput: more is better */
void words_least_sentence(FILE *, const struct chart *); /* CPU: less is better */
void words_least_mib_sentence(FILE *, const struct chart *);
void words_hit_sentence(FILE *, const struct chart *);
void words_growth_sentence(FILE *, const struct chart *);
void words_tail_sentence(FILE *, const struct chart *);
void words_calls_sentence(FILE *, const struct chart *);
void words_memory_sentence(FILE *, const struct chart *);
void words_creation_sentence(FILE *, const struct chart *);
void words_handover_sentence(FILE *, const struct chart *);
void words_busiest_sentence(FILE *, const struct chart *);
void words_starve_sentence(FILE *, const struct chart *);

#endif
