%% compute: stdlib's lists
-module(lists_sort).
-export([run/0]).
run() ->
    L = [erlang:phash2(N) || N <- lists:seq(1, 100000)],
    S = lists:sort(L),
    _ = lists:usort(lists:reverse(S)),
    lists:foldl(fun(X, A) -> X + A end, 0, lists:map(fun(X) -> X band 255 end, S)).
