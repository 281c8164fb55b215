%% process: large messages
-module(messages_large).
-export([run/0]).
run() ->
    T = [{N, "some text", N * 2} || N <- lists:seq(1, 1000)],
    P = spawn_link(fun() -> sink() end),
    [P ! {T, self()} || _ <- lists:seq(1, 300)], P ! {done, self()},
    receive done -> unlink(P) end.
sink() -> receive {done, F} -> F ! done; {_, _} -> sink() end.
