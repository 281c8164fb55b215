%% compute: funs
-module(closures).
-export([run/0]).
run() -> 500000500000 = loop(1000000, adder(), 0).
adder() -> fun(X) -> fun(Y) -> X + Y end end.
loop(0, _, Acc) -> Acc;
loop(N, F, Acc) -> loop(N - 1, F, (F(N))(Acc)).
