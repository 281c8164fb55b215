%% Runs cases against another node, each in a process of its own.
-module(cluster).
-export([main/2, start/2, peer/4, stop/1, relay/0, echo/0, holder/1, wait/1]).

main(Peer, Cases) ->
    [_, Host] = string:split(atom_to_list(node()), "@"),
    Node = list_to_atom(atom_to_list(Peer) ++ "@" ++ Host),
    pong = net_adm:ping(Node),
    lists:foreach(fun(Case) -> run(Case, Node) end, Cases).

run(Case, Node) ->
    io:format("== ~s~n", [Case]),
    {Pid, Monitor} = spawn_monitor(fun() -> Case:main(Node) end),
    receive
        {'DOWN', Monitor, process, Pid, normal} -> ok;
        {'DOWN', Monitor, process, Pid, Reason} -> io:format("(failed) ~p~n", [Reason])
    after 60000 ->
        io:format("(failed) stands still: ~p~n", [process_info(Pid, current_stacktrace)]),
        exit(Pid, kill)
    end.

%% A node beside that one and of its kind, which is told through its standard input and output what to do: neither
%% need be connected with it.
start(Node, Arguments) ->
    All = ["-setcookie", "secret", "-pa", filename:dirname(code:which(?MODULE)), "-kernel", "logger_level", "none",
           "inet_dist_use_interface", "{127,0,0,1}", "prevent_overlapping_partitions", "false" | Arguments],
    {ok, Peer, _} = rpc:call(Node, peer, start, [#{connection => standard_io, args => All}]),
    {Peer, peer(Peer, erlang, node, [])}.

peer(Peer, M, F, A) -> rpc:call(node(Peer), peer, call, [Peer, M, F, A]).

stop(Peer) -> rpc:call(node(Peer), peer, stop, [Peer]).

%% What cases start on the other node.
relay() ->
    receive {To, Message} -> To ! Message, relay(); stop -> ok end.

echo() ->
    receive {From, Message} -> From ! {self(), Message}, echo(); stop -> ok end.

holder(To) ->
    process_flag(trap_exit, true),
    receive Message -> To ! {self(), Message}, holder(To) end.

%% The next message, or timeout.
wait(Time) ->
    receive Message -> Message after Time -> timeout end.
