// What a process takes.

#include "proc/memory.h"

#include "proc/bond.h"
#include "proc/dictionary.h"
#include "proc/extra.h"

size_t proc_memory(const struct process *process) {
    const struct heap *heap = &process->heap;
    size_t words = (size_t)(heap->end - heap->start) + (size_t)(heap->old_end - heap->old_start) + heap->fragment_words;
    size_t bytes = sizeof *process + words * sizeof(term);
    for (const struct signal *message = process->mailbox; message; message = message->next)
        bytes += sizeof *message + message->fragment.words * sizeof(term);
    if (process->links)
        bytes += sizeof *process->links + process->links->count * (sizeof(struct bond) + 4 * sizeof(term)) +
                 process->links->bucket_count * sizeof(struct bond *);
    if (process->dictionary)
        bytes += sizeof *process->dictionary + process->dictionary->room * 2 * sizeof(term);
    if (process->extra)
        bytes += sizeof *process->extra;
    return bytes;
}
