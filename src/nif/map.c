// Maps, for libraries.
//
// A library walks a map both ways, over pairs that are laid out when it begins. In ErlNifMapIterator: `idx` is the
// place, 0 before the first pair and `size` + 1 behind the last; `u.flat.ks` are the pairs.

#include "term/map.h"

#include "nif/environment.h"
#include "sys/sys.h"

int enif_get_map_size(ErlNifEnv *env, ERL_NIF_TERM map, size_t *size) {
    if (!is_map(map))
        return 0;
    *size = map_size(map);
    return 1;
}

ERL_NIF_TERM enif_make_new_map(ErlNifEnv *env) {
    return map_empty(env->heap);
}

int enif_make_map_put(ErlNifEnv *env, ERL_NIF_TERM map, ERL_NIF_TERM key, ERL_NIF_TERM value, ERL_NIF_TERM *result) {
    if (!is_map(map))
        return 0;
    *result = map_put(env->heap, map, key, value);
    return 1;
}

int enif_get_map_value(ErlNifEnv *env, ERL_NIF_TERM map, ERL_NIF_TERM key, ERL_NIF_TERM *value) {
    term found = is_map(map) ? map_get(map, key) : NONE;
    if (found == NONE)
        return 0;
    *value = found;
    return 1;
}

int enif_make_map_update(ErlNifEnv *env, ERL_NIF_TERM map, ERL_NIF_TERM key, ERL_NIF_TERM value, ERL_NIF_TERM *result) {
    term updated = is_map(map) ? map_update(env->heap, map, key, value) : NONE;
    if (updated == NONE)
        return 0;
    *result = updated;
    return 1;
}

int enif_make_map_remove(ErlNifEnv *env, ERL_NIF_TERM map, ERL_NIF_TERM key, ERL_NIF_TERM *result) {
    if (!is_map(map))
        return 0;
    term removed;
    *result = map_remove(env->heap, map, key, &removed);
    return 1;
}

// No two keys may be equal.
int enif_make_map_from_arrays(ErlNifEnv *env, ERL_NIF_TERM keys[], ERL_NIF_TERM values[], size_t count,
                              ERL_NIF_TERM *result) {
    term *pairs = sys_alloc(2 * count * sizeof(term));
    for (size_t i = 0; i < count; i++) {
        pairs[2 * i] = keys[i];
        pairs[2 * i + 1] = values[i];
    }
    term map = map_from_pairs(env->heap, pairs, count);
    sys_free(pairs);
    if (map_size(map) != count)
        return 0;
    *result = map;
    return 1;
}

// ---- iterators

int enif_map_iterator_create(ErlNifEnv *env, ERL_NIF_TERM map, ErlNifMapIterator *iterator,
                             ErlNifMapIteratorEntry entry) {
    if (!is_map(map) || (entry != ERL_NIF_MAP_ITERATOR_FIRST && entry != ERL_NIF_MAP_ITERATOR_LAST))
        return 0;
    size_t size = map_size(map);
    term *pairs = sys_alloc(2 * size * sizeof(term)), *at = pairs;
    for (struct map_iterator walk = map_iterate(map); map_next(&walk);) {
        *at++ = walk.key;
        *at++ = walk.value;
    }
    *iterator = (ErlNifMapIterator){.map = map, .size = size, .u.flat.ks = pairs};
    iterator->idx = entry == ERL_NIF_MAP_ITERATOR_FIRST ? 1 : size;
    return 1;
}

void enif_map_iterator_destroy(ErlNifEnv *env, ErlNifMapIterator *iterator) {
    sys_free(iterator->u.flat.ks);
    iterator->u.flat.ks = NULL;
}

int enif_map_iterator_is_head(ErlNifEnv *env, ErlNifMapIterator *iterator) {
    return iterator->idx == 0 || iterator->size == 0;
}
int enif_map_iterator_is_tail(ErlNifEnv *env, ErlNifMapIterator *iterator) {
    return iterator->idx > iterator->size || iterator->size == 0;
}

int enif_map_iterator_next(ErlNifEnv *env, ErlNifMapIterator *iterator) {
    if (iterator->idx <= iterator->size)
        iterator->idx++;
    return iterator->idx <= iterator->size;
}
int enif_map_iterator_prev(ErlNifEnv *env, ErlNifMapIterator *iterator) {
    if (iterator->idx > 0)
        iterator->idx--;
    return iterator->idx > 0;
}

int enif_map_iterator_get_pair(ErlNifEnv *env, ErlNifMapIterator *iterator, ERL_NIF_TERM *key, ERL_NIF_TERM *value) {
    if (iterator->idx == 0 || iterator->idx > iterator->size)
        return 0;
    const term *pair = iterator->u.flat.ks + 2 * (iterator->idx - 1);
    if (key)
        *key = pair[0];
    if (value)
        *value = pair[1];
    return 1;
}
