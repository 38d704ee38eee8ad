/* process: figures of this process, by the system. Private to the room. */
#ifndef ADMIN_PROCESS_H
#define ADMIN_PROCESS_H

double process_cpu_seconds(void);

/* 0 when the system does not tell. */
double process_resident_bytes(void);

#endif
