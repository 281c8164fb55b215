%% Tracers that are modules: the behaviour erl_tracer, by the library tracers.c.
-module(tracers).
-compile([export_all, nowarn_export_all]).
-on_load(load/0).
-nifs([enabled/3, enabled_call/3, enabled_send/3, enabled_receive/3, enabled_procs/3, enabled_ports/3, enabled_running_procs/3, enabled_running_ports/3, enabled_garbage_collection/3,
       trace/5, trace_call/5, trace_send/5, trace_receive/5, trace_procs/5, trace_ports/5, trace_running_procs/5, trace_running_ports/5, trace_garbage_collection/5]).

-define(NO, erlang:nif_error(not_loaded)).
load() -> erlang:load_nif(filename:join(filename:dirname(code:which(?MODULE)), ?MODULE_STRING), []).
enabled(_, _, _) -> ?NO.
enabled_call(_, _, _) -> ?NO.
enabled_send(_, _, _) -> ?NO.
enabled_receive(_, _, _) -> ?NO.
enabled_procs(_, _, _) -> ?NO.
enabled_ports(_, _, _) -> ?NO.
enabled_running_procs(_, _, _) -> ?NO.
enabled_running_ports(_, _, _) -> ?NO.
enabled_garbage_collection(_, _, _) -> ?NO.
trace(_, _, _, _, _) -> ?NO.
trace_call(_, _, _, _, _) -> ?NO.
trace_send(_, _, _, _, _) -> ?NO.
trace_receive(_, _, _, _, _) -> ?NO.
trace_procs(_, _, _, _, _) -> ?NO.
trace_ports(_, _, _, _, _) -> ?NO.
trace_running_procs(_, _, _, _, _) -> ?NO.
trace_running_ports(_, _, _, _, _) -> ?NO.
trace_garbage_collection(_, _, _, _, _) -> ?NO.

try_(F) -> try F() catch C:R -> {C, R} end.
raised(F) -> try F() catch C:R:S -> {_, _, _, L} = hd(S), {C, R, proplists:get_value(error_info, L)} end.
id(X) -> X.

%% ---- a process that does what it is told

worker() ->
    receive
        {do, From, F} -> F(), From ! {done, self()}, worker();
        stop -> ok
    end.
do(Worker, F) -> Worker ! {do, self(), F}, receive {done, Worker} -> ok end, waits(Worker).
waits(P) -> process_info(P, status) =:= {status, waiting} orelse begin timer:sleep(1), waits(P) end.
messages() -> oracle:messages(100).

%% What the tracer is told while a traced process does F.
traced(Flags, F) -> traced(Flags, self(), F).
traced(Flags, State, F) ->
    logger:set_primary_config(level, none),
    W = spawn(fun worker/0),
    1 = erlang:trace(W, true, [{tracer, ?MODULE, State} | Flags]),
    do(W, F),
    1 = erlang:trace(W, false, [all]),
    L = messages(),
    exit(W, kill),
    messages(),
    [shown(M) || {_, _, T, _, _} = M <- L, T =:= W].
shown({Class, Tag, _, What, Options}) -> {Class, Tag, what(What), maps:map(fun option/2, Options)}.
what({do, _, _}) -> do;
what({done, _}) -> done;
what([{_, _} | _] = L) -> [K || {K, _} <- L];
what({erlang, apply, [F, []]}) when is_function(F) -> apply;
what(X) when is_pid(X); is_port(X); is_reference(X) -> it;
what(X) -> X.
option(_, V) -> what(V).

%% ---- whom one may name

bad_case() ->
    [raised(fun() -> erlang:trace(self(), true, [send, O]) end)
     || O <- [{tracer, lists, self()}, {tracer, no_such_module, self()}, {tracer, 1, self()}, {tracer, ?MODULE}, {tracer, ?MODULE, x, y}]].
removed_at_once_case() -> [try_(fun() -> [erlang:trace(self(), true, [send, {tracer, ?MODULE, State}]), erlang:trace_info(self(), flags)] end) || State <- [nobody, dead()]].
dead() -> {P, R} = spawn_monitor(fun() -> ok end), receive {'DOWN', R, _, _, _} -> P end.
info_case() ->
    S = self(), W = spawn(fun worker/0), Tracer = {?MODULE, {S, send}},
    A = erlang:trace_info(W, tracer),
    1 = erlang:trace(W, true, [send, {tracer, ?MODULE, {S, send}}]),
    B = erlang:trace_info(W, tracer), F = erlang:trace_info(W, flags),
    1 = erlang:trace(W, true, ['receive', {tracer, ?MODULE, {S, send}}]),
    C = erlang:trace_info(W, flags),
    D = raised(fun() -> erlang:trace(W, true, [call, {tracer, S}]) end),
    E = raised(fun() -> erlang:trace(W, true, [call, {tracer, ?MODULE, S}]) end),
    1 = erlang:trace(W, false, [all]),
    [A, B =:= {tracer, Tracer}, F, C, D, E, erlang:trace_info(W, tracer), erlang:trace_info(W, flags)].
new_case() ->
    S = self(),
    erlang:trace(new_processes, true, [send, {tracer, ?MODULE, S}]),
    I = erlang:trace_info(new_processes, tracer),
    P = spawn(fun() -> S ! hello end),
    L = messages(),
    erlang:trace(new_processes, false, [all]),
    [I =:= {tracer, {?MODULE, S}}, [shown(M) || {_, _, Q, _, _} = M <- L, Q =:= P], erlang:trace_info(new_processes, tracer)].

%% ---- what it is told

send_case() -> S = self(), traced([send], fun() -> S ! {a, "list", <<"binary">>}, dead() ! x, S ! b end).
receive_case() -> traced(['receive'], fun() -> self() ! hello, receive hello -> ok end, receive never -> ok after 1 -> ok end end).
%% Whom the worker links with does not end before, and take it along.
procs_case() ->
    traced([procs], fun() ->
        register(traced_worker, self()), unregister(traced_worker),
        P = spawn(?MODULE, until_told, [1]), link(P), unlink(P),
        P ! stop
    end).
until_told(_) -> receive stop -> ok end.
spawned_case() ->
    traced([procs, set_on_spawn], fun() -> process_flag(trap_exit, true), spawn_link(?MODULE, id, [1]), receive {'EXIT', _, _} -> ok end end).
exit_case() ->
    S = self(), {W, R} = spawn_monitor(fun() -> receive go -> exit({some, reason}) end end),
    1 = erlang:trace(W, true, [procs, {tracer, ?MODULE, S}]),
    W ! go, receive {'DOWN', R, _, _, _} -> ok end,
    [shown(M) || {_, _, Q, _, _} = M <- messages(), Q =:= W].
f(X) -> g(X) + 1.
g(X) -> X * 2.
h(_) -> throw(ball).
calls(Flags, Spec, F) ->
    [1 = erlang:trace_pattern({?MODULE, N, 1}, Spec, [local]) || N <- [f, g, h]],
    L = traced([call | Flags], F),
    erlang:trace_pattern({?MODULE, '_', '_'}, false, [local]),
    L.
call_case() -> calls([], true, fun() -> f(1), catch h(2) end).
call_arity_case() -> calls([arity], true, fun() -> f(1) end).
call_return_case() -> calls([], [{'_', [], [{return_trace}]}], fun() -> f(1) end).
call_exception_case() -> calls([], [{'_', [], [{exception_trace}]}], fun() -> f(1), catch h(2) end).
call_return_to_case() -> calls([return_to], true, fun() -> f(1), ok end).
call_message_case() -> calls([], [{['$1'], [], [{message, {{said, '$1'}}}]}], fun() -> f(1) end).
call_message_false_case() -> calls([], [{['$1'], [{'>', '$1', 1}], [{message, false}]}, {'_', [], [{message, true}]}], fun() -> f(1), f(2) end).
call_silent_case() -> calls([silent], true, fun() -> f(1) end).
%% (With {meta, Module, State} OTP 25 hands the options out broken.)
running_case() ->
    lists:usort([{C, T, is_tuple(What) orelse What =:= 0, O} || {C, T, What, O} <- traced([running], fun() -> timer:sleep(5) end)]).
%% Not under hard: that build collects where nothing asks for it.
collection_case() -> lists:usort(traced([garbage_collection], fun() -> erlang:garbage_collect() end)).
stamps_case() ->
    S = self(),
    [[{T, maps:map(fun(scheduler_id, N) -> is_integer(N); (_, V) -> what(V) end, O)} || {_, T, _, O} <- traced([send, F], fun() -> S ! x end)]
     || F <- [timestamp, monotonic_timestamp, strict_monotonic_timestamp, scheduler_id]].
send_matched_case() ->
    S = self(),
    erlang:trace_pattern(send, [{['_', '$1'], [{is_atom, '$1'}], [{message, {{atom, '$1'}}}]}], []),
    erlang:trace_pattern('receive', [{['_', '_', '$1'], [{is_atom, '$1'}], [{message, {{got, '$1'}}}]}], []),
    L = traced([send, 'receive'], fun() -> S ! a, S ! {b}, self() ! c, receive c -> ok end end),
    erlang:trace_pattern(send, true, []), erlang:trace_pattern('receive', true, []),
    L.
port_case() ->
    S = self(),
    erlang:trace(new_ports, true, [ports, send, 'receive', {tracer, ?MODULE, S}]),
    P = open_port({spawn, "ram_file_drv"}, [binary]),
    port_command(P, <<37>>), receive {P, {data, _}} -> ok end,
    true = unlink(P), true = link(P),
    I = erlang:trace_info(P, tracer) =:= {tracer, {?MODULE, S}},
    port_close(P),
    erlang:trace(new_ports, false, [all]),
    [I | [shown(M) || {_, _, Q, _, _} = M <- messages(), Q =:= P]].

%% ---- what it does not want

discard_case() -> S = self(), [traced([send, 'receive', procs], {S, Class}, fun() -> S ! x, spawn(?MODULE, id, [1]) end) || Class <- [send, 'receive', procs, none]].
remove_case() ->
    S = self(), W = spawn(fun worker/0),
    1 = erlang:trace(W, true, [send, 'receive', {tracer, ?MODULE, {S, remove, send}}]),
    do(W, fun() -> S ! x end),
    I = erlang:trace_info(W, flags),
    L = [shown(M) || {_, _, Q, _, _} = M <- messages(), Q =:= W],
    exit(W, kill),
    {L, I}.
gone_case() ->
    S = self(), W = spawn(fun worker/0),
    Receiver = spawn(fun() -> receive stop -> ok end end), R = monitor(process, Receiver),
    1 = erlang:trace(W, true, [send, {tracer, ?MODULE, Receiver}]),
    do(W, fun() -> S ! x end),
    Receiver ! stop, receive {'DOWN', R, _, _, _} -> ok end,
    A = erlang:trace_info(W, tracer),
    do(W, fun() -> S ! y end),
    {A, erlang:trace_info(W, flags)}.
inherited_case() ->
    S = self(),
    W = spawn(fun worker/0),
    1 = erlang:trace(W, true, [send, set_on_spawn, {tracer, ?MODULE, {S, send}}]),
    do(W, fun() -> X = self(), P = spawn(fun() -> receive go -> ok end, S ! {child, erlang:trace_info(self(), tracer) =:= {tracer, {?MODULE, {S, send}}}} end), S ! {pid, P, X}, P ! go end),
    receive {pid, P, _} -> ok end,
    L = messages(),
    [[Tag || {_, Tag, Q, _, _} <- L, Q =:= P], [M || {child, M} <- L]].
by_specification_case() ->
    S = self(), W = spawn(fun worker/0), Idle = spawn(fun worker/0),
    1 = erlang:trace(Idle, true, [call]),
    1 = erlang:trace(W, true, [call, {tracer, ?MODULE, S}]),
    1 = erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{trace, [], [send, {{tracer, {const, ?MODULE}, {const, S}}}]}]}], [local]),
    do(W, fun() -> f(1), S ! x end),
    I = erlang:trace_info(W, flags),
    erlang:trace_pattern({?MODULE, f, 1}, false, [local]),
    L = [shown(M) || {_, _, Q, _, _} = M <- messages(), Q =:= W],
    [exit(P, kill) || P <- [W, Idle]],
    {L, I}.
dbg_case() ->
    logger:set_primary_config(level, none),
    S = self(), W = spawn(fun worker/0),
    {ok, _} = dbg:tracer(module, {?MODULE, S}),
    {ok, _} = dbg:p(W, [send]),
    do(W, fun() -> S ! x end),
    dbg:stop_clear(),
    L = [shown(M) || {_, _, Q, _, _} = M <- messages(), Q =:= W],
    exit(W, kill),
    L.

%% ---- sequential tracing: there is no tracee, the label stands in its place

sequential_case() ->
    S = self(),
    W = spawn(fun() -> receive {From, M} -> From ! {back, M} end end),
    Old = seq_trace:set_system_tracer({?MODULE, S}),
    Now = seq_trace:get_system_tracer(),
    seq_trace:set_token(label, 17), seq_trace:set_token(send, true), seq_trace:set_token('receive', true), seq_trace:set_token(print, true),
    W ! {S, hello},
    seq_trace:print(17, said),
    receive {back, hello} -> ok end,
    seq_trace:set_token([]),
    Was = seq_trace:set_system_tracer(false),
    [Old, Now =:= {?MODULE, S}, Was =:= {?MODULE, S}, seq_trace:get_system_tracer() |
     [{C, T, L, {K, Q}, maps:keys(O)} || {C, T, L, {K, Q, _, _, _}, O} <- messages()]].
sequential_stamp_case() ->
    S = self(), W = spawn_link(fun() -> receive stop -> ok end end),
    seq_trace:set_system_tracer({?MODULE, S}),
    seq_trace:set_token(label, 1), seq_trace:set_token(send, true), seq_trace:set_token(monotonic_timestamp, true),
    W ! x,
    seq_trace:set_token([]),
    seq_trace:set_system_tracer(false),
    [{C, T, L, O} || {C, T, L, _, O} <- messages()].
sequential_bad_case() -> [try_(fun() -> seq_trace:set_system_tracer(T) end) || T <- [{lists, x}, {1, x}, x, {?MODULE, x, y}]].
sequential_state_case() -> [try_(fun() -> seq_trace:set_system_tracer({?MODULE, nobody}) end), seq_trace:get_system_tracer(), seq_trace:set_system_tracer(false)].
