// The environment variables: an unordered list of strings behind a lock. There are a few dozen, so it is searched.

#include "io/environment.h"

#include <pthread.h>
#include <string.h>

#include "sys/sys.h"

struct environment {
    pthread_mutex_t lock;
    char **strings;
    size_t count, room;
};

static bool has_name(const char *string, const char *name) {
    size_t size = strlen(name);
    return strncmp(string, name, size) == 0 && string[size] == '=';
}

static size_t find(const struct environment *environment, const char *name) {
    size_t i = 0;
    while (i < environment->count && !has_name(environment->strings[i], name))
        i++;
    return i;
}

static char *join(const char *name, const char *value) {
    size_t name_size = strlen(name), value_size = strlen(value);
    char *string = sys_alloc(name_size + 1 + value_size + 1);
    memcpy(string, name, name_size);
    string[name_size] = '=';
    memcpy(string + name_size + 1, value, value_size + 1);
    return string;
}

static char *duplicate(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(sys_alloc(size), text, size);
}

static void append(struct environment *environment, char *string) {
    if (environment->count == environment->room) {
        environment->room = environment->room ? environment->room * 2 : 64;
        environment->strings = sys_realloc(environment->strings, environment->room * sizeof(char *));
    }
    environment->strings[environment->count++] = string;
}

struct environment *environment_new(char *const *strings) {
    struct environment *environment = sys_alloc_zero(sizeof *environment);
    pthread_mutex_init(&environment->lock, NULL);
    for (; *strings; strings++) {
        if (strchr(*strings, '='))
            append(environment, duplicate(*strings));
    }
    return environment;
}

char *environment_get(struct environment *environment, const char *name) {
    pthread_mutex_lock(&environment->lock);
    size_t i = find(environment, name);
    char *value = i < environment->count ? duplicate(environment->strings[i] + strlen(name) + 1) : NULL;
    pthread_mutex_unlock(&environment->lock);
    return value;
}

void environment_set(struct environment *environment, struct environment_change change) {
    pthread_mutex_lock(&environment->lock);
    size_t i = find(environment, change.name);
    bool found = i < environment->count;
    if (found)
        sys_free(environment->strings[i]);
    if (change.value && found)
        environment->strings[i] = join(change.name, change.value);
    else if (change.value)
        append(environment, join(change.name, change.value));
    else if (found)
        environment->strings[i] = environment->strings[--environment->count];
    pthread_mutex_unlock(&environment->lock);
}

// ---- for exec

static bool is_changed(const char *string, const struct environment_change *changes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (has_name(string, changes[i].name))
            return true;
    }
    return false;
}

static bool is_changed_later(const struct environment_change *changes, size_t count, size_t index) {
    for (size_t i = index + 1; i < count; i++) {
        if (strcmp(changes[i].name, changes[index].name) == 0)
            return true;
    }
    return false;
}

// Lays the strings behind the vector; with `vector` NULL only measures.
static size_t lay_out(struct environment *environment, const struct environment_change *changes, size_t change_count,
                      char **vector, char *text, size_t *entries) {
    size_t used = 0, count = 0;
    for (size_t i = 0; i < environment->count; i++) {
        const char *string = environment->strings[i];
        if (is_changed(string, changes, change_count))
            continue;
        size_t size = strlen(string) + 1;
        if (vector)
            vector[count] = memcpy(text + used, string, size);
        count++;
        used += size;
    }
    for (size_t i = 0; i < change_count; i++) {
        if (!changes[i].value || is_changed_later(changes, change_count, i))
            continue;
        size_t name_size = strlen(changes[i].name), value_size = strlen(changes[i].value) + 1;
        if (vector) {
            vector[count] = text + used;
            memcpy(text + used, changes[i].name, name_size);
            text[used + name_size] = '=';
            memcpy(text + used + name_size + 1, changes[i].value, value_size);
        }
        count++;
        used += name_size + 1 + value_size;
    }
    if (vector)
        vector[count] = NULL;
    *entries = count;
    return used;
}

char **environment_vector(struct environment *environment, const struct environment_change *changes, size_t count) {
    size_t entries;
    pthread_mutex_lock(&environment->lock);
    size_t size = lay_out(environment, changes, count, NULL, NULL, &entries);
    char **vector = sys_alloc((entries + 1) * sizeof(char *) + size);
    lay_out(environment, changes, count, vector, (char *)(vector + entries + 1), &entries);
    pthread_mutex_unlock(&environment->lock);
    return vector;
}
