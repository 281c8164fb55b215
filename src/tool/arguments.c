// A growing list of words.

#include "tool/arguments.h"

#include "sys/sys.h"

#include <ctype.h>
#include <string.h>

static void add_sized(struct arguments *arguments, const char *word, size_t size) {
    if (arguments->count + 2 > arguments->room) {
        arguments->room = arguments->room ? 2 * arguments->room : 16;
        arguments->words = sys_realloc(arguments->words, arguments->room * sizeof *arguments->words);
    }
    char *copy = sys_alloc(size + 1);
    memcpy(copy, word, size);
    copy[size] = 0;
    arguments->words[arguments->count++] = copy;
    arguments->words[arguments->count] = NULL;
}

void arguments_add(struct arguments *arguments, const char *word) {
    add_sized(arguments, word, strlen(word));
}

void arguments_free(struct arguments *arguments) {
    for (size_t i = 0; i < arguments->count; i++)
        sys_free(arguments->words[i]);
    sys_free(arguments->words);
    *arguments = (struct arguments){0};
}

void arguments_add_all(struct arguments *arguments, char *const *words) {
    for (; words && *words; words++)
        arguments_add(arguments, *words);
}

// Copies one word to `out` and returns where it ended.
static const char *take_word(const char *at, char *out, size_t *size) {
    char quote = 0;
    *size = 0;
    for (; *at && (quote || !isspace((unsigned char)*at)); at++) {
        if (quote == *at && quote)
            quote = 0;
        else if (!quote && (*at == '"' || *at == '\''))
            quote = *at;
        else if (*at == '\\' && at[1] && !quote)
            out[(*size)++] = *++at;
        else
            out[(*size)++] = *at;
    }
    return at;
}

void arguments_split(struct arguments *arguments, const char *text, bool comments) {
    char *word = sys_alloc(strlen(text) + 1);
    for (;;) {
        while (isspace((unsigned char)*text))
            text++;
        if (comments && *text == '#') {
            text += strcspn(text, "\n");
            continue;
        }
        if (!*text)
            break;
        size_t size;
        text = take_word(text, word, &size);
        add_sized(arguments, word, size);
    }
    sys_free(word);
}
