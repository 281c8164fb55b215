%% Messages: to pids, names, aliases; their order; what is not there.
-module(sends).
-export([main/1, collect/2, count/1]).

main(N) ->
    P = spawn(N, cluster, echo, []),
    P ! {self(), hello},
    io:format("~p~n", [receive {P, M} -> M after 5000 -> none end]),
    io:format("~p~n", [[node(P) =:= N, is_pid(P), is_process_alive(self()), P =:= binary_to_term(term_to_binary(P))]]),
    names(N),
    order(N),
    aliases(N),
    io:format("~p~n", [erlang:send(P, {self(), again}, [nosuspend])]),
    io:format("~p~n", [receive {P, M2} -> M2 after 5000 -> none end]),
    io:format("~p~n", [erlang:send_nosuspend(P, {self(), third})]),
    io:format("~p~n", [receive {P, M3} -> M3 after 5000 -> none end]),
    io:format("~p~n", [erlang:send({x, 'no@such'}, hello, [noconnect])]),
    io:format("~p~n", [catch {nobody, N} ! hello]),
    io:format("~p~n", [catch {nobody, 'no@such'} ! hello]),
    io:format("~p~n", [catch {nobody, "no"} ! hello]),
    texts(P),
    P ! stop,
    P ! {self(), dead},
    io:format("~p~n", [cluster:wait(100)]).

names(N) ->
    true = rpc:call(N, erlang, register, [the_echo, E = spawn(N, cluster, echo, [])]),
    {the_echo, N} ! {self(), to_name},
    io:format("~p~n", [receive {E, M} -> M after 5000 -> none end]),
    true = register(here, self()),
    spawn(N, cluster, relay, []) ! {{here, node()}, by_name},
    io:format("~p~n", [cluster:wait(5000)]),
    unregister(here),
    E ! stop.

collect(To, 0) -> To ! {done, self()};
collect(To, K) -> receive X -> To ! X, collect(To, K - 1) end.

count(K) -> count(K, 1).
count(K, I) when I > K -> ok;
count(K, I) -> receive I -> count(K, I + 1); X -> {I, X} after 5000 -> {I, timeout} end.

order(N) ->
    P = spawn(N, ?MODULE, collect, [self(), 3000]),
    [P ! case I rem 500 of 0 -> I; _ -> I end || I <- lists:seq(1, 3000)],
    io:format("order ~p~n", [count(3000)]),
    receive {done, P} -> ok end.

aliases(N) ->
    P = spawn(N, cluster, relay, []),
    A = alias(),
    P ! {A, one}, P ! {A, two},
    io:format("~p~n", [[cluster:wait(5000), cluster:wait(5000)]]),
    true = unalias(A),
    P ! {A, three}, P ! {self(), four},
    io:format("~p~n", [cluster:wait(5000)]),
    B = alias([reply]),
    P ! {B, five}, P ! {B, six}, P ! {self(), seven},
    io:format("~p~n", [[cluster:wait(5000), cluster:wait(5000)]]),
    R = monitor(process, P, [{alias, reply_demonitor}]),
    P ! {R, eight}, P ! {R, nine}, P ! stop, 
    io:format("~p~n", [[cluster:wait(5000), cluster:wait(200)]]).

%% Identifiers of the other node as text and back.
texts(P) ->
    io:format("~p~n", [list_to_pid(pid_to_list(P)) =:= P]),
    R = rpc:call(node(P), erlang, make_ref, []),
    io:format("~p~n", [[list_to_ref(ref_to_list(R)) =:= R, node(R) =:= node(P), R < make_ref orelse true]]),
    [Port | _] = rpc:call(node(P), erlang, ports, []),
    io:format("~p~n", [[list_to_port(port_to_list(Port)) =:= Port, node(Port) =:= node(P), is_port(Port)]]).
