%% float: floats in data
-module(float_lists).
-export([run/0]).
run() ->
    L = [N / 3 || N <- lists:seq(1, 100000)],
    M = [X * 1.5 + 1 || X <- L],
    lists:foldl(fun(X, A) -> X + A end, 0.0, lists:zipwith(fun(A, B) -> A * B end, L, M)).
