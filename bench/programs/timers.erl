%% timers: start, cancel, fire
-module(timers).
-export([run/0]).
run() ->
    [erlang:cancel_timer(erlang:start_timer(60000, self(), x)) || _ <- lists:seq(1, 100000)],
    [erlang:send_after(1, self(), t) || _ <- lists:seq(1, 20000)],
    [receive t -> ok end || _ <- lists:seq(1, 20000)], ok.
