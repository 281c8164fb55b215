%% Maps.
-module(maps_).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.
range(N) -> maps:from_list([{K, K * K} || K <- lists:seq(1, N)]).
sorted(M) -> lists:sort(maps:to_list(M)).

literal_case() -> [#{}, #{a => 1}, #{b => 2, a => 1}, #{1 => a, 1.0 => b}, #{{x} => [#{}]}].
update_case() -> M = id(#{a => 1, b => 2}), [M#{a := 3}, M#{c => 3}, M#{a => 1}, try_(fun() -> M#{c := 1} end), try_(fun() -> (id(x))#{a => 1} end), try_(fun() -> (id(x))#{a := 1} end)].
match_case() -> #{a := X, b := Y} = id(#{a => 1, b => 2, c => 3}), [X, Y, try_(fun() -> #{z := _} = id(#{}) end), case id(#{a => 1}) of #{b := _} -> b; #{a := V} -> {a, V} end].
small_order_case() -> maps:to_list(#{z => 1, a => 2, 5 => 3, 5.0 => 4, "s" => 5, {t} => 6, <<"b">> => 7, [] => 8, -1 => 9, #{} => 10}).
order_32_case() -> maps:to_list(range(32)).
large_case() -> M = range(1000), [map_size(M), sorted(M) =:= [{K, K * K} || K <- lists:seq(1, 1000)], maps:get(500, M), maps:get(1001, M, none)].
boundary_case() -> [{N, map_size(M), sorted(maps:remove(N, M)), M =:= maps:put(N, N * N, maps:remove(N, M))} || N <- [31, 32, 33, 34], M <- [range(N)]].
shrink_case() -> M = lists:foldl(fun maps:remove/2, range(100), lists:seq(40, 100)), [map_size(M), sorted(M), maps:from_list(sorted(M)) =:= M].
get_case() -> [maps:get(a, #{a => 1}), maps:get(b, #{a => 1}, d), try_(fun() -> maps:get(b, id(#{})) end), try_(fun() -> maps:get(b, id([])) end), maps:find(a, #{a => 1}), maps:find(b, #{}), try_(fun() -> maps:find(a, id(x)) end)].
put_remove_case() -> [maps:put(a, 1, #{}), maps:remove(a, #{a => 1}), maps:remove(b, #{a => 1}), maps:take(a, #{a => 1}), maps:take(b, #{}), maps:update(a, 2, #{a => 1}), try_(fun() -> maps:update(b, 1, id(#{})) end)].
keys_case() -> [maps:keys(#{b => 1, a => 2}), maps:values(#{b => 1, a => 2}), maps:is_key(a, #{a => 1}), try_(fun() -> maps:keys(id(1)) end), try_(fun() -> maps:values(id(1)) end)].
merge_case() -> [maps:merge(#{a => 1, b => 2}, #{b => 3, c => 4}), sorted(maps:merge(range(40), #{1 => x})), sorted(maps:merge(#{1 => x}, range(40))), map_size(maps:merge(range(100), maps:from_list([{K, y} || K <- lists:seq(50, 150)]))), try_(fun() -> maps:merge(id(1), #{}) end)].
from_list_case() -> [maps:from_list([{a, 1}, {b, 2}, {a, 3}]), try_(fun() -> maps:from_list(id([a])) end), try_(fun() -> maps:from_list(id(x)) end), maps:from_keys([a, b, a], 0)].
fold_case() -> [maps:fold(fun(K, V, A) -> [{K, V} | A] end, [], #{a => 1, b => 2}), maps:map(fun(_, V) -> V * 2 end, #{a => 1}), maps:filter(fun(_, V) -> V > 1 end, #{a => 1, b => 2}), maps:with([a], #{a => 1, b => 2}), maps:without([a], #{a => 1, b => 2}), maps:filtermap(fun(K, V) -> {V > 1, K} end, #{a => 1, b => 2})].
iterator_case() -> F = fun F(I) -> case maps:next(I) of {K, V, N} -> [{K, V} | F(N)]; none -> [] end end, [F(maps:iterator(#{a => 1, b => 2})), lists:sort(F(maps:iterator(range(50))))].
groups_case() -> [maps:groups_from_list(fun(X) -> X rem 3 end, lists:seq(1, 10)), maps:intersect(#{a => 1, b => 2}, #{b => 3}), maps:update_with(a, fun(X) -> X + 1 end, #{a => 1}), maps:update_with(z, fun(X) -> X end, 0, #{})].
compare_case() -> [#{a => 1} < #{a => 2}, #{a => 1} < #{b => 0}, #{a => 1, b => 1} > #{z => 9}, #{1 => a} == #{1.0 => a}, #{a => 1} == #{a => 1.0}, #{a => 1} =:= #{a => 1.0}, range(50) == range(50), range(50) < range(51)].
guard_case() -> F = fun(M) when map_size(M) > 1 -> big; (M) when is_map_key(a, M) -> has_a; (M) when is_map(M) -> map; (_) -> other end, [F(#{x => 1, y => 2}), F(#{a => 1}), F(#{}), F(1)].
map_get_case() -> [map_get(a, #{a => 1}), try_(fun() -> map_get(b, id(#{})) end), try_(fun() -> map_get(b, id(1)) end), try_(fun() -> map_size(id(1)) end), try_(fun() -> is_map_key(a, id(1)) end)].
phash2_case() -> [erlang:phash2(#{}), erlang:phash2(#{a => 1, b => 2}), erlang:phash2(range(100)), erlang:phash2(#{#{} => #{}})].
ext_case() -> [term_to_binary(#{b => 1, a => 2}), binary_to_term(term_to_binary(range(100))) =:= range(100), erlang:external_size(#{a => 1})].
nested_case() -> M = #{a => #{b => #{c => 1}}}, #{a := #{b := #{c := C}}} = M, [C, M#{a := (maps:get(a, M))#{d => 2}}].
many_updates_case() -> M = lists:foldl(fun(N, A) -> A#{N rem 97 => N} end, #{}, lists:seq(1, 5000)), [map_size(M), lists:sum(maps:values(M))].
collide_case() -> M = maps:from_list([{{N, float(N)}, N} || N <- lists:seq(1, 2000)]), [maps:get({N, float(N)}, M) || N <- lists:seq(1, 2000, 100)].
variable_keys_case() -> K = id(k), M = #{K => 1, [K] => 2}, #{K := V} = M, [V, M#{K := 5}, M#{{K} => 6}].
exact_keys_case() -> M = #{1 => int, 1.0 => float}, [maps:get(1, M), maps:get(1.0, M), map_size(M), maps:remove(1, M)].
duplicate_case() -> [#{a => 1, id(a) => 2}, #{id(a) => 1, a => 2}].
format_case() -> lists:flatten(io_lib:format("~p ~w", [#{a => [1, 2], "k" => #{}}, #{1 => 2}])).
%% Keys that are equal, but not the same term; found and not found in maps of every small size.
fresh(T) -> binary_to_term(term_to_binary(T)).
fresh_keys_case() -> Keys = fun(N) -> [{v, N}, [N, {N}], integer_to_binary(N), N / 3, {v, N, [x | N]}, N bsl 70] end, [[maps:get(fresh(K), M, none) || N <- [1, Size, Size + 1], K <- Keys(N)] || Size <- [1, 2, 5], M <- [maps:from_list([{K, {Size, K}} || N <- lists:seq(1, Size), K <- Keys(N)])]].
zero_keys_case() -> Minus = fresh(-0.0), M = #{0.0 => a, {0.0, x} => b, [0.0] => c}, [maps:get(Minus, M, none), maps:get({Minus, x}, M, none), maps:get([Minus], M, none), map_size(M#{Minus => d}), {id(0.0)} =:= {Minus}, {id(0.0)} < {Minus}].
long_case() -> L = lists:seq(1, 100000), [L =:= fresh(L), [L | a] < [fresh(L) | b], {L, L} =:= fresh({L, L}), list_to_tuple(L) < list_to_tuple(fresh(L)), {} =:= id({}), {} < id({{}})].
deep(0, X) -> X;
deep(N, X) when N rem 3 =:= 0 -> deep(N - 1, [X, N]);
deep(N, X) when N rem 3 =:= 1 -> deep(N - 1, {N, X, n});
deep(N, X) -> deep(N - 1, [N | {X}]).
deep_case() -> [[{X =:= Y, X == Y, X < Y, Y < X} || Z <- [1, 2, 1.0, a, #{}, {}, [], [x], <<>>], {X, Y} <- [{deep(N, id(1)), deep(N, id(Z))}]] || N <- [1, 2, 7, 8, 9, 10, 30, 10000]].
