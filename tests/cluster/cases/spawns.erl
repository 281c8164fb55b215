%% Processes made on the other node.
-module(spawns).
-export([main/1, report/1, crash/0]).

main(N) ->
    P = spawn(N, ?MODULE, report, [self()]),
    {P, Info} = cluster:wait(5000),
    io:format("~p~n", [Info]),
    io:format("~p~n", [node(spawn(N, fun() -> ok end)) =:= N]),
    options(N),
    requests(N),
    abandoned(N),
    io:format("~p~n", [catch spawn(N, foo, bar, not_a_list)]),
    io:format("~p~n", [catch spawn_opt(N, erlang, self, [], [not_an_option])]),
    io:format("~p~n", [element(1, catch spawn_opt(N, erlang, self, [], [{priority, none}]))]),
    late(N).

report(To) ->
    {initial_call, Call} = process_info(self(), initial_call),
    To ! {self(), [Call, node(group_leader()) =:= node(To), process_info(self(), priority), process_info(self(), trap_exit)]}.

crash() -> exit(crashed).

options(N) ->
    {P, M} = spawn_opt(N, cluster, echo, [], [monitor, {priority, high}, {min_heap_size, 1000}]),
    io:format("~p~n", [rpc:call(N, erlang, process_info, [P, priority])]),
    P ! stop,
    io:format("~p~n", [receive {'DOWN', M, process, P, Why} -> Why after 5000 -> none end]),
    process_flag(trap_exit, true),
    Q = spawn_opt(N, ?MODULE, crash, [], [link]),
    io:format("~p~n", [receive {'EXIT', Q, Why2} -> Why2 after 5000 -> none end]).

requests(N) ->
    R = spawn_request(N, cluster, echo, [], [link, monitor, {reply_tag, here_it_is}]),
    {here_it_is, R, ok, P} = cluster:wait(5000),
    io:format("~p~n", [{element(2, process_info(self(), monitors)) =:= [{process, P}],
                        lists:member(P, element(2, process_info(self(), links)))}]),
    exit(P, bye),
    io:format("~p~n", [lists:sort([kind(cluster:wait(5000)), kind(cluster:wait(5000))])]),
    R2 = spawn_request(N, cluster, echo, [], [bad_option]),
    io:format("~p~n", [case cluster:wait(5000) of {spawn_reply, R2, error, Why} -> Why end]),
    _ = spawn_request(N, cluster, echo, [], [{reply, error_only}]),
    io:format("~p~n", [cluster:wait(200)]),
    R3 = spawn_request('no@such', cluster, echo, []),
    io:format("~p~n", [case cluster:wait(9000) of {spawn_reply, R3, error, Why3} -> Why3 end]),
    {Q, M} = spawn_monitor(N, ?MODULE, crash, []),
    io:format("~p~n", [receive {'DOWN', M, process, Q, W} -> W after 5000 -> none end]),
    R4 = spawn_request(N, cluster, relay, [], [{monitor, [{alias, explicit_unalias}, {tag, my_down}]}]),
    {spawn_reply, R4, ok, Relay} = cluster:wait(5000),
    Relay ! {R4, through_alias},
    io:format("~p~n", [cluster:wait(5000)]),
    Relay ! stop,
    io:format("~p~n", [case cluster:wait(5000) of {my_down, R4, process, Relay, W4} -> W4 end]).

kind({'DOWN', _, process, _, Why}) -> {down, Why};
kind({'EXIT', _, Why}) -> {exit, Why};
kind(Other) -> Other.

abandoned(N) ->
    R = spawn_request(N, cluster, echo, [], []),
    receive {spawn_reply, R, ok, _} -> ok end,
    io:format("~p~n", [spawn_request_abandon(R)]),
    K = spawn_request(N, timer, sleep, [1000], [link]),
    io:format("~p ~p~n", [spawn_request_abandon(K), cluster:wait(200)]).

%% Many at once, and large arguments.
late(N) ->
    Big = lists:seq(1, 100000),
    Ps = [spawn(N, erlang, apply, [fun erlang:send/2, [self(), {I, Big}]]) || I <- lists:seq(1, 5)],
    io:format("~p~n", [[receive {I, B} -> B =:= Big after 10000 -> none end || I <- lists:seq(1, length(Ps))]]).
