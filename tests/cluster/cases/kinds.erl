%% Nodes that are hidden, keep to themselves, get their name from others, or listen where they are told; who is told of
%% what, and a node that says nothing any more.
-module(kinds).
-export([main/1, observe/0]).

main(N) ->
    Silent = silent(N),
    hidden(N),
    loner(N),
    nameless(N),
    range(N),
    never(N),
    lost(Silent).

%% A node beside N, of its kind: nobody connects it with us.
start(N, Arguments) ->
    cluster:start(N, ["-sname", peer:random_name(kinds) | Arguments]).

stop(Peer) ->
    Node = cluster:peer(Peer, erlang, node, []),
    monitor_node(Node, true),
    cluster:stop(Peer),
    receive {nodedown, Node} -> ok after 10000 -> io:format("~p stays~n", [Node]) end.

hidden(N) ->
    {Peer, H} = start(N, ["-hidden"]),
    io:format("~p~n", [cluster:peer(Peer, erlang, nodes, [connected])]),
    {Visible, Hidden, All} = {monitor(visible), monitor(hidden), monitor(all)},
    pong = net_adm:ping(H),
    io:format("~p~n", [[nodes() =:= [N], nodes(hidden) =:= [H], lists:sort(nodes(connected)) =:= lists:sort([H, N]), lists:member(H, nodes(known))]]),
    [{H, #{node_type := hidden}}] = nodes(hidden, #{node_type => true}),
    [{_, #{node_type := this}}] = nodes(this, #{node_type => true}),
    io:format("~p~n", [cluster:peer(Peer, erlang, nodes, [])]),
    true = [node()] =:= cluster:peer(Peer, erlang, nodes, [hidden]),
    io:format("~p~n", [length(nodes([visible, hidden, this]))]),
    io:format("~p~n", [erpc:call(H, lists, sum, [[1, 2]])]),
    stop(Peer),
    wait_until(fun() -> lists:all(fun(P) -> length(told(P, H)) =:= 2 end, [Hidden, All]) end),
    io:format("~p~n", [[told(P, H) || P <- [Visible, Hidden, All]]]).

monitor(Type) ->
    Self = self(),
    P = spawn_link(fun() ->
        ok = net_kernel:monitor_nodes(true, [{node_type, Type}, nodedown_reason]),
        Self ! {self(), ready},
        tell(Self)
    end),
    receive {P, ready} -> P end.

tell(To) ->
    receive {To, tell} -> To ! {self(), element(2, process_info(self(), messages))} end,
    tell(To).

told(P, Node) ->
    P ! {self(), tell},
    receive {P, Messages} -> [{What, lists:sort(Info)} || {What, Which, Info} <- Messages, Which =:= Node] end.

%% Connects to whom it is told, and to none else.
loner(N) ->
    {Peer, L} = start(N, ["-connect_all", "false"]),
    {Other, O} = start(N, []),
    pong = cluster:peer(Peer, net_adm, ping, [O]),
    pong = cluster:peer(Peer, net_adm, ping, [node()]),
    io:format("~p~n", [lists:sort([O, node()]) =:= lists:sort(cluster:peer(Peer, erlang, nodes, []))]),
    io:format("~p~n", [lists:member(L, nodes())]),
    stop(Peer),
    pong = net_adm:ping(O),
    stop(Other).

nameless(N) ->
    {Peer, Before} = cluster:start(N, ["-sname", "undefined"]),
    io:format("~p~n", [[Before, cluster:peer(Peer, erlang, is_alive, []), cluster:peer(Peer, net_kernel, get_state, [])]]),
    true = cluster:peer(Peer, net_kernel, connect_node, [node()]),
    Name = cluster:peer(Peer, erlang, node, []),
    io:format("~p~n", [[Name =/= Before, lists:member(Name, nodes(hidden)), cluster:peer(Peer, erlang, nodes, [hidden]) =:= [node()]]]),
    io:format("~p~n", [maps:remove(name, cluster:peer(Peer, net_kernel, get_state, []))]),
    Pid = cluster:peer(Peer, erlang, whereis, [init]),
    io:format("~p~n", [[node(Pid) =:= Name, erpc:call(Name, erlang, is_process_alive, [Pid])]]),
    %% Without connections it is nobody again, and the next time another incarnation.
    monitor_node(Name, true),
    true = cluster:peer(Peer, erlang, disconnect_node, [node()]),
    receive {nodedown, Name} -> ok end,
    wait_until(fun() -> cluster:peer(Peer, erlang, node, []) =:= nonode@nohost end),
    true = cluster:peer(Peer, net_kernel, connect_node, [node()]),
    Again = cluster:peer(Peer, erlang, whereis, [init]),
    io:format("~p~n", [[node(Again) =:= Name, Again =:= Pid, cluster:peer(Peer, erlang, node, []) =:= Name]]),
    stop(Peer).

wait_until(F) -> wait_until(F, 100).
wait_until(_, 0) -> io:format("in vain~n");
wait_until(F, K) -> F() orelse begin timer:sleep(20), wait_until(F, K - 1) end.

range(N) ->
    {Peer, Node} = start(N, ["-kernel", "inet_dist_listen_min", "30500", "inet_dist_listen_max", "30900"]),
    [Name, Host] = string:split(atom_to_list(Node), "@"),
    {port, Port, Version} = erl_epmd:port_please(Name, Host),
    io:format("~p~n", [[Port >= 30500 andalso Port =< 30900, Version]]),
    pong = net_adm:ping(Node),
    stop(Peer).

%% dist_auto_connect: never, and once.
never(N) ->
    {Peer, Node} = start(N, ["-kernel", "dist_auto_connect", "never"]),
    io:format("~p~n", [[cluster:peer(Peer, net_adm, ping, [node()]), cluster:peer(Peer, net_kernel, connect_node, [node()]), lists:member(Node, nodes())]]),
    stop(Peer),
    {Other, Once} = start(N, ["-kernel", "dist_auto_connect", "once"]),
    pong = cluster:peer(Other, net_adm, ping, [node()]),
    monitor_node(Once, true),
    true = disconnect_node(Once),
    receive {nodedown, Once} -> ok end,
    io:format("~p~n", [[cluster:peer(Other, net_adm, ping, [node()]), net_adm:ping(Once), cluster:peer(Other, net_kernel, connect_node, [node()])]]),
    cluster:peer(Other, net_adm, ping, [node()]),
    cluster:stop(Other).

%% Two nodes of which one is stopped: the other loses it once it has missed its ticks.
silent(N) ->
    Arguments = ["-kernel", "net_ticktime", "4", "-hidden"],
    {Peer, _} = start(N, Arguments),
    {Stopped, Node} = start(node(), Arguments),
    io:format("~p~n", [cluster:peer(Peer, net_kernel, get_net_ticktime, [])]),
    Observer = cluster:peer(Peer, ?MODULE, observe, []),
    true = cluster:peer(Peer, net_kernel, connect_node, [Node]),
    System = cluster:peer(Stopped, os, getpid, []),
    os:cmd("kill -STOP " ++ System),
    {Peer, Observer, System}.

observe() ->
    spawn(fun() ->
        ok = net_kernel:monitor_nodes(true, [nodedown_reason, {node_type, all}]),
        receive {nodedown, _, Info} -> Info end,
        receive {tell, To} -> To ! {observed, Info} end
    end).

lost({Peer, Observer, System}) ->
    Self = self(),
    cluster:peer(Peer, erlang, send, [Observer, {tell, Self}]),
    receive {observed, Info} -> io:format("~p~n", [Info]) after 10000 -> io:format("not lost~n") end,
    os:cmd("kill -KILL " ++ System),
    cluster:stop(Peer).
