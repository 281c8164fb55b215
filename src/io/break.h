// ^C: the menu that asks what to do.

#ifndef PURLIN_IO_BREAK_H
#define PURLIN_IO_BREAK_H

#include <stdbool.h>

enum break_answer_to_interrupt { BREAK_MENU, BREAK_END, BREAK_NOTHING };

// What +B says of an interrupt.
enum break_answer_to_interrupt break_mode(void);
// Shows the menu and waits for an answer, in a thread of its own. A second request while it waits ends the VM.
void break_request(void);

#endif
