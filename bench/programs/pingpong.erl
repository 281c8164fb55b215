%% process: two processes, a message at a time
-module(pingpong).
-export([run/0]).
run() ->
    P = spawn_link(fun pong/0),
    ping(200000, P), unlink(P), P ! stop.
ping(0, _) -> ok;
ping(N, P) -> P ! {self(), N}, receive {pong, N} -> ping(N - 1, P) end.
pong() -> receive {F, N} -> F ! {pong, N}, pong(); stop -> ok end.
