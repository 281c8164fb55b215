%% compute: tuples and records
-module(tuples).
-export([run/0]).
-record(p, {x = 0, y = 0, z = 0, n = 0}).
run() -> #p{n = 1000000} = loop(1000000, #p{}).
loop(0, P) -> P;
loop(N, #p{x = X, y = Y, z = Z, n = C} = P) -> loop(N - 1, P#p{x = Y, y = Z, z = X + 1, n = C + 1}).
