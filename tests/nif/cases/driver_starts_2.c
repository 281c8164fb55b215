// The same driver without ERL_DRV_FLAG_USE_INIT_ACK.
#define UNACKNOWLEDGED
#include "driver_starts.c"
