%% Nodes that come and go, and who is told.
-module(nodes_up).
-export([main/1]).

main(N) ->
    io:format("~p~n", [{nodes() =:= [N], nodes(visible) =:= [N], nodes(hidden), nodes(connected) =:= [N], nodes(this) =:= [node()]}]),
    [{N, #{connection_id := Id, node_type := visible}}] = nodes(connected, #{connection_id => true, node_type => true}),
    io:format("~p~n", [is_integer(Id)]),
    io:format("~p~n", [catch nodes(connected, #{what => true})]),
    ok = net_kernel:monitor_nodes(true),
    ok = net_kernel:monitor_nodes(true, [nodedown_reason, {node_type, all}]),
    ok = net_kernel:monitor_nodes(true, #{connection_id => true}),
    true = monitor_node(N, true),
    true = monitor_node(N, true),
    true = monitor_node(N, true),
    true = monitor_node(N, false),
    %% Nobody else is to bring the connection back.
    Never = [kernel, dist_auto_connect, never],
    [ok = rpc:call(M, application, set_env, Never) || M <- [node(), N]],
    down(N),
    io:format("~p~n", [[nodes(), net_kernel:connect_node(N)]]),
    io:format("~p~n", [lists:sort(all(N, 200))]),
    io:format("~p~n", [net_kernel:monitor_nodes(false)]),
    down(N),
    io:format("~p~n", [net_kernel:connect_node(N)]),
    io:format("~p~n", [lists:sort(all(N, 200))]),
    net_kernel:monitor_nodes(false, [nodedown_reason, {node_type, all}]),
    net_kernel:monitor_nodes(false, #{connection_id => true}),
    [ok = rpc:call(M, application, unset_env, [kernel, dist_auto_connect]) || M <- [node(), N]],
    unknown(),
    io:format("~p~n", [erlang:disconnect_node('no@such')]),
    io:format("~p~n", [catch erlang:monitor_node("x", true)]),
    io:format("~p~n", [[is_alive(), node() =/= nonode@nohost, net_kernel:connect_node(node())]]).

down(N) ->
    true = erlang:disconnect_node(N),
    io:format("~p~n", [lists:sort(all(N, 300))]).

all(N, Time) ->
    receive M -> [tidy(M) | all(N, Time)] after Time -> [] end.

tidy({What, _, Info}) when is_map(Info) -> {What, maps:map(fun(connection_id, Id) -> is_integer(Id); (_, V) -> V end, Info)};
tidy({What, _, Info}) -> {What, lists:sort(Info)};
tidy({What, _}) -> What;
tidy(Other) -> Other.

unknown() ->
    true = monitor_node('no@such', true),
    io:format("~p~n", [cluster:wait(9000)]),
    M = monitor(process, {x, 'no@such'}),
    io:format("~p~n", [case cluster:wait(9000) of {'DOWN', M, process, Item, Why} -> {Item, Why} end]).
