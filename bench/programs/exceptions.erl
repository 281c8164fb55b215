%% compute: try and throw
-module(exceptions).
-export([run/0]).
run() -> 200000 = loop(200000, 0).
loop(0, Acc) -> Acc;
loop(N, Acc) ->
    V = try thrower(N) catch throw:{t, X} -> X - N + 1 end,
    loop(N - 1, Acc + V).
thrower(N) -> throw({t, N}).
