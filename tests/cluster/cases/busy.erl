%% Who waits for a channel that takes no more is told of: system_monitor's busy_dist_port.
-module(busy).
-export([main/1]).

main(N) ->
    Pid = rpc:call(N, os, getpid, []),
    Self = self(),
    Sender = spawn(fun() -> receive go -> [{nobody, N} ! binary:copy(<<I>>, 1000000) || I <- lists:seq(1, 40)], Self ! sent end end),
    erlang:system_monitor(Self, [busy_dist_port]),
    os:cmd("kill -STOP " ++ Pid),
    Sender ! go,
    io:format("~p~n", [receive {monitor, Sender, busy_dist_port, Port} -> is_port(Port) after 20000 -> nothing end]),
    erlang:system_monitor(undefined),
    io:format("~p~n", [receive sent -> too_soon after 200 -> waits end]),
    os:cmd("kill -CONT " ++ Pid),
    io:format("~p~n", [receive sent -> sent after 20000 -> nothing end]).
