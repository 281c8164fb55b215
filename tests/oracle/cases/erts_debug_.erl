%% What looks into values. (Sizes are those of the machine: only what follows from the value is shown.)
-module(erts_debug_).
-compile([export_all, nowarn_export_all]).

catch_(F) -> try F() catch C:R -> {C, R} end.
map(N) -> maps:from_list([{I, [I]} || I <- lists:seq(1, N)]).
atoms(N) -> list_to_tuple(lists:duplicate(N, a)).

size_shared_case() ->
    L = lists:duplicate(10, atom), T = atoms(20),
    [erts_debug:size_shared(V) || V <- [x, 1, [], L, T, [L | L], {T, T, L}, {[T, T | L]}]]
        ++ [erts_debug:size_shared({V, V}) - erts_debug:size_shared(V) || V <- [map(5), map(100), 1 bsl 200, make_ref(), fun() -> L end, <<1:100>>, binary:copy(<<"x">>, 1000)]]
        ++ [begin D = lists:foldl(fun(_, A) -> {A, A} end, L, lists:seq(1, 500)), erts_debug:size_shared(D) end].

size_case() ->
    [begin M = map(N), S = erts_debug:size(M), [erts_debug:size({M, M}) - S, erts_debug:size([M | M]) - S] end || N <- [1, 32, 33, 100, 1000]].

copy_shared_case() ->
    T = {lists:seq(1, 5), map(40), "text"}, S = {T, T},
    [erts_debug:copy_shared(S) =:= S, erts_debug:copy_shared(S, true) =:= S, erts_debug:copy_shared(x)].

children_case() ->
    [catch_(fun() -> erts_internal:map_hashmap_children(V) end) || V <- [#{}, map(32), x, {}]]
        ++ [is_list(erts_internal:map_hashmap_children(map(33)))].

dist_ext_to_term_case() ->
    [catch_(fun() -> erts_debug:dist_ext_to_term(A, B) end)
     || {A, B} <- [{{}, <<>>}, {{a, b}, <<131, 82, 0>>}, {{a, b}, <<131, 82, 1>>}, {{a, b}, <<131, 82, 2>>}, {{a}, <<131, 104, 2, 82, 0, 97, 7>>},
                   {{a}, <<131, 97, 5, 7>>}, {[], <<131, 97, 5>>}, {{}, x}, {{1}, <<131, 82, 0>>}, {{}, <<130, 97, 5>>}, {{a}, <<131, 108, 0, 0, 0, 2, 82, 0, 82, 0, 106>>}]].
