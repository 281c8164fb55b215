%% global between nodes that come together and part: names, conflicts, locks, partitions.
-module(globals).
-export([main/1, keep_larger/3, keep_none/3, fail/3, holder/2, locker/3]).

main(N) ->
    {Control, B} = start(N, []),
    conflicts(Control, B),
    names(Control, B),
    locks(Control, B),
    gone(Control, B),
    cluster:stop(Control),
    lock_of_a_node_that_dies(N),
    overlapping(N).

start(N, Arguments) -> cluster:start(N, ["-sname", peer:random_name(globals) | Arguments]).

%% ---- what is done there

at(Control, F, A) -> cluster:peer(Control, ?MODULE, F, A).
global(Control, F, A) -> cluster:peer(Control, global, F, A).

%% Told by messages, and asked for them.
holder(Name, How) ->
    Self = self(),
    P = spawn(fun() -> Self ! {self(), case How of none -> global:register_name(Name, self()); _ -> global:register_name(Name, self(), How) end}, hold([]) end),
    receive {P, Answer} -> {P, Answer} end.

hold(Got) -> receive {tell, To} -> To ! {self(), lists:reverse(Got)}, hold([]); stop -> ok; M -> hold([M | Got]) end.

told(P) ->
    M = monitor(process, P),
    P ! {tell, self()},
    receive {P, Got} -> demonitor(M, [flush]), Got; {'DOWN', M, process, P, _} -> dead end.
%% Whoever is to be ended is ended a moment later.
one_dies(Ps) -> until(fun() -> [dead] =:= [dead || P <- Ps, told(P) =:= dead] end).

keep_larger(_, P, Q) -> case node(P) > node(Q) of true -> P; false -> Q end.
keep_none(_, _, _) -> none.
fail(_, _, _) -> exit(failed).

together(B) -> true = net_kernel:connect_node(B), ok = global:sync().
%% Nobody else is to bring the connection back.
apart(Control, B) ->
    Never = [kernel, dist_auto_connect, never],
    application:set_env(kernel, dist_auto_connect, never), ok = cluster:peer(Control, application, set_env, Never),
    erlang:disconnect_node(B),
    true = until(fun() -> not lists:member(B, nodes()) andalso not lists:member(node(), cluster:peer(Control, erlang, nodes, [])) end).
may_connect(Control) ->
    application:unset_env(kernel, dist_auto_connect), cluster:peer(Control, application, unset_env, [kernel, dist_auto_connect]).

until(F) -> until(F, 300).
until(_, 0) -> false;
until(F, K) -> F() =:= true orelse begin timer:sleep(10), until(F, K - 1) end.

%% Both sides agree on who has the name, and say who it is.
owner(Control, Name, Known) ->
    true = until(fun() -> global:whereis_name(Name) =:= global(Control, whereis_name, [Name]) end),
    proplists:get_value(global:whereis_name(Name), [{undefined, nobody} | Known], another).

%% ---- a name that two have taken while they did not know of each other

conflicts(Control, B) ->
    Resolvers = [{none, none}, {exit, fun global:random_exit_name/3}, {notify, fun global:random_notify_name/3}, {notify_all, fun global:notify_all_name/3},
                 {larger, fun ?MODULE:keep_larger/3}, {nobody, fun ?MODULE:keep_none/3}, {fails, fun ?MODULE:fail/3}],
    apart(Control, B),
    Here = [{Key, holder(Key, How)} || {Key, How} <- Resolvers],
    There = [{Key, at(Control, holder, [Key, How])} || {Key, How} <- Resolvers],
    true = lists:all(fun({_, {_, Answer}}) -> Answer =:= yes end, Here ++ There),
    may_connect(Control), together(B),
    [begin
        {Key, {P, yes}} = lists:keyfind(Key, 1, Here), {Key, {Q, yes}} = lists:keyfind(Key, 1, There),
        true = until(fun() -> global:whereis_name(Key) =:= global(Control, whereis_name, [Key]) end),
        Owner = owner(Control, Key, [{P, one}, {Q, one}]),
        lists:member(Key, [none, exit]) andalso (true = one_dies([P, Q])),
        Told = [told(P), told(Q)],
        io:format("~p: ~p~n", [Key, {Owner, lists:sort([conflict(T, P, Q) || T <- Told]), length([dead || dead <- Told])}]),
        Key =:= larger andalso io:format("~p~n", [node(global:whereis_name(Key)) =:= max(node(), B)]),
        [exit(X, kill) || X <- [P, Q]]
     end || {Key, _} <- Resolvers],
    true = until(fun() -> global:registered_names() =:= [] andalso global(Control, registered_names, []) =:= [] end).

conflict(dead, _, _) -> dead;
conflict(Got, P, Q) -> [case M of {global_name_conflict, _} -> conflict; {global_name_conflict, _, Other} -> {conflict, lists:member(Other, [P, Q])}; _ -> M end || M <- Got].

%% ---- names

names(Control, B) ->
    {P, yes} = holder(first, none),
    {Q, No} = at(Control, holder, [first, none]),
    A = [No, owner(Control, first, [{P, here}, {Q, there}])],
    R = [global(Control, re_register_name, [first, Q]), owner(Control, first, [{P, here}, {Q, there}])],
    C = [global:register_name(second, Q), owner(Control, second, [{Q, there}]), lists:sort(global:registered_names()), global:register_name(second, P)],
    S = self(),
    D = [global(Control, send, [second, {from, S}]) =:= P, until(fun() -> told(P) =:= [{from, S}] end), told(Q), catch global:send(nobody, x)],
    global(Control, unregister_name, [second]),
    E = [owner(Control, second, []), global:unregister_name(never)],
    exit(Q, kill),
    F = [until(fun() -> global:whereis_name(first) =:= undefined end), owner(Control, first, [])],
    io:format("~p~n", [[A, R, C, D, E, F]]),
    %% Parted and together again.
    {There, yes} = at(Control, holder, [there, none]), {Here, yes} = holder(here, none),
    Know = [{Here, here}, {There, there}],
    G = [owner(Control, X, Know) || X <- [here, there]],
    apart(Control, B),
    H = [until(fun() -> [global:whereis_name(X) || X <- [here, there]] =:= [Here, undefined] end),
         until(fun() -> [global(Control, whereis_name, [X]) || X <- [here, there]] =:= [undefined, There] end)],
    may_connect(Control), together(B),
    I = [until(fun() -> [global:whereis_name(X) || X <- [here, there]] =:= [Here, There] end), [owner(Control, X, Know) || X <- [here, there]]],
    %% Who ends while they are parted is not known afterwards.
    apart(Control, B),
    exit(Here, kill), cluster:peer(Control, erlang, exit, [There, kill]),
    may_connect(Control), together(B),
    io:format("~p~n", [[G, H, I, until(fun() -> [global:whereis_name(X) || X <- [here, there]] =:= [undefined, undefined] end), [owner(Control, X, []) || X <- [here, there]], exits(P)]]).
exits(P) -> exit(P, kill), is_process_alive(P).

%% ---- locks

locker(Id, Nodes, To) ->
    spawn(fun() -> To ! {self(), global:set_lock({Id, self()}, Nodes, 0)}, receive release -> global:del_lock({Id, self()}, Nodes), To ! {self(), released}; stop -> ok end end).
answer(P) -> receive {P, R} -> R after 3000 -> silent end.

locks(Control, B) ->
    Nodes = [node(), B], S = self(),
    P = at(Control, locker, [lock, Nodes, S]),
    A = [answer(P), global:set_lock({lock, S}, Nodes, 0), global:set_lock({lock, S}, [node()], 0), global:trans({lock, S}, fun() -> done end, Nodes, 0)],
    P ! release,
    C = [answer(P), global:set_lock({lock, S}, Nodes, 0), global:set_lock({lock, S}, Nodes, 0)],
    Q = at(Control, locker, [lock, Nodes, S]),
    D = [answer(Q), global:del_lock({lock, S}, Nodes), answer(R1 = at(Control, locker, [lock, Nodes, S])), global:del_lock({lock, S}, Nodes),
         answer(R2 = at(Control, locker, [lock, Nodes, S]))],
    R1 ! stop,
    %% Its owner ends.
    exit(R2, kill),
    E = [until(fun() -> global:set_lock({lock, S}, Nodes, 0) end), global:del_lock({lock, S}, Nodes)],
    F = global:trans({lock, S}, fun() -> [answer(at(Control, locker, [lock, Nodes, S])), answer(at(Control, locker, [other, Nodes, S]))] end, Nodes, 1),
    io:format("~p~n", [[A, C, D, E, F]]).

lock_of_a_node_that_dies(N) ->
    {Control, B} = start(N, []),
    together(B),
    Nodes = [node(), B], S = self(),
    P = at(Control, locker, [lock, Nodes, S]),
    A = [answer(P), global:set_lock({lock, S}, [node()], 0)],
    {Q, yes} = at(Control, holder, [dies, none]),
    C = owner(Control, dies, [{Q, there}]),
    M = monitor(process, P),
    rpc:cast(B, erlang, halt, [0]),
    D = [receive {'DOWN', M, process, P, W} -> W after 5000 -> none end, until(fun() -> global:set_lock({lock, S}, [node()], 0) end),
         until(fun() -> global:whereis_name(dies) =:= undefined end), global:del_lock({lock, S}, [node()])],
    catch cluster:stop(Control),
    io:format("~p~n", [[A, C, D]]).

%% ---- the connection of two nodes is gone, and a third one has both

gone(Control, B) ->
    {Held, yes} = at(Control, holder, [held, none]),
    A = [owner(Control, held, [{Held, there}])],
    M = monitor(process, Held),
    apart(Control, B),
    C = [receive {'DOWN', M, process, Held, W} -> W after 3000 -> none end, until(fun() -> global:whereis_name(held) =:= undefined end),
         %% Its name may be taken here.
         element(2, {P, _} = holder(held, none))],
    may_connect(Control), together(B),
    Owner = owner(Control, held, [{P, one}, {Held, one}]),
    %% One of the two has been ended: that is the resolver without another.
    true = one_dies([P, Held]),
    [Live] = [X || X <- [P, Held], told(X) =/= dead],
    io:format("~p~n", [[A, C, Owner, global:whereis_name(held) =:= Live]]),
    exit(Live, kill),
    true = until(fun() -> global:whereis_name(held) =:= undefined end).

overlapping(N) ->
    [io:format("~p: ~p~n", [Prevent, overlap(N, Prevent)]) || Prevent <- ["false", "true"]].

overlap(N, Prevent) ->
    Arguments = ["-kernel", "prevent_overlapping_partitions", Prevent, "dist_auto_connect", "never"],
    Three = [{_, A}, {_, B}, {CC, C}] = [start(Where, Arguments) || Where <- [node(), N, N]],
    [{CA, A} | _] = Three,
    Nodes = fun(Control) -> lists:sort(cluster:peer(Control, erlang, nodes, [])) end,
    [true = cluster:peer(From, net_kernel, connect_node, [To]) || {From, To} <- [{CA, B}, {CA, C}, {CC, B}]],
    Whole = until(fun() -> [Nodes(Control) || {Control, _} <- Three] =:= [lists:sort([A, B, C] -- [X]) || X <- [A, B, C]] end),
    [ok = cluster:peer(Control, global, sync, []) || {Control, _} <- Three],
    Env = lists:usort([cluster:peer(Control, application, get_env, [kernel, prevent_overlapping_partitions]) || {Control, _} <- Three]),
    true = cluster:peer(CA, erlang, disconnect_node, [B]),
    Parted = until(fun() -> not lists:member(B, Nodes(CA)) andalso not lists:member(A, Nodes(element(1, lists:nth(2, Three)))) end),
    %% Overlapping: C has both, who do not have each other.
    Overlap = fun() -> Nodes(CC) =:= lists:sort([A, B]) end,
    Settled = case Prevent of "true" -> until(fun() -> not Overlap() end); "false" -> timer:sleep(500), Overlap() end,
    timer:sleep(200),
    R = [Whole, Env, Parted, Settled, Overlap()],
    [cluster:stop(Control) || {Control, _} <- Three],
    R.
