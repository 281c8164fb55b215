%% Values of every kind go to the other node and come back the same.
-module(terms).
-export([main/1]).

main(N) ->
    P = spawn(N, cluster, echo, []),
    [io:format("~p ~p~n", [Name, back(P, Value)]) || {Name, Value} <- values(N)],
    atoms(P),
    %% The same once more: now all atoms are in the cache.
    atoms(P),
    P ! stop.

back(P, Value) ->
    P ! {self(), Value},
    receive {P, Back} -> Back =:= Value after 20000 -> none end.

values(N) ->
    [{small, [0, 1, -1, 255, 256, 1 bsl 31, -(1 bsl 31), 1 bsl 59, 1 bsl 61, -(1 bsl 61), 1 bsl 63]},
     {big, [1 bsl 70, -(1 bsl 70), 1 bsl 3000, -(1 bsl 3000)]},
     {floats, [0.0, -0.0, 1.5, -1.0e300, 1.0e-300, 4.9e-324]},
     {binaries, [<<>>, <<1>>, binary:copy(<<7>>, 64), binary:copy(<<7>>, 65), binary:copy(<<"x">>, 70000)]},
     {bits, [<<1:1>>, <<5:7>>, <<1:65>>, <<0:1001>>]},
     {lists, [[], [a], [a | b], "string", lists:seq(1, 300), lists:duplicate(70000, $x), [[[[[]]]]]]},
     {tuples, [{}, {a}, list_to_tuple(lists:seq(1, 300))]},
     {maps, [#{}, #{a => 1}, #{1 => #{2 => 3}}, maps:from_list([{I, {I, I}} || I <- lists:seq(1, 1000)])]},
     {atoms, ['', a, 'with space', 'åäö', 'ルビー', list_to_atom(lists:duplicate(255, $z)), list_to_atom(lists:duplicate(255, 16#3bb))]},
     {pids, [self(), spawn(N, fun() -> ok end), rpc:call(N, erlang, self, [])]},
     {references, [make_ref(), rpc:call(N, erlang, make_ref, []), alias()]},
     {ports, [hd(erlang:ports()), hd(rpc:call(N, erlang, ports, []))]},
     {funs, [fun lists:map/2, fun erlang:'+'/2, fun main/1]},
     {closure, fun(X) -> {X, N} end},
     {deep, lists:foldl(fun(I, Acc) -> {I, [Acc]} end, end_of_it, lists:seq(1, 20000))},
     {foreign, binary_to_term(<<131, 88, 100, 0, 3, $a, $@, $b, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 9>>)},
     {incarnation, binary_to_term(<<131, 88, 100, (byte_size(atom_to_binary(node()))):16, (atom_to_binary(node()))/binary,
                                    0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 9>>)}].

atoms(P) ->
    Many = [list_to_atom("atom" ++ integer_to_list(I)) || I <- lists:seq(1, 3000)],
    io:format("many ~p~n", [back(P, Many)]),
    io:format("groups ~p~n", [lists:usort([back(P, [list_to_atom("group" ++ integer_to_list(I * J)) || I <- lists:seq(1, J)])
                                           || J <- [1, 2, 3, 10, 254, 255, 256, 257, 300]])]),
    Long = [list_to_atom(integer_to_list(I) ++ lists:duplicate(250, $y)) || I <- lists:seq(1, 40)],
    io:format("long ~p~n", [back(P, Long)]),
    Wide = [list_to_atom(integer_to_list(I) ++ lists:duplicate(250, 16#3bb)) || I <- lists:seq(1, 40)],
    io:format("wide ~p~n", [back(P, Wide)]).
