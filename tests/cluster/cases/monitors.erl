%% Monitors between nodes.
-module(monitors).
-export([main/1]).

main(N) ->
    P = spawn(N, cluster, echo, []),
    M = monitor(process, P),
    io:format("~p~n", [process_info(self(), monitors) =:= {monitors, [{process, P}]}]),
    io:format("~p~n", [rpc:call(N, erlang, process_info, [P, monitored_by]) =:= {monitored_by, [self()]}]),
    exit(P, why),
    io:format("~p~n", [down(M, P)]),
    io:format("~p~n", [down(monitor(process, P), P)]),
    io:format("~p~n", [down(monitor(process, {nobody, N}), {nobody, N})]),
    named(N),
    renamed(N),
    removed(N),
    tagged(N),
    reasons(N).

down(M, Item) ->
    receive {'DOWN', M, process, Item, Why} -> Why after 5000 -> none end.

named(N) ->
    P = spawn(N, cluster, echo, []),
    true = rpc:call(N, erlang, register, [a_name, P]),
    M = monitor(process, {a_name, N}),
    io:format("~p~n", [process_info(self(), monitors) =:= {monitors, [{process, {a_name, N}}]}]),
    P ! stop,
    io:format("~p~n", [down(M, {a_name, N})]).

%% A monitor by name stays with who had the name when it was made.
renamed(N) ->
    Old = spawn(N, cluster, echo, []),
    New = spawn(N, cluster, echo, []),
    true = rpc:call(N, erlang, register, [a_name, Old]),
    [M, K] = [monitor(process, {a_name, N}) || _ <- [1, 2]],
    watchers(N, [Old, New]),
    rpc:call(N, erlang, unregister, [a_name]),
    rpc:call(N, erlang, register, [a_name, New]),
    true = demonitor(M),
    watchers(N, [Old, New]),
    rpc:call(N, erlang, unregister, [a_name]),
    true = demonitor(K),
    watchers(N, [Old, New]),
    New ! stop,
    Old ! stop.

watchers(N, Pids) ->
    io:format("~p~n", [[length([P || P <- element(2, rpc:call(N, erlang, process_info, [Q, monitored_by])), P =:= self()]) || Q <- Pids]]).

removed(N) ->
    P = spawn(N, cluster, echo, []),
    M = monitor(process, P),
    io:format("~p~n", [[demonitor(M, [info]), demonitor(M, [info]), demonitor(M)]]),
    exit(P, kill),
    io:format("~p~n", [cluster:wait(100)]),
    K = monitor(process, P),
    true = demonitor(K, [flush]),
    io:format("~p~n", [cluster:wait(100)]).

tagged(N) ->
    P = spawn(N, cluster, echo, []),
    M = monitor(process, P, [{tag, {my, tag}}]),
    exit(P, because),
    io:format("~p~n", [receive {{my, tag}, M, process, P, Why} -> Why after 5000 -> none end]).

reasons(N) ->
    [begin
         {P, M} = spawn_monitor(N, erlang, exit, [Why]),
         io:format("~p~n", [down(M, P) =:= Why])
     end || Why <- [normal, #{a => 1}, binary:copy(<<1>>, 200000), lists:seq(1, 50000), fun lists:map/2]],
    {P, M} = spawn_monitor(N, no_such_module, f, [1]),
    io:format("~p~n", [down(M, P)]).
