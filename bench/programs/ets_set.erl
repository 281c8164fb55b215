%% ets: insert and look up
-module(ets_set).
-export([run/0]).
run() ->
    T = ets:new(t, [set]),
    [ets:insert(T, {N, N, "some text"}) || N <- lists:seq(1, 100000)],
    [[{N, N, _}] = ets:lookup(T, N) || N <- lists:seq(1, 100000)],
    ets:delete(T).
