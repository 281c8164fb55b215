%% What a course on distributed Elixir does: Node, GenServer, Task.Supervisor, Registry and Agent across nodes.
-module(elixir_there).
-export([main/1, work/1, reply_later/1]).

-define(TASKS, 'Elixir.Task.Supervisor').
-define(TASK, 'Elixir.Task').
-define(NODE, 'Elixir.Node').
-define(AGENT, 'Elixir.Agent').

main(N) ->
    Paths = filelib:wildcard("/usr/lib/elixir/lib/{elixir,logger}/ebin"),
    [{ok, _} = begin ok = rpc:call(Node, code, add_pathsz, [Paths]), rpc:call(Node, application, ensure_all_started, [elixir]) end
     || Node <- [node(), N]],
    nodes_(N),
    tasks(N),
    streams(N),
    agents(N),
    names(N).

nodes_(N) ->
    io:format("~p~n", [[?NODE:ping(N), ?NODE:connect(N), ?NODE:list() =:= [N], ?NODE:'alive?'(), ?NODE:self() =:= node()]]),
    Self = self(),
    P = ?NODE:spawn_link(N, fun() -> Self ! {node(), self()} end),
    io:format("~p~n", [receive {N, P} -> node(P) =:= N end]),
    Q = ?NODE:spawn(N, ?MODULE, reply_later, [self()]),
    io:format("~p~n", [receive {later, Q} -> came after 5000 -> lost end]),
    true = ?NODE:monitor(N, true),
    io:format("~p~n", [?NODE:monitor(N, false)]).

reply_later(To) ->
    timer:sleep(10),
    To ! {later, self()}.

work({fail, Why}) -> exit(Why);
work(X) -> {node(), X * 2}.

tasks(N) ->
    {ok, Sup} = rpc:call(N, ?MODULE, work, [1]) =:= {N, 2} andalso start_there(N),
    Name = {ours("tasks"), N},
    T = ?TASKS:async(Name, ?MODULE, work, [21]),
    io:format("~p~n", [?TASK:await(T) =:= {N, 42}]),
    U = ?TASKS:async_nolink(Name, ?MODULE, work, [{fail, oops}]),
    io:format("~p~n", [?TASK:yield(U)]),
    V = ?TASKS:async_nolink(Sup, timer, sleep, [20000]),
    io:format("~p ~p~n", [?TASK:yield(V, 20), ?TASK:shutdown(V, brutal_kill)]),
    {ok, C} = ?TASKS:start_child(Name, timer, sleep, [20000]),
    io:format("~p~n", [[node(C) =:= N, ?TASKS:children(Name) =:= [C], ?TASKS:terminate_child(Name, C), ?TASKS:children(Name)]]),
    process_flag(trap_exit, true),
    W = ?TASKS:async(Name, ?MODULE, work, [{fail, linked}]),
    Pid = maps:get(pid, W),
    io:format("~p~n", [[receive {'EXIT', Pid, Why} -> Why after 5000 -> none end, receive {'DOWN', _, process, Pid, Why} -> Why after 5000 -> none end]]),
    process_flag(trap_exit, false).

%% Names that the next client does not find taken.
ours(What) ->
    [Name, _] = string:split(atom_to_list(node()), "@"),
    list_to_atom(What ++ "_of_" ++ Name).

%% A supervisor that outlives the call which starts it.
start_there(N) ->
    {Self, Name} = {self(), ours("tasks")},
    spawn(N, fun() -> {ok, S} = ?TASKS:start_link([{name, Name}]), Self ! {started, S}, receive after infinity -> ok end end),
    receive {started, S} -> {ok, S} after 10000 -> none end.

streams(N) ->
    Stream = ?TASKS:async_stream_nolink({ours("tasks"), N}, [1, 2, 3, {fail, bad}, 5], ?MODULE, work, [], [{max_concurrency, 2}]),
    io:format("~p~n", [[case R of {ok, {Node, X}} -> {Node =:= N, X}; Other -> Other end || R <- 'Elixir.Enum':to_list(Stream)]]).

agents(N) ->
    Self = self(),
    spawn(N, fun() -> {ok, A} = ?AGENT:start_link(fun() -> #{} end, [{name, store}]), Self ! {agent, A}, receive after infinity -> ok end end),
    A = receive {agent, Pid} -> Pid end,
    ok = ?AGENT:update({store, N}, fun(Map) -> Map#{key => node()} end),
    io:format("~p~n", [[?AGENT:get(A, fun(Map) -> maps:get(key, Map) end) =:= N, ?AGENT:get({store, N}, maps, size, [])]]),
    io:format("~p~n", [catch ?AGENT:get({no_store, N}, maps, size, [])]),
    ?AGENT:stop({store, N}).

%% {:global, name} and {:via, :global, name} as names.
names(N) ->
    Self = self(),
    spawn(N, fun() -> {ok, _} = ?AGENT:start_link(fun() -> there end, [{name, {global, a_global_agent}}]), Self ! up, receive after infinity -> ok end end),
    receive up -> ok end,
    true = is_pid(known(a_global_agent)),
    io:format("~p~n", [[?AGENT:get({global, a_global_agent}, fun(X) -> X end), ?AGENT:get({via, global, a_global_agent}, fun(X) -> X end)]]),
    {error, {already_started, P}} = ?AGENT:start(fun() -> here end, [{name, {global, a_global_agent}}]),
    io:format("~p~n", [node(P) =:= N]),
    ?AGENT:stop({global, a_global_agent}),
    forgotten(a_global_agent),
    io:format("~p~n", ['Elixir.GenServer':whereis({global, a_global_agent})]).

%% What global knows of other nodes comes when it comes.
known(Name) ->
    case global:whereis_name(Name) of undefined -> timer:sleep(10), known(Name); P -> P end.
forgotten(Name) ->
    case global:whereis_name(Name) of undefined -> ok; _ -> timer:sleep(10), forgotten(Name) end.
