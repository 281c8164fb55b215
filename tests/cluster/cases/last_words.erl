%% What a node said before it ended a connection arrives.
-module(last_words).
-export([main/1, say/2]).

main(N) ->
    ok = net_kernel:monitor_nodes(true, [{node_type, all}]),
    true = erlang:disconnect_node(N),
    receive {nodedown, N, _} -> ok end,
    [io:format("~p ~p~n", [End, heard(N, End)]) || End <- [disconnect, exit, shutdown, killed, close]],
    %% A node that gives up its name.
    [_, Host] = string:split(atom_to_list(node()), "@"),
    Node = list_to_atom("last_words@" ++ Host),
    {Peer, nonode@nohost} = cluster:start(N, []),
    {ok, _} = cluster:peer(Peer, net_kernel, start, [[last_words, shortnames]]),
    io:format("~p~n", [heard(Node, stop)]),
    cluster:stop(Peer).

%% Over a hidden connection, in which nothing else is said: what is lost on a wire that is cut is a matter of chance.
heard(N, End) ->
    true = net_kernel:hidden_connect_node(N),
    spawn(N, ?MODULE, say, [self(), End]),
    Said = [receive Word when is_atom(Word) -> Word after 5000 -> nothing end || _ <- [1, 2]],
    receive {nodedown, N, _} -> Said after 5000 -> up end.

say(To, End) ->
    {_, Port} = lists:keyfind(node(To), 1, erlang:system_info(dist_ctrl)),
    To ! one,
    To ! two,
    case End of
        disconnect -> erlang:disconnect_node(node(To));
        close -> port_close(Port);
        stop -> net_kernel:stop();
        exit -> exit(Port, reason);
        shutdown -> exit(Port, shutdown);
        killed -> exit(Port, killed)
    end.
