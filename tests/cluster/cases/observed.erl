%% What observer, etop and crash-dump tools ask of another node: observer_backend, sys, dbg, and processes as they are told.
-module(observed).
-export([main/1, busy/0]).

main(N) ->
    connection(N),
    system(N),
    tables(N),
    processes(N),
    applications(N),
    traced(N),
    started_by_peer(N).

%% What sys_dist knows the connection by tells of it, as the handle of who controls it does.
connection(N) ->
    {Number, Reference} = Id = ets:lookup_element(sys_dist, N, 3),
    {ok, In, Out, Pending} = erlang:dist_get_stat(Id),
    io:format("~p~n", [[In > 0, Out > 0, is_boolean(Pending) orelse is_integer(Pending)]]),
    io:format("~p~n", [[try erlang:dist_get_stat(X) catch C:E -> {C, E} end || X <- [Reference, {Number + 1, Reference}, {Number, make_ref()}, {a, b}]]]).

%% The shapes of the answers: their numbers are the node's own.
system(N) ->
    Info = rpc:call(N, observer_backend, sys_info, []),
    io:format("~p~n", [lists:sort([K || {K, _} <- Info])]),
    io:format("~p~n", [[{K, is_integer(V)} || {K, V} <- Info, lists:member(K, [uptime, run_queue, process_count, atom_count, ets_count, total])]]),
    io:format("~p~n", [[is_list(rpc:call(N, observer_backend, F, [])) || F <- [get_port_list, get_socket_list]]]).

tables(N) ->
    Self = self(),
    P = spawn(N, fun() -> T = ets:new(observed_table, [public, named_table, {keypos, 2}]), ets:insert(T, {a, b, c}), Self ! {made, T}, receive stop -> ok end end),
    receive {made, _} -> ok end,
    List = rpc:call(N, observer_backend, get_table_list, [ets, [{unread_hidden, true}, {sys_hidden, false}]]),
    Mine = [T || T <- List, lists:member({name, observed_table}, T)],
    io:format("~p~n", [[lists:sort([{K, tidy(K, V)} || {K, V} <- T]) || T <- Mine]]),
    Getter = rpc:call(N, observer_backend, get_table, [self(), observed_table, ets]),
    Ref = monitor(process, Getter),
    io:format("~p~n", [receive {Getter, '$end_of_table'} -> none; {Getter, Rows} -> Rows after 5000 -> lost end]),
    receive {'DOWN', Ref, _, _, Why} -> io:format("~p~n", [lists:member(Why, [normal, noproc])]) after 5000 -> io:format("stays~n") end,
    P ! stop.
tidy(memory, M) -> is_integer(M);
tidy(owner, P) -> is_pid(P);
tidy(id, _) -> id;
tidy(_, V) -> V.

busy() -> receive stop -> ok end.

processes(N) ->
    P = spawn(N, ?MODULE, busy, []),
    Etop = rpc:call(N, observer_backend, procs_info, [self()]),
    {Rows, Last} = collect_processes([]),
    io:format("~p~n", [[Last, element(1, hd(Rows)), tuple_size(hd(Rows)), lists:keymember(P, 2, Rows), element(1, Etop)]]),
    io:format("~p~n", [[rpc:call(N, erlang, process_info, [P, K]) || K <- [current_function, initial_call, status, message_queue_len, trap_exit, links, monitors]]]),
    io:format("~p~n", [rpc:call(N, sys, get_state, [rex])]),
    {status, _, {module, gen_server}, _} = sys:get_status({rex, N}),
    ok = sys:suspend({rex, N}),
    ok = sys:resume({rex, N}),
    P ! stop.
collect_processes(Rows) ->
    receive
        {procs_info, _, More} -> collect_processes(More ++ Rows);
        {'DOWN', _, _, _, _} = Down -> {Rows, Down}
    after 500 -> {Rows, all}
    end.

applications(N) ->
    io:format("~p~n", [lists:sort([A || {A, _, _} <- rpc:call(N, application, which_applications, []), lists:member(A, [kernel, stdlib])])]),
    io:format("~p~n", [[Id || {Id, _, _, _} <- lists:sort(supervisor:which_children({kernel_safe_sup, N})), is_atom(Id), Id =/= timer_server, Id =/= mnesia_sup, Id =/= inet_gethost_native_sup]]),
    io:format("~p~n", [length(supervisor:count_children({kernel_sup, N}))]).

%% dbg here, trace messages from there.
traced(N) ->
    Self = self(),
    {ok, _} = dbg:tracer(process, {fun(M, To) -> To ! {seen, M}, To end, Self}),
    {ok, N} = dbg:n(N),
    P = spawn(N, cluster, echo, []),
    P ! {self(), first},
    receive {P, first} -> ok end,
    {ok, Matched} = dbg:p(P, [m]),
    io:format("~p~n", [[X || {matched, Node, X} <- Matched, Node =:= N]]),
    P ! {self(), hello},
    Seen = [receive {seen, M} -> M after 5000 -> none end || _ <- [1, 2]],
    io:format("~p~n", [Seen]),
    dbg:stop_clear(),
    P ! stop.

%% A peer with the distribution as its only connection.
started_by_peer(N) ->
    Name = peer:random_name(observed),
    {ok, Peer, Node} = rpc:call(N, peer, start, [#{name => Name, args => ["-kernel", "prevent_overlapping_partitions", "false", "-setcookie", atom_to_list(erlang:get_cookie())]}]),
    io:format("~p~n", [[net_adm:ping(Node), erpc:call(Node, lists, sum, [[1, 2, 3]])]]),
    io:format("~p~n", [[peer:get_state(Peer), rpc:call(Node, init, get_argument, [connect_all])]]),
    monitor_node(Node, true),
    ok = peer:stop(Peer),
    io:format("~p~n", [receive {nodedown, Node} -> down after 10000 -> stays end]).
