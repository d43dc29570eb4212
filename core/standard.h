/* standard.h - descriptors 0, 1 and 2. */
#ifndef CORE_STANDARD_H
#define CORE_STANDARD_H

/* They must be taken before anything else is opened: whoever starts us may have closed them, and then a client would
 * get one of these numbers, and logs would go to it. Opens /dev/null where one is missing. */
void fill_standard_descriptors(void);

#endif
