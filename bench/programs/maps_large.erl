%% maps: large maps
-module(maps_large).
-export([run/0]).
run() ->
    M = lists:foldl(fun(N, M) -> M#{N => N} end, #{}, lists:seq(1, 50000)),
    S = lists:foldl(fun(N, A) -> A + maps:get(N, M) end, 0, lists:seq(1, 50000)),
    M2 = lists:foldl(fun(N, A) -> maps:remove(N, A) end, M, lists:seq(1, 50000, 2)),
    {1250025000, 25000} = {S, map_size(M2)}.
