%% Links and exit signals between nodes.
-module(links).
-export([main/1, dies/1, link_to/2, quiet/0]).

main(N) ->
    process_flag(trap_exit, true),
    [begin P = spawn_link(N, ?MODULE, dies, [Why]), io:format("~p~n", [exit_of(P)]) end
     || Why <- [normal, shutdown, {bad, [1, 2.5, <<"bin">>]}, lists:seq(1, 300), killed]],
    P = spawn(N, ?MODULE, quiet, []),
    true = link(P),
    io:format("~p~n", [lists:member(P, element(2, process_info(self(), links)))]),
    true = unlink(P),
    exit(P, kill),
    io:format("unlinked ~p~n", [cluster:wait(100)]),
    true = link(P),
    io:format("dead ~p~n", [exit_of(P)]),
    signals(N),
    from_there(N),
    many(N),
    payload(N).

quiet() -> receive after infinity -> ok end.
dies(Why) -> exit(Why).
exit_of(P) -> receive {'EXIT', P, Why} -> Why after 5000 -> none end.

signals(N) ->
    P = spawn(N, cluster, holder, [self()]),
    P ! ready, % it traps exits by the time it answers
    receive {P, ready} -> ok end,
    exit(P, normal), exit(P, why),
    io:format("~p~n", [[second(5000), second(5000)]]),
    link(P), exit(P, kill),
    io:format("~p~n", [exit_of(P)]).

second(Time) ->
    case cluster:wait(Time) of
        {_, {'EXIT', From, Why}} -> {From =:= self(), Why};
        Other -> Other
    end.

link_to(Pid, To) -> link(Pid), To ! linked, receive stop -> exit(stopped) end.

%% The other side links, unlinks, and dies.
from_there(N) ->
    P = spawn(N, ?MODULE, link_to, [self(), self()]),
    io:format("~p~n", [cluster:wait(5000)]),
    io:format("~p~n", [lists:member(P, element(2, process_info(self(), links)))]),
    P ! stop,
    io:format("~p~n", [exit_of(P)]),
    Q = spawn(fun() -> receive go -> exit(gone) end end),
    H = spawn(N, ?MODULE, link_to, [Q, self()]),
    io:format("~p~n", [cluster:wait(5000)]),
    M = monitor(process, H),
    Q ! go,
    io:format("~p~n", [receive {'DOWN', M, process, H, Why} -> Why after 5000 -> none end]).

many(N) ->
    Ps = [spawn_link(N, ?MODULE, quiet, []) || _ <- lists:seq(1, 200)],
    [begin unlink(P), link(P), unlink(P), link(P) end || P <- Ps],
    [exit(P, bye) || P <- Ps],
    io:format("~p~n", [lists:usort([exit_of(P) || P <- Ps])]).

payload(N) ->
    Big = binary:copy(<<"0123456789">>, 30000),
    P = spawn_link(N, ?MODULE, dies, [Big]),
    io:format("~p~n", [exit_of(P) =:= Big]).
