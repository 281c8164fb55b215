%% process: a ring of processes
-module(ring).
-export([run/0]).
run() ->
    Self = self(),
    First = lists:foldl(fun(_, Next) -> spawn(fun() -> node_(Next) end) end, Self, lists:seq(1, 1000)),
    First ! 300, turn(First).
turn(First) -> receive 0 -> ok; N -> First ! (N - 1), turn(First) end.
node_(Next) -> receive 0 -> Next ! 0; N -> Next ! N, node_(Next) end.
