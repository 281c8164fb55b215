%% Lists and tuples.
-module(lists_).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.

reverse_case() -> [lists:reverse([1, 2, 3]), lists:reverse([1, 2], [3]), lists:reverse([], x), try_(fun() -> lists:reverse([1 | id(2)], []) end)].
append_case() -> [[1, 2] ++ [3], [] ++ id(x), [1] ++ id(x), try_(fun() -> id(x) ++ [1] end), try_(fun() -> [1 | id(2)] ++ [1] end), lists:append([[1], [2], [3, 4]])].
subtract_case() -> [[1, 2, 3, 2] -- [2], [1, 2, 3] -- [], [] -- [1], [1, 1, 1] -- [1, 1], [1.0, 1] -- [1], lists:seq(1, 200) -- lists:seq(2, 200, 2), try_(fun() -> [1] -- id(x) end)].
member_case() -> [lists:member(1, [1, 2]), lists:member(1.0, [1, 2]), lists:member(x, []), try_(fun() -> lists:member(1, id(x)) end), try_(fun() -> lists:member(1, [2 | id(x)]) end)].
keyfind_case() -> L = [{a, 1}, {b, 2}, x, {1, c}, {1.0, d}, {b}], [lists:keyfind(b, 1, L), lists:keyfind(1.0, 1, L), lists:keyfind(2, 2, L), lists:keyfind(q, 1, L), lists:keysearch(a, 1, L), lists:keymember(c, 2, L), try_(fun() -> lists:keyfind(a, 0, L) end), try_(fun() -> lists:keyfind(a, 1, id(y)) end)].
length_case() -> [length([]), length([a, b]), try_(fun() -> length([a | id(b)]) end), try_(fun() -> length(id(a)) end)].
hd_tl_case() -> [hd([1, 2]), tl([1, 2]), tl([1 | 2]), try_(fun() -> hd(id([])) end), try_(fun() -> tl(id({})) end)].
sort_case() -> [lists:sort([3, 1, 2, 1.0, a, "s", {}, #{}, <<>>, fun() -> ok end =:= 1]), lists:usort([3, 1, 2, 3, 1]), lists:keysort(2, [{a, 3}, {b, 1}]), lists:sort(fun(A, B) -> A > B end, [1, 3, 2])].
order_case() -> lists:sort([b, a, 2, 1, 1.5, [], [1], [1, 2], {1}, {1, 2}, {0, 0, 0}, #{}, #{a => 1}, #{b => 1}, <<"a">>, <<"ab">>, <<1:1>>, "abc", self() =:= 1, 1 bsl 70, -1.0e300]).
seq_case() -> [lists:seq(1, 5), lists:seq(5, 1, -2), lists:seq(1, 0), lists:nth(2, [a, b]), lists:nthtail(1, [a, b]), lists:last([1, 2]), lists:sublist([1, 2, 3, 4], 2, 2)].
fold_case() -> [lists:foldl(fun(X, A) -> [X | A] end, [], [1, 2, 3]), lists:foldr(fun(X, A) -> [X | A] end, [], [1, 2, 3]), lists:mapfoldl(fun(X, A) -> {X * A, A + 1} end, 1, [1, 2, 3]), lists:partition(fun(X) -> X > 2 end, [1, 2, 3, 4])].
zip_case() -> [lists:zip([1, 2], [a, b]), lists:unzip([{1, a}, {2, b}]), lists:zipwith(fun(A, B) -> A + B end, [1, 2], [3, 4]), try_(fun() -> lists:zip([1], id([])) end)].
comprehension_case() -> [[{X, Y} || X <- [1, 2, 3], Y <- [a, b], X =/= 2], [X || {ok, X} <- [{ok, 1}, error, {ok, 2}]], [X || <<X:4>> <= <<16#12, 16#34>>], << <<X:16>> || X <- [1, 2, 3] >>].
bad_generator_case() -> try_(fun() -> [X || X <- id(not_a_list)] end).
tuple_case() -> T = {a, b, c}, [element(2, T), setelement(2, T, x), tuple_size(T), tuple_to_list(T), list_to_tuple([1, 2]), erlang:append_element(T, d), erlang:insert_element(1, T, z), erlang:delete_element(3, T), erlang:make_tuple(3, x), erlang:make_tuple(4, x, [{2, y}, {4, z}, {2, w}])].
tuple_error_case() -> T = id({a}), [try_(fun() -> element(id(0), T) end), try_(fun() -> element(id(2), T) end), try_(fun() -> element(id(a), T) end), try_(fun() -> setelement(id(3), T, x) end), try_(fun() -> tuple_size(id([])) end), try_(fun() -> list_to_tuple(id([a | b])) end), try_(fun() -> erlang:make_tuple(id(-1), x) end), try_(fun() -> erlang:delete_element(id(2), T) end), try_(fun() -> erlang:insert_element(id(3), T, x) end)].
big_tuple_case() -> T = list_to_tuple(lists:seq(1, 1000)), [element(1000, T), tuple_size(T), lists:sum(tuple_to_list(setelement(500, T, 0)))].
deep_case() -> D = lists:foldl(fun(_, A) -> [A] end, [], lists:seq(1, 100000)), [length(D), D =:= lists:foldl(fun(_, A) -> [A] end, [], lists:seq(1, 100000)), erlang:phash2(D), erts_debug:flat_size(D)].
flatten_case() -> [lists:flatten([1, [2, [3, []], 4]]), lists:concat([a, 1, "b", 2.5]), lists:join(x, [1, 2, 3]), lists:duplicate(3, a), lists:delete(2, [1, 2, 3, 2]), lists:max([1, 3, 2]), lists:min([3, 1, 2]), lists:sum([1, 2.5])].
search_case() -> [lists:any(fun(X) -> X > 2 end, [1, 2, 3]), lists:all(fun(X) -> X > 2 end, [1, 2, 3]), lists:filter(fun(X) -> X > 1 end, [1, 2]), lists:takewhile(fun(X) -> X < 3 end, [1, 2, 3]), lists:dropwhile(fun(X) -> X < 3 end, [1, 2, 3]), lists:splitwith(fun(X) -> X < 2 end, [1, 2]), lists:search(fun(X) -> X > 1 end, [1, 2])].
keys_case() -> L = [{1, a}, {2, b}], [lists:keystore(2, 1, L, {2, c}), lists:keyreplace(1, 1, L, {1, z}), lists:keydelete(1, 1, L), lists:keytake(2, 1, L), lists:keymap(fun atom_to_list/1, 2, L), lists:keymerge(1, L, L)].
prefix_case() -> [lists:prefix("ab", "abc"), lists:suffix("bc", "abc"), lists:merge([1, 3], [2, 4]), lists:umerge([1, 2], [2, 3]), lists:split(1, [a, b])].
large_case() -> L = lists:seq(1, 300000), [lists:sum(L), length(L ++ L), lists:nth(299999, L), length(lists:sort(lists:reverse(L)))].
improper_case() -> [[1 | 2], [1, 2 | 3] =:= [1, 2 | 3], is_list([1 | 2]), try_(fun() -> lists:map(fun(X) -> X end, [1 | id(2)]) end)].
proplists_case() -> P = [a, {b, 2}, {a, 3}], [proplists:get_value(a, P), proplists:get_all_values(a, P), proplists:get_bool(a, P), proplists:delete(a, P), proplists:unfold(P)].
queue_case() -> Q = queue:in(3, queue:in(2, queue:in(1, queue:new()))), [queue:to_list(Q), queue:out(Q), queue:len(Q), queue:reverse(Q)].
dict_case() -> D = dict:from_list([{K, K * 2} || K <- lists:seq(1, 50)]), [lists:sort(dict:to_list(D)), dict:find(3, D), dict:size(D)].
gb_case() -> T = gb_trees:from_orddict([{K, K} || K <- lists:seq(1, 20)]), [gb_trees:to_list(gb_trees:delete(5, T)), gb_trees:smallest(T), gb_sets:to_list(gb_sets:union(gb_sets:from_list([1, 2]), gb_sets:from_list([2, 3])))].
sets_case() -> [lists:sort(sets:to_list(sets:from_list([1, 2, 3, 1]))), ordsets:union([1, 3], [2]), orddict:store(a, 1, [])].
array_case() -> A = array:set(5, x, array:new()), [array:to_list(A), array:size(A), array:get(5, A)].
digraph_case() -> G = digraph:new(), [digraph:add_vertex(G, V) || V <- [a, b, c]], digraph:add_edge(G, a, b), digraph:add_edge(G, b, c), digraph:get_path(G, a, c).
