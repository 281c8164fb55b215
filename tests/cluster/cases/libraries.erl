%% What OTP's libraries do across nodes.
-module(libraries).
-export([main/1, init/1, handle_call/3, handle_cast/2]).

init(X) -> {ok, X}.
handle_call(crash, _, _) -> exit(crashed);
handle_call(slow, _, State) -> timer:sleep(1000), {reply, slow, State};
handle_call(Request, _, State) -> {reply, {Request, State}, State}.
handle_cast(_, State) -> {noreply, State}.

main(N) ->
    io:format("~p~n", [[rpc:call(N, lists, reverse, [[1, 2, 3]]), rpc:call(N, erlang, error, [bad], 5000), rpc:call(N, no_module, f, [])]]),
    io:format("~p~n", [[catch erpc:call(N, lists, sum, [[1, 2]]), catch erpc:call(N, erlang, throw, [ball]), element(1, element(2, catch erpc:call(N, erlang, exit, [out])))]]),
    io:format("~p~n", [erpc:multicall([node(), N], erlang, length, [[a, b]])]),
    io:format("~p~n", [rpc:multicall([node(), N, 'no@such'], erlang, length, [[a]])]),
    io:format("~p~n", [catch erpc:call(N, timer, sleep, [2000], 100)]),
    io:format("~p~n", [rpc:yield(rpc:async_call(N, erlang, abs, [-1]))]),
    servers(N),
    groups(N),
    globals(N),
    files(N).

servers(N) ->
    {ok, There} = rpc:call(N, gen_server, start, [{local, srv}, ?MODULE, there, []]),
    {ok, Here} = gen_server:start({local, srv}, ?MODULE, here, []),
    io:format("~p~n", [[gen_server:call({srv, N}, x), gen_server:call(There, y)]]),
    io:format("~p~n", [lists:map(fun({Node, R}) -> {Node =:= N, R} end, lists:sort(fun(A, _) -> element(1, A) =:= node() end, element(1, gen_server:multi_call([node(), N], srv, z))))]),
    io:format("~p~n", [catch gen_server:call(There, slow, 50)]),
    io:format("~p~n", [element(1, element(2, catch gen_server:call(There, crash)))]),
    io:format("~p~n", [catch gen_server:call({srv, 'no@such'}, x)]),
    io:format("~p~n", [catch gen_server:call({no_server, N}, x)]),
    gen_server:stop(Here),
    receive {_, slow} -> ok after 1200 -> ok end.

groups(N) ->
    {ok, Scope} = pg:start(a_scope),
    {ok, _} = rpc:call(N, pg, start, [a_scope]),
    P = spawn(N, cluster, echo, []),
    ok = rpc:call(N, pg, join, [a_scope, g, P]),
    io:format("~p~n", [wait_until(fun() -> pg:get_members(a_scope, g) =:= [P] end)]),
    P ! stop,
    io:format("~p~n", [wait_until(fun() -> pg:get_members(a_scope, g) =:= [] end)]),
    rpc:call(N, gen_server, stop, [a_scope]),
    gen_server:stop(Scope).

globals(N) ->
    yes = global:register_name(a_global, self()),
    io:format("~p~n", [wait_until(fun() -> rpc:call(N, global, whereis_name, [a_global]) =:= self() end)]),
    io:format("~p~n", [global:trans({lock, self()}, fun() -> done end, [node(), N])]),
    global:unregister_name(a_global).

wait_until(F) -> wait_until(F, 50).
wait_until(_, 0) -> false;
wait_until(F, K) -> F() orelse begin timer:sleep(50), wait_until(F, K - 1) end.

%% Output of processes there comes here.
files(N) ->
    spawn(N, io, format, ["printed there~n"]),
    timer:sleep(200),
    rpc:call(N, io, format, ["printed by rpc~n"]),
    P = spawn(N, cluster, relay, []),
    io:format("~p~n", [group_leader(group_leader(), P)]),
    P ! stop.
