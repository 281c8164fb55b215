%% A lost connection: each link and monitor is told, once.
-module(lost).
-export([main/1]).

main(N) ->
    process_flag(trap_exit, true),
    Ps = [spawn(N, cluster, holder, [self()]) || _ <- lists:seq(1, 20)],
    [begin P ! ready, receive {P, ready} -> link(P) end end || P <- Ps], % it traps exits by the time it answers
    Ms = [monitor(process, P) || P <- Ps],
    K = monitor(process, {net_kernel, N}),
    Gone = monitor(process, hd(Ps)),
    true = demonitor(Gone),
    Un = lists:last(Ps),
    true = unlink(Un),
    Watcher = self(),
    Local = spawn(fun() -> link(hd(Ps)), Watcher ! ready, receive after infinity -> ok end end),
    LM = monitor(process, Local),
    receive ready -> ok end,
    true = erlang:disconnect_node(N),
    Exits = [receive {'EXIT', P, W} -> W after 2000 -> none end || P <- Ps, P =/= Un],
    Downs = [receive {'DOWN', M, process, P, W} -> W after 2000 -> none end || {P, M} <- lists:zip(Ps, Ms)],
    io:format("~p ~p~n", [lists:usort(Exits), lists:usort(Downs)]),
    io:format("~p~n", [receive {'DOWN', K, process, I, W} -> {I =:= {net_kernel, N}, W} after 2000 -> none end]),
    io:format("~p~n", [receive {'DOWN', LM, process, Local, W2} -> W2 after 2000 -> none end]),
    io:format("~p~n", [receive {'EXIT', _, _} = M -> M; {'DOWN', _, _, _, _} = M -> M after 200 -> once end]),
    io:format("~p~n", [process_info(self(), [links, monitors])]),
    %% The other side was told as well: the holders trap exits, and report what they got. That brings the connection back.
    pong = net_adm:ping(N),
    Told = [begin P ! tell, receive {P, {'EXIT', S, W3}} -> {S =:= self(), W3} after 3000 -> none end end || P <- tl(Ps), P =/= Un],
    io:format("~p~n", [lists:usort(Told)]),
    [exit(P, kill) || P <- Ps],
    again(N, 20).

%% Connections that come and go under load.
again(_, 0) -> io:format("again~n");
again(N, K) ->
    P = spawn(N, cluster, echo, []),
    M = monitor(process, P),
    [P ! {self(), I} || I <- lists:seq(1, 50)],
    erlang:disconnect_node(N),
    noconnection = receive {'DOWN', M, process, P, W} -> W after 2000 -> none end,
    pong = net_adm:ping(N),
    P ! stop,
    flush(),
    again(N, K - 1).

flush() -> receive _ -> flush() after 0 -> ok end.
