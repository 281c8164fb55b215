%% ets: ordered_set
-module(ets_ordered).
-export([run/0]).
run() ->
    T = ets:new(t, [ordered_set]),
    [ets:insert(T, {erlang:phash2(N), N}) || N <- lists:seq(1, 50000)],
    [ets:lookup(T, erlang:phash2(N)) || N <- lists:seq(1, 50000)],
    walk(T, ets:first(T)), ets:delete(T).
walk(_, '$end_of_table') -> ok;
walk(T, K) -> walk(T, ets:next(T, K)).
