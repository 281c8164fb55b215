%% Tracing: erlang:trace, trace_pattern, trace_info, dbg, sys, seq_trace.
-module(tracing).
-compile([export_all, nowarn_export_all]).
-include_lib("stdlib/include/ms_transform.hrl").

try_(F) -> try F() catch C:R -> {C, R} end.

%% ---- a process that does what it is told, traced by the caller

worker() ->
    receive
        {do, F} -> F(), worker();
        stop -> ok
    end.

%% It has done it, and waits again.
do(Worker, F) ->
    Self = self(),
    Worker ! {do, fun() -> F(), Self ! {done, Worker} end},
    receive {done, Worker} -> ok end,
    waits_again(Worker).
waits_again(Worker) ->
    process_info(Worker, status) =:= {status, waiting} orelse begin timer:sleep(1), waits_again(Worker) end.

%% What is logged comes when it likes.
quiet() -> logger:set_primary_config(level, none).

%% The trace messages of all processes that F, run by a traced process, brings about: those of the worker first.
traced(Flags, F) -> traced(Flags, F, fun() -> ok end).
traced(Flags, F, Prepare) ->
    quiet(),
    Worker = spawn(fun worker/0),
    Prepare(),
    1 = erlang:trace(Worker, true, Flags),
    Worker ! {do, F},
    {Mine, Others} = lists:partition(fun(M) -> element(2, M) =:= Worker end, [M || M <- messages(), is_tuple(M)]),
    exit(Worker, kill),
    erlang:trace_pattern({'_', '_', '_'}, false, [local]),
    messages(),
    {[shown(M) || M <- Mine], lists:sort([shown(M) || M <- Others])}.

%% Calls of this module's functions, but for those of the worker's own.
calls(Flags, Spec, F) -> calls(Flags, Spec, [local], F).
calls(Flags, Spec, Options, F) ->
    {Messages, []} = traced([call | Flags], F, fun() ->
        [erlang:trace_pattern({?MODULE, Name, Arity}, Spec, Options) || {Name, Arity} <- [{f, 1}, {g, 1}, {tail, 1}, {caught, 1}, {fails, 1}, {deep, 1}]]
    end),
    Messages.

messages() -> oracle:messages(100).

%% Without what differs from run to run: funs' names stay.
shown({trace, P, 'receive', {do, _}}) -> {trace, P, 'receive', do};
shown({trace, P, exit, {R, Stack}}) when is_list(Stack) -> {trace, P, exit, R};
shown({trace, P, 'receive', {'DOWN', _, process, _, Reason}}) -> {trace, P, 'receive', down, Reason};
shown(M) -> M.

f(X) -> g(X) + 1.
g(X) -> X * 2.
tail(0) -> done;
tail(N) -> tail(N - 1).
caught(X) -> catch fails(X).
fails(X) -> erlang:error(X).
deep(0) -> throw(deep);
deep(N) -> [deep(N - 1)].

%% ---- flags

flags_case() ->
    P = spawn(fun worker/0),
    Names = [send, 'receive', call, procs, garbage_collection, running, exiting, set_on_spawn, set_on_first_spawn, set_on_link, set_on_first_link, timestamp,
             monotonic_timestamp, strict_monotonic_timestamp, arity, return_to, silent, running_procs],
    One = [begin R = erlang:trace(P, true, [F]), I = erlang:trace_info(P, flags), erlang:trace(P, false, [all]), {F, R, I} end || F <- Names],
    {One, erlang:trace_info(P, flags), erlang:trace_info(P, tracer)}.
all_flags_case() ->
    P = spawn(fun worker/0),
    erlang:trace(P, true, [all]),
    {erlang:trace_info(P, flags), erlang:trace_info(P, tracer) =:= {tracer, self()}}.
bad_trace_case() ->
    [try_(fun() -> erlang:trace(P, How, Flags) end)
     || {P, How, Flags} <- [{self(), true, [nothing]}, {foo, true, [call]}, {self(), maybe_, [call]}, {self(), true, call}, {self(), true, [{tracer, x}]},
                            {list_to_pid("<0.30000.0>"), true, [call]}]].
dead_tracer_case() ->
    P = spawn(fun worker/0),
    {Tracer, Monitor} = spawn_monitor(fun() -> receive stop -> ok end end),
    erlang:trace(P, true, [send, {tracer, Tracer}]),
    Before = erlang:trace_info(P, flags),
    Tracer ! stop,
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    {Before, erlang:trace_info(P, flags), erlang:trace_info(P, tracer), erlang:trace(P, true, ['receive'])}.
new_processes_case() ->
    Before = erlang:trace_info(new, flags),
    erlang:trace(new, true, [procs]),
    During = erlang:trace_info(new_processes, flags),
    Parent = self(),
    P = spawn(?MODULE, g, [1]),
    erlang:trace(new, false, [all]),
    Q = spawn(?MODULE, g, [1]),
    Messages = messages(),
    {Before, During, erlang:trace_info(new, flags), [M || M <- Messages, element(2, M) =:= P], [M || M <- Messages, element(2, M) =:= Q], is_pid(Parent)}.
group_flags_case() ->
    Flags = [send, 'receive', call, procs, ports, garbage_collection, running, running_procs, running_ports, exiting, set_on_spawn, set_on_link, timestamp, arity, return_to, silent, scheduler_id, all],
    Port = open_port({spawn, "cat"}, []),
    Off = fun(R) -> erlang:trace(all, false, [all]), R end,
    [{F, [Off({sign(erlang:trace(Group, true, [F]) - Expected), erlang:trace_info(Port, flags), erlang:trace_info(new_ports, flags), erlang:trace_info(new_processes, flags)})
          || {Group, Expected} <- [{existing, length(processes())}, {existing_ports, length(erlang:ports())}, {ports, length(erlang:ports())}, {new, 0}, {existing_processes, length(processes())}]]} || F <- Flags, F =/= ports, F =/= running_ports, F =/= send, F =/= all].
sign(N) -> if N > 0 -> more; N < 0 -> less; true -> same end. % OTP has a port more
existing_case() ->
    P = spawn(fun worker/0),
    Count = length(processes()),
    Traced = erlang:trace(existing, true, [return_to]),
    Info = erlang:trace_info(P, flags),
    erlang:trace(all, false, [all]),
    {Count - Traced, Info, erlang:trace_info(P, flags), erlang:trace_info(new, flags)}.
info_case() ->
    [try_(fun() -> erlang:trace_info(A, B) end) || A <- [send, 'receive', new, {a, b, 1}, {?MODULE, f, 1}, {lists, reverse, 2}, foo], B <- [match_spec, traced, flags, call_count, meta, all, bar]].
dead_info_case() ->
    {P, M} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', M, _, _, _} -> ok end,
    [erlang:trace_info(P, flags), erlang:trace_info(P, tracer)].
delivered_case() ->
    P = spawn(fun worker/0),
    [begin R = erlang:trace_delivered(W), receive {trace_delivered, W, R} -> ok after 5000 -> lost end end || W <- [P, all]].

%% ---- messages and processes

send_case() ->
    S = self(),
    Gone = spawn(fun() -> ok end),
    traced([send], fun() -> S ! hello, erlang:send(S, {again, 1}), erlang:send(S, opts, [noconnect]), Gone ! lost, catch nobody_has_this_name ! x, {nobody_either, node()} ! y end).
send_name_case() ->
    register(tracing_name, self()),
    traced([send], fun() -> tracing_name ! hello, {tracing_name, node()} ! there, erlang:send_after(1, tracing_name, later) end).
receive_case() ->
    traced(['receive'], fun() -> self() ! a, receive a -> ok end, receive never -> ok after 1 -> ok end, erlang:send_after(1, self(), timer), receive timer -> ok end end).
receive_signals_case() ->
    traced(['receive'], fun() ->
        process_flag(trap_exit, true),
        P = spawn_link(fun() -> exit(bye) end), receive {'EXIT', P, _} -> ok end,
        {Q, M} = spawn_monitor(fun() -> exit(bye) end), receive {'DOWN', M, process, Q, _} -> ok end
    end).
procs_case() ->
    Other = spawn(fun worker/0),
    traced([procs], fun() ->
        P = spawn(?MODULE, worker, []), link(Other), unlink(Other), register(tracing_procs, self()), unregister(tracing_procs), P ! stop, exit(done)
    end).
exit_name_case() -> traced([procs], fun() -> register(tracing_exits, self()), exit(normal) end).
exit_error_case() -> traced([procs], fun() -> error(oops) end).
linked_case() ->
    S = self(),
    traced([procs], fun() ->
        process_flag(trap_exit, true), W = self(),
        P = spawn(fun() -> link(W), S ! linked, receive stop -> unlink(W), W ! unlinked end end),
        P ! stop, receive unlinked -> ok end,
        Q = spawn_link(fun() -> exit(bye) end), receive {'EXIT', Q, _} -> ok end
    end).
set_on_spawn_case() ->
    S = self(),
    traced([procs, send, set_on_spawn], fun() -> spawn(fun() -> S ! one, spawn(fun() -> S ! two end) end) end).
set_on_first_spawn_case() ->
    S = self(),
    traced([send, set_on_first_spawn], fun() -> spawn(fun() -> S ! one, spawn(fun() -> S ! two end) end), spawn(fun() -> S ! three end) end).
set_on_link_case() ->
    S = self(),
    traced([procs, send, set_on_link], fun() -> spawn_link(fun() -> S ! one end), spawn(fun() -> S ! not_linked end) end).
timestamps_case() ->
    [begin
         {[M | _], _} = traced([send, T], fun() -> self() ! hi end),
         {element(1, M), size(M), case element(size(M), M) of {A, B, C} -> is_integer(A + B + C); {A, B} -> is_integer(A + B); I -> is_integer(I) end}
     end || T <- [timestamp, monotonic_timestamp, strict_monotonic_timestamp]].
collection_case() ->
    {Messages, _} = traced([garbage_collection], fun() -> erlang:garbage_collect(), ok end),
    Keys = fun(Info) -> [K || {K, V} <- Info, is_integer(V)] end,
    lists:usort([{Tag, Keys(Info)} || {trace, _, Tag, Info} <- Messages, Tag =:= gc_major_start orelse Tag =:= gc_major_end]).

%% Not under hard: that build gives way at every chance, and this tells of each.
running_case() ->
    Running = fun(Flags, F) -> {Ms, _} = traced(Flags, F, fun settle/0), Ms end,
    [Running(Flags, F) || Flags <- [[running], [running_procs], [running, 'receive', procs]],
                          F <- [fun() -> ok end, fun() -> receive never -> ok after 5 -> ok end end, fun() -> exit(over) end, fun() -> erlang:hibernate(?MODULE, worker, []) end]].
settle() -> timer:sleep(10). % until a process that was just made waits
running_signals_case() ->
    [begin
         P = spawn(fun worker/0), settle(), erlang:trace(P, true, [running, exiting]),
         F(P), A = messages(), exit(P, kill), {A, messages()}
     end || F <- [fun(P) -> P ! unknown end, fun(P) -> link(P), unlink(P) end, fun(P) -> erlang:garbage_collect(P) end, fun(P) -> process_info(P, links) end, fun(P) -> exit(P, bye) end, fun(P) -> P ! stop end]].
running_new_case() ->
    erlang:trace(new_processes, true, [running, procs]),
    P = spawn(fun() -> ok end),
    Ms = messages(),
    erlang:trace(new_processes, false, [all]),
    [M || M <- Ms, element(2, M) =:= P].
%% Not under hard: that build gives way at every chance, and this tells of each.
exiting_case() -> [traced([exiting | More], fun() -> exit(done) end, fun settle/0) || More <- [[], [running], [procs]]].
scheduler_id_case() ->
    Shape = fun({Ms, _}) -> [[case X of N when is_integer(N), N > 0, N < 100 -> number; N when is_integer(N) -> time; _ -> X end || X <- tuple_to_list(M)] || M <- Ms] end,
    [Shape(traced([send, call, scheduler_id | More], fun() -> self() ! x, f(2) end, fun() -> erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{return_trace}, {message, here}]}], [local]) end))
     || More <- [[], [monotonic_timestamp]]].
collection_order_case() ->
    {Messages, _} = traced([garbage_collection], fun() -> erlang:garbage_collect(), ok end),
    [[K || {K, _} <- Info] || {trace, _, gc_major_start, Info} <- Messages].

%% ---- which messages are told

%% As traced, with specifications for messages that are sent and received.
messages_traced(Send, Receive, F) ->
    traced([send, 'receive'], F, fun() -> erlang:trace_pattern(send, Send, []), erlang:trace_pattern('receive', Receive, []) end),
    R = traced([send, 'receive'], F),
    erlang:trace_pattern(send, true, []), erlang:trace_pattern('receive', true, []),
    R.
send_pattern_case() ->
    S = self(),
    [messages_traced(Spec, false, fun() -> S ! first, self() ! hello, self() ! {a, 1}, tracing_nobody_ =:= whereis(tracing_nobody) end)
     || Spec <- [true, false, [], [{['$1', '$2'], [{'==', '$2', hello}], [{message, {{x, '$1', '$2', {self}}}}]}], [{[S, '_'], [], [{message, false}]}, {'_', [], [{return_trace}]}],
                 [{['_', {'$1', '$2'}], [{is_integer, '$2'}], [{message, '$_'}]}], [{'$1', [], [{message, '$1'}]}]]].
receive_pattern_case() ->
    [messages_traced(true, Spec, fun() -> self() ! hello, receive hello -> ok end, receive never -> ok after 1 -> ok end end)
     || Spec <- [true, false, [{['_', '_', hello], [], []}], [{['$1', '$2', '$3'], [], [{message, {{'$1', '$2', '$3', {self}}}}]}], [{[node(), self(), '_'], [], [{message, mine}]}, {'_', [], [{message, other}]}]]].
receive_from_case() ->
    %% It is done twice, a port each time; they are there already, since a program's start may take longer than is waited.
    Ports = [open_port({spawn, "cat"}, []) || _ <- [1, 2]],
    {Ms, _} = messages_traced(false, [{['$1', '$2', '_'], [], [{message, {{'$1', '$2'}}}]}], fun() ->
        process_flag(trap_exit, true),
        P = spawn_link(fun() -> exit(bye) end), receive {'EXIT', P, _} -> ok end,
        {_, M} = spawn_monitor(fun() -> ok end), receive {'DOWN', M, _, _, _} -> ok end,
        erlang:send_after(1, self(), timer), receive timer -> ok end,
        A = alias(), A ! alias, receive alias -> ok end,
        R = monitor(process, tracing_nobody), receive {'DOWN', R, _, _, _} -> ok end,
        [Port | _] = [Q || Q <- Ports, erlang:port_info(Q) =/= undefined],
        port_connect(Port, self()), Port ! {self(), close}, receive {Port, closed} -> ok end
    end),
    [setelement(4, M, what) || M <- Ms].
message_functions_case() ->
    Forms = [{return_trace}, {exception_trace}, {caller}, {caller_line}, {process_dump}, {display, x}, {silent, true}, {enable_trace, send}, {enable_trace, {self}, send}, {disable_trace, send},
             {trace, [], []}, {get_tcw}, {set_tcw, 0}, {is_seq_trace}, {get_seq_token}, {set_seq_token, label, 1}, {message, x}, {nothing}],
    R = [{F, [try_(fun() -> erlang:trace_pattern(A, [{'_', [], [F]}], []) end) || A <- [send, 'receive', {?MODULE, f, 1}]]} || F <- Forms],
    [erlang:trace_pattern(A, true, []) || A <- [send, 'receive']], erlang:trace_pattern({?MODULE, f, 1}, false, []),
    R.
message_pattern_info_case() ->
    R = [{A, S, O, try_(fun() -> erlang:trace_pattern(A, S, O) end), erlang:trace_info(A, match_spec)}
         || A <- [send, 'receive'], {S, O} <- [{true, []}, {false, []}, {[{['_', x], [], []}], []}, {[{bad}], []}, {restart, []}, {pause, []}, {true, [local]}, {true, [nothing]}, {true, x}, {[], []}]],
    [erlang:trace_pattern(A, true, []) || A <- [send, 'receive']],
    R.

%% ---- code to come

on_load_info_case() ->
    Items = [traced, match_spec, meta_match_spec, call_count, call_time, all],
    R = [{S, O, try_(fun() -> erlang:trace_pattern(on_load, S, O) end), [try_(fun() -> erlang:trace_info(on_load, I) end) || I <- Items]}
         || {S, O} <- [{true, []}, {false, []}, {true, [local]}, {[{'_', [], [{return_trace}]}], [local]}, {true, [call_count]}, {true, [call_time]}, {false, [local]}, {false, [call_count]}, {false, [call_time]},
                       {true, []}, {true, [local]}, {false, []}, {false, [local]}, {[{'_', [], []}], [call_count]}]],
    {R, erlang:trace_info(on_load, nothing)}.
on_load_case() ->
    Module = tracing_loaded,
    {ok, Module, Code} = compile:forms([{attribute, 1, module, Module}, {attribute, 1, export, [{go, 1}]},
        {function, 1, go, 1, [{clause, 1, [{var, 1, 'X'}], [], [{op, 1, '+', {call, 1, {atom, 1, in}, [{var, 1, 'X'}]}, {integer, 1, 1}}]}]},
        {function, 1, in, 1, [{clause, 1, [{var, 1, 'X'}], [], [{op, 1, '*', {var, 1, 'X'}, {integer, 1, 2}}]}]}]),
    [begin
         erlang:trace_pattern(on_load, true, Options),
         code:load_binary(Module, "tracing_loaded", Code),
         erlang:trace_pattern(on_load, false, Options),
         {Ms, _} = traced([call], fun() -> Module:go(4) end),
         Info = [erlang:trace_info({Module, F, 1}, I) || F <- [go, in], I <- [traced, call_count]],
         erlang:trace_pattern({Module, '_', '_'}, false, Options),
         code:purge(Module), code:delete(Module),
         {Options, Ms, Info}
     end || Options <- [[], [local], [call_count]]].

%% ---- times

call_time_case() ->
    Set = fun(S) -> erlang:trace_pattern({?MODULE, g, 1}, S, [call_time]) end,
    P = spawn(fun worker/0),
    erlang:trace(P, true, [call]),
    Run = fun() -> do(P, fun() -> f(1), g(2), ?MODULE:g(3) end), case erlang:trace_info({?MODULE, g, 1}, call_time) of {call_time, [{P, N, 0, Us}]} -> {N, Us < 100000}; Other -> Other end end,
    A = Set(true), B = erlang:trace_info({?MODULE, g, 1}, call_time), C = Run(), D = erlang:trace_info({?MODULE, g, 1}, traced), Set(pause), E = Run(), Set(restart), F = erlang:trace_info({?MODULE, g, 1}, call_time), G = Run(),
    Set(true), H = erlang:trace_info({?MODULE, g, 1}, call_time), Set(false), I = erlang:trace_info({?MODULE, g, 1}, call_time),
    exit(P, kill), [A, B, C, D, E, F, G, H, I].
call_time_slow_case() ->
    P = spawn(fun worker/0),
    erlang:trace(P, true, [call]),
    [erlang:trace_pattern({?MODULE, F, 1}, true, [call_time]) || F <- [busy, waits, tail, caught, fails]],
    do(P, fun() -> waits(100), busy(100), tail(1000), caught(x) end),
    Ms = fun(F) -> {call_time, [{_, N, S, Us}]} = erlang:trace_info({?MODULE, F, 1}, call_time), {F, N, if S * 1000 + Us div 1000 >= 50 -> long; true -> short end} end,
    R = [Ms(F) || F <- [busy, waits, tail, caught, fails]],
    erlang:trace_pattern({?MODULE, '_', '_'}, false, [call_time]), exit(P, kill),
    R.
busy(Ms) -> busy_until(erlang:monotonic_time(millisecond) + Ms).
busy_until(T) -> case erlang:monotonic_time(millisecond) of N when N < T -> busy_until(T); _ -> ok end.
waits(Ms) -> timer:sleep(Ms).
call_time_all_case() ->
    erlang:trace_pattern({?MODULE, f, 1}, true, [local, meta, call_count, call_time]),
    R = [try_(fun() -> erlang:trace_info({?MODULE, f, 1}, I) end) || I <- [call_time, call_count, traced, match_spec, meta_match_spec, call_memory, nothing]] ++ [[K || {K, _} <- element(2, erlang:trace_info({?MODULE, f, 1}, all))]],
    erlang:trace_pattern({?MODULE, f, 1}, false, [local, meta, call_count, call_time]),
    {R, [try_(fun() -> erlang:trace_pattern({?MODULE, f, 1}, S, O) end) || {S, O} <- [{true, [call_memory]}, {true, [global, call_time]}, {[{'_', [], []}], [call_time]}, {[{'_', [], []}], [call_count]}, {true, [global, call_count]}]],
     [erlang:trace_info({?MODULE, f, 1}, I) || I <- [call_time, call_memory, nothing]]}.
%% A breakpoint is met by a loop that is under way, and its end by one, too.
loop(0, _) -> done;
loop(N, Gate) when N rem 1000 =:= 0 -> Gate(N), loop(N - 1, Gate);
loop(N, Gate) -> loop(N - 1, Gate).
framed_loop(0, _) -> done;
framed_loop(N, Gate) -> Gate(N), framed_loop(N - 1, Gate).
under_way_case() ->
    [begin
        Self = self(),
        Gate = fun(M) -> Self ! {at, M}, receive go -> ok end end,
        {Pid, Ref} = spawn_monitor(fun() -> exit(?MODULE:F(N, Gate)) end),
        erlang:trace(Pid, true, [call]),
        await_gate(Pid, First),
        1 = erlang:trace_pattern({?MODULE, F, 2}, true, [local]),
        Pid ! go,
        await_gate(Pid, Second),
        1 = erlang:trace_pattern({?MODULE, F, 2}, false, [local]),
        pass_gates(Pid, Ref),
        Calls = [hd(Args) || {trace, P, call, {_, _, Args}} <- flush_messages(), P =:= Pid],
        {F, length(Calls), lists:last(Calls)}
     end || {F, N, First, Second} <- [{loop, 5000, 4000, 3000}, {framed_loop, 5, 4, 3}]].
await_gate(Pid, At) -> receive {at, At} -> ok; {at, _} -> Pid ! go, await_gate(Pid, At) end.
pass_gates(Pid, Ref) -> Pid ! go, receive {at, _} -> pass_gates(Pid, Ref); {'DOWN', Ref, _, _, done} -> ok end.
flush_messages() -> R = erlang:trace_delivered(all), receive {trace_delivered, all, R} -> ok end, flush().

flush() -> receive M -> [M | flush()] after 0 -> [] end.

meta_and_local_case() ->
    Meta = self(),
    erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{return_trace}]}], [{meta, Meta}]),
    {Ms, _} = traced([call], fun() -> f(1) end, fun() -> erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{return_trace}]}], [local]) end),
    erlang:trace_pattern({?MODULE, f, 1}, false, [meta]),
    [if element(1, M) =:= trace_ts -> erlang:delete_element(size(M), M); true -> M end || M <- Ms].

%% ---- tracers

%% What the VM reports meanwhile comes when it will.
tracers_case() ->
    quiet(),
    P = spawn(fun worker/0),
    R = [begin A = try_(fun() -> erlang:trace(P, true, [call | T]) end), erlang:trace(P, false, [all]), A end
         || T <- [[{tracer, erl_tracer, self()}], [{tracer, no_such_module, self()}], [{tracer, ?MODULE, []}], [{tracer, ?MODULE}], [{tracer, self(), x}], [{tracer, "x", y}], [{tracer, erl_tracer, []}], [{tracer, 1}],
                  [{tracer, list_to_pid("<0.30000.0>")}], [{tracer, lists, []}], [{tracer, self()}, {tracer, self()}], [cpu_timestamp]]],
    {R, [try_(fun() -> erl_tracer:enabled(Tag, T, self()) end) || Tag <- [trace_status, call], T <- [self(), P, list_to_pid("<0.30000.0>"), x]]}.
port_tracer_case() ->
    P = spawn(fun worker/0),
    Port = open_port({spawn, "cat"}, [binary, {packet, 4}]),
    A = erlang:trace(P, true, [send, {tracer, Port}]),
    B = erlang:trace_info(P, tracer) =:= {tracer, Port},
    P ! {do, fun() -> self() ! hello, self() ! {more, 1} end},
    C = [binary_to_term(Data) || _ <- [1, 2], {_, {data, Data}} <- [receive M -> M after 5000 -> none end]],
    port_close(Port),
    {A, B, C, erlang:trace_info(P, tracer), erlang:trace_info(P, flags)}.
traced_tracer_case() ->
    quiet(),
    T = spawn(fun worker/0), P = spawn(fun worker/0),
    [erlang:trace(P, true, [send]), try_(fun() -> erlang:trace(P, true, [call, {tracer, T}]) end), erlang:trace_info(P, flags), erlang:trace(T, true, [send, {tracer, T}]), try_(fun() -> erlang:trace(T, true, [send]) end),
     erlang:trace_info(T, tracer) =:= {tracer, T}, [try_(fun() -> is_reference(erlang:trace_delivered(X)) end) || X <- [T, all, foo, list_to_pid("<0.30000.0>"), existing]]].

%% ---- calls

call_case() -> calls([], true, fun() -> f(1), ?MODULE:g(a_number) end).
global_case() -> calls([], true, [global], fun() -> f(1), ?MODULE:f(2), apply(?MODULE, tail, [1]), F = fun ?MODULE:g/1, F(4) end).
arity_case() -> calls([arity], true, fun() -> f(1), tail(2) end).
tail_case() -> calls([], [{'_', [], [{return_trace}]}], fun() -> tail(2) end).
return_to_case() -> calls([return_to], true, fun() -> f(1), tail(2), caught(x), catch deep(2) end).
return_trace_case() -> calls([], [{'_', [], [{return_trace}]}], fun() -> f(1), catch deep(2) end).
return_both_case() -> calls([return_to], [{'_', [], [{return_trace}]}], fun() -> f(1), catch deep(1) end).
exception_trace_case() -> calls([], [{'_', [], [{exception_trace}]}], fun() -> f(1), catch deep(2), catch fails(reason), catch f(a), catch exit(not_traced) end).
exception_exits_case() ->
    traced([call, procs], fun() -> deep(1) end, fun() -> erlang:trace_pattern({?MODULE, deep, 1}, [{'_', [], [{exception_trace}]}], [local]) end).
caller_case() -> calls([], [{'_', [], [{message, {caller}}]}], fun() -> f(1), tail(1) end).
message_case() -> calls([], [{['$1'], [{is_integer, '$1'}], [{message, {{'$1', {self}, '$_', '$*'}}}]}], fun() -> f(1), g(2.0), tail(0) end).
message_boolean_case() ->
    calls([], [{[1], [], [{message, true}]}, {[2], [], [{message, false}, {return_trace}]}, {[3], [], [{message, []}]}, {['$1'], [{'>', '$1', 5}], []}],
          fun() -> [g(N) || N <- [1, 2, 3, 4, 5, 6]] end).
silent_case() -> calls([silent], [{[5], [], [{silent, false}]}, {[7], [], [{silent, true}]}, {'_', [], [{return_trace}]}], fun() -> [g(N) || N <- lists:seq(1, 9)] end).
enable_case() ->
    calls([], [{[1], [], [{enable_trace, arity}]}, {[3], [], [{disable_trace, arity}]}, {[5], [], [{trace, [call], [send]}]}, {'_', [], []}],
          fun() -> [g(N) || N <- lists:seq(1, 6)], self() ! sent end).
control_word_case() ->
    Old = erlang:system_flag(trace_control_word, 17),
    R = calls([], [{'_', [{'<', {get_tcw}, 20}], [{set_tcw, {'+', {get_tcw}, 1}}, {message, {get_tcw}}]}], fun() -> [g(N) || N <- lists:seq(1, 9)] end),
    {R, erlang:system_flag(trace_control_word, Old)}.
guards_case() -> calls([], [{['$1'], [{'=:=', {'rem', '$1', 2}, 0}], [{message, {{even, '$1'}}}]}, {['$1'], [{is_atom, '$1'}], [{message, atom}]}], fun() -> [catch g(N) || N <- [1, 2, 3, 4, a]] end).
fun_case() ->
    traced([call], fun() -> Y = 2, lists:map(fun(X) -> X + Y end, [1, 2]) end, fun() -> erlang:trace_pattern({?MODULE, '-fun_case/0-fun-0-', 2}, true, [local]) end).
built_in_case() ->
    traced([call], fun() -> X = lists:reverse([1, 2], [3]), Y = atom_to_list(some_atom), _ = lists:keyfind(1, 1, []), {X, Y} end,
           fun() -> erlang:trace_pattern({lists, reverse, 2}, true, [local]), erlang:trace_pattern({erlang, atom_to_list, 1}, [{'_', [], [{return_trace}]}], []),
                    erlang:trace_pattern({lists, keyfind, 3}, [{'_', [], [{message, {caller}}]}], []) end).
built_in_fails_case() ->
    traced([call], fun() -> catch {atom_to_list(list_to_atom_number()), 1} end, fun() -> erlang:trace_pattern({erlang, atom_to_list, 1}, [{'_', [], [{exception_trace}]}], [local]) end).
list_to_atom_number() -> 1.
spawned_call_case() ->
    traced([call, set_on_spawn], fun() -> spawn(?MODULE, f, [3]) end, fun() -> erlang:trace_pattern({?MODULE, f, 1}, true, [local]) end).
apply_case() -> calls([return_to], true, fun() -> apply(?MODULE, f, [1]), apply(fun g/1, [2]), M = ?MODULE, M:tail(0) end).
other_module_case() ->
    {M, _} = traced([call], fun() -> lists:seq(1, 3), lists:sum([1, 2]), string:to_upper("a") end, fun() -> erlang:trace_pattern({lists, '_', '_'}, true, []) end),
    M.

%% ---- patterns

pattern_count_case() ->
    R = [try_(fun() -> erlang:trace_pattern(Mfa, Spec, Options) end)
         || {Mfa, Spec, Options} <- [{{?MODULE, f, 1}, true, [local]}, {{?MODULE, f, '_'}, true, []}, {{?MODULE, f, 2}, true, []}, {{no_such_module, f, 2}, true, []},
                                     {{lists, keyfind, '_'}, true, [local]}, {{?MODULE, f, 1}, restart, [local]}, {{?MODULE, '_', 1}, true, [local]}, {{'_', f, 1}, true, [local]},
                                     {{?MODULE, f, 1}, [bad], []}, {{?MODULE, f, 1}, true, [nothing]}, {{?MODULE, f, 1}, true, x}, {f, true, []}, {{?MODULE, f, 1}, [{[x], [], [{no_function}]}], []}]],
    [erlang:trace_pattern({'_', '_', '_'}, false, O) || O <- [[local], []]],
    R.
pattern_info_case() ->
    Items = [traced, match_spec, meta, meta_match_spec, call_count, all],
    Info = fun() -> [erlang:trace_info({?MODULE, f, 1}, I) || I <- Items, I =/= meta] end,
    Set = fun(S, O) -> erlang:trace_pattern({?MODULE, f, 1}, S, O), Info() end,
    [Info(), Set(true, [local]), Set([{'_', [], [{return_trace}]}], [local]), Set(false, [local]), Set([{['$1'], [], [{message, '$1'}]}], []), Set(true, [local]), Set(false, []),
     Set(true, [call_count]), Set(false, [call_count])].
count_case() ->
    Count = fun() -> erlang:trace_info({?MODULE, g, 1}, call_count) end,
    Set = fun(S) -> erlang:trace_pattern({?MODULE, g, 1}, S, [call_count]) end,
    g(1), A = Count(), Set(true), B = Count(), [f(N) || N <- [1, 2, 3]], C = Count(), ?MODULE:g(4), D = Count(), Set(pause), g(5), E = Count(), Set(restart), g(6), F = Count(),
    Set(true), G = Count(), Set(false), [A, B, C, D, E, F, G, Count()].
meta_self_case() ->
    erlang:trace_pattern({?MODULE, f, 1}, true, [meta]),
    f(1),
    R = messages(),
    erlang:trace_pattern({?MODULE, f, 1}, false, [meta]),
    R.
meta_other_case() ->
    erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{exception_trace}]}], [meta]),
    {meta, Tracer} = erlang:trace_info({?MODULE, f, 1}, meta),
    Spec = erlang:trace_info({?MODULE, f, 1}, meta_match_spec),
    {P, M} = spawn_monitor(fun() -> f(1), ?MODULE:f(2), catch f(x), exit(ok) end),
    receive {'DOWN', M, _, _, _} -> ok end,
    Messages = [{Tag, Pid =:= P, What, case Rest of [_] -> none; [V, _] -> V end} || T <- messages(), [Tag, Pid, Kind, Mfa | Rest] <- [tuple_to_list(T)], What <- [{Kind, Mfa}]],
    erlang:trace_pattern({?MODULE, f, 1}, false, [meta]),
    {Tracer =:= self(), Spec, Messages, erlang:trace_info({?MODULE, f, 1}, meta)}.

%% ---- dbg

dbg_start() ->
    S = self(),
    {ok, _} = dbg:tracer(process, {fun(M, N) -> S ! {dbg, M}, N + 1 end, 0}),
    spawn(fun worker/0).
dbg_stop(P) ->
    R = [setelement(2, M, p) || {dbg, M} <- messages()],
    dbg:stop_clear(),
    exit(P, kill),
    R.
dbg_calls_case() ->
    P = dbg_start(),
    A = dbg:p(P, [c]), B = dbg:tpl(?MODULE, f, x), C = dbg:tp(lists, seq, 2, [{'_', [], [{return_trace}]}]), D = dbg:tp(?MODULE, tail, cx),
    P ! {do, fun() -> f(1), lists:seq(1, 3), catch f(a), ?MODULE:tail(1) end},
    {A, B, C, D, dbg_stop(P)}.
dbg_clear_case() ->
    P = dbg_start(),
    dbg:p(P, call), dbg:tpl(?MODULE, f, []), dbg:tpl(?MODULE, g, []), A = dbg:ctpl(?MODULE, g), B = dbg:ctp(?MODULE, f, 1),
    P ! {do, fun() -> f(1) end},
    {A, B, dbg_stop(P)}.
dbg_messages_case() ->
    P = dbg_start(),
    dbg:p(P, [m, timestamp]),
    P ! {do, fun() -> self() ! hello, receive hello -> ok end end},
    [{element(1, M), element(3, M), size(M)} || M <- dbg_stop(P)].
dbg_procs_case() ->
    P = dbg_start(),
    A = dbg:p(P, [p, sos]),
    P ! {do, fun() -> spawn(fun() -> ok end), ok end},
    {A, lists:sort([{element(3, M), size(M)} || M <- dbg_stop(P)])}.
dbg_errors_case() -> [try_(fun() -> dbg:p(nobody_has_this_name, [c]) end), dbg:fun2ms(fun([X, Y]) when X > Y -> return_trace() end), dbg:ltp() =:= ok].
dbg_specs_case() -> P = dbg_start(), A = dbg:tpl(?MODULE, g, [{['$1'], [{'>', '$1', 2}], [{message, '$1'}]}]), dbg:p(P, c), P ! {do, fun() -> [g(N) || N <- [1, 2, 3, 4]] end}, {A, dbg_stop(P)}.

%% ---- sys

server() -> {ok, P} = gen_event:start(), P.
sys_status_case() ->
    P = server(),
    {status, P, {module, M}, [Dictionary, State, Parent, Debug, Misc]} = sys:get_status(P),
    {M, is_list(Dictionary), State, is_pid(Parent), Debug, is_list(Misc)}.
sys_suspend_case() ->
    P = server(),
    A = sys:suspend(P),
    {status, _, _, [_, S | _]} = sys:get_status(P),
    B = try_(fun() -> gen_event:call(P, h, x, 100) end),
    C = sys:resume(P),
    {status, _, _, [_, T | _]} = sys:get_status(P),
    {A, S, element(1, B), C, T, gen_event:which_handlers(P)}.
sys_trace_case() ->
    P = server(),
    {group_leader, Leader} = process_info(self(), group_leader),
    A = sys:log(P, true), B = sys:trace(P, false), gen_event:notify(P, hello), gen_event:sync_notify(P, there), {ok, Events} = sys:log(P, get),
    {A, B, length(Events), [element(1, E) || E <- Events], is_pid(Leader)}.
sys_statistics_case() ->
    P = server(),
    A = sys:statistics(P, true), gen_event:sync_notify(P, x), {ok, S} = sys:statistics(P, get),
    {A, [K || {K, _} <- S], proplists:get_value(messages_in, S), sys:statistics(P, false), sys:statistics(P, get)}.
sys_install_case() ->
    P = server(), S = self(),
    A = sys:install(P, {fun(N, Event, _) -> S ! {event, N, element(1, Event)}, N + 1 end, 0}), gen_event:notify(P, one), gen_event:notify(P, two),
    gen_event:which_handlers(P), {A, messages()}.
sys_state_case() -> P = server(), [sys:get_state(P), sys:replace_state(P, fun(S) -> S end)].

%% ---- seq_trace

%% F runs in a process that has a system tracer; the tracer's messages.
sequence(F) ->
    Collector = spawn(fun() -> receive {collect, To} -> To ! {collected, messages()} end end),
    seq_trace:set_system_tracer(Collector),
    {P, M} = spawn_monitor(fun() -> exit({done, F()}) end),
    {done, R} = receive {'DOWN', M, process, P, Reason} -> Reason end,
    Collector ! {collect, self()},
    Messages = receive {collected, Ms} -> Ms end,
    seq_trace:set_system_tracer(false),
    {R, Messages}.

seq_token_case() ->
    sequence(fun() ->
        [seq_trace:get_token(), seq_trace:set_token(label, 17), seq_trace:get_token(), seq_trace:set_token(send, true), seq_trace:set_token(print, true), seq_trace:get_token(),
         seq_trace:get_token(label), seq_trace:get_token(serial), seq_trace:get_token(send), seq_trace:get_token('receive'), seq_trace:set_token(serial, {3, 4}),
         seq_trace:get_token(serial), seq_trace:set_token(label, {any, "term"}), seq_trace:get_token(), seq_trace:set_token([]), seq_trace:get_token(), seq_trace:get_token(label)]
    end).
seq_message_case() ->
    sequence(fun() ->
        P = spawn(fun() -> receive {From, X} -> From ! {reply, X, seq_trace:get_token()} end end),
        seq_trace:set_token(label, a), seq_trace:set_token(send, true), seq_trace:set_token('receive', true),
        P ! {self(), 1},
        R = receive {reply, 1, T} -> T end,
        {R, seq_trace:get_token()}
    end).
seq_lost_case() ->
    sequence(fun() ->
        S = self(), P = spawn(fun() -> receive go -> S ! plain end end),
        P ! go, seq_trace:set_token(label, 1),
        A = seq_trace:get_token(), receive plain -> ok end,
        {A, seq_trace:get_token()}
    end).
seq_print_case() ->
    sequence(fun() ->
        seq_trace:set_token(label, 5), A = seq_trace:print(before), seq_trace:set_token(print, true),
        [A, seq_trace:print(all), seq_trace:print(5, this), seq_trace:print(6, other), seq_trace:get_token(serial)]
    end).
seq_spawn_case() ->
    {R, Messages} = sequence(fun() ->
        seq_trace:set_token(label, 5), seq_trace:set_token(send, true), S = self(),
        spawn(fun() -> S ! {token, seq_trace:get_token()} end),
        receive {token, T} -> T end
    end),
    {R, [M || {seq_trace, 5, {send, _, _, _, {token, _}}} = M <- Messages]}.
seq_timestamp_case() ->
    {_, Ms} = sequence(fun() -> seq_trace:set_token(label, 1), seq_trace:set_token(send, true), seq_trace:set_token(timestamp, true), self() ! x, receive x -> ok end end),
    [{size(M), element(1, M), element(3, M), size(element(4, M))} || M <- Ms].
seq_bad_case() -> [try_(fun() -> erlang:seq_trace(A, B) end) || {A, B} <- [{foo, 1}, {send, 1}, {serial, 1}, {serial, {a, b}}, {label, {ok}}]] ++ [try_(fun() -> erlang:seq_trace_info(foo) end)].

%% Timestamps of processor time are a setting of the node.
cpu_timestamp_case() ->
    Try = fun(Who, Flags) -> try erlang:trace(Who, true, Flags) catch C:R -> {C, R} end end,
    A = [Try(self(), [cpu_timestamp]), Try(new, [cpu_timestamp]), Try(all, [cpu_timestamp])],
    Stamps = [T || {trace_ts, _, send, _, _, T} <- with_cpu_time(fun() -> self() ! x end)],
    B = erlang:trace(all, false, [cpu_timestamp]),
    {A, [Mega =:= 0 andalso Seconds < 10000 || {Mega, Seconds, _} <- Stamps], B}.
with_cpu_time(F) ->
    P = spawn(fun() -> receive go -> F() end end),
    erlang:trace(P, true, [send, timestamp]),
    P ! go, messages().

%% ---- the debugger's breakpoints: calls go to the error handler of the process

breakpoint(M, F, A) -> {handled, M, F, A}.
halved(X) -> X div 2.
halved_twice(X) -> {halved(X), ?MODULE:halved(X)}.
twice(X, Y) -> {halved(X), Y}.
handled(F) ->
    {P, M} = spawn_monitor(fun() -> process_flag(error_handler, ?MODULE), exit({value, catch F()}) end),
    receive {'DOWN', M, process, P, R} -> R end.
debugged(Functions, F) ->
    Set = [erts_debug:breakpoint({?MODULE, N, A}, true) || {N, A} <- Functions],
    R = handled(F),
    {Set, R, [erts_debug:breakpoint({?MODULE, N, A}, false) || {N, A} <- Functions], handled(F)}.
breakpoint_case() ->
    [debugged([{halved, 1}], F)
     || F <- [fun() -> halved(4) end, fun() -> ?MODULE:halved(4) end, fun() -> halved_twice(4) end, fun() -> twice(6, x) end,
              fun() -> lists:map(fun ?MODULE:halved/1, [1, 2]) end, fun() -> lists:map(fun halved/1, [1, 2]) end,
              fun() -> apply(?MODULE, halved, [a]) end, fun() -> halved(a) end]].
breakpoints_case() ->
    [debugged([{halved_twice, '_'}, {twice, 2}], fun() -> {halved_twice(4), twice(4, 5)} end), debugged([{nothing, 1}], fun() -> halved(2) end),
     [erts_debug:breakpoint(P, true) || P <- [{nosuch, '_', '_'}, {?MODULE, nosuch, '_'}, {?MODULE, halved, 7}, {erlang, self, 0}]],
     [try erts_debug:breakpoint(P, On) catch C:E -> {C, E} end
      || {P, On} <- [{x, true}, {{?MODULE, halved}, true}, {{?MODULE, '_', 1}, true}, {{'_', halved, 1}, true}, {{?MODULE, halved, a}, true}, {{?MODULE, halved, 1}, x}, {{1, 2, 3}, true}]]].
%% Beside traces of the same function.
breakpoint_and_trace_case() ->
    {P, M} = spawn_monitor(fun() -> process_flag(error_handler, ?MODULE), receive go -> ok end, exit({value, {halved(4), halved_twice(8)}}) end),
    erts_debug:breakpoint({?MODULE, halved, 1}, true),
    erlang:trace_pattern({?MODULE, halved, 1}, [{'_', [], [{return_trace}]}], [local]), erlang:trace(P, true, [call]),
    P ! go,
    R = receive {'DOWN', M, process, P, Reason} -> Reason end,
    erlang:trace_pattern({?MODULE, halved, 1}, false, [local]),
    After = handled(fun() -> halved(4) end),
    erts_debug:breakpoint({?MODULE, halved, 1}, false),
    [R, (fun F() -> receive {trace, P, W, C} -> [{W, C} | F()]; {trace, P, W, C, V} -> [{W, C, V} | F()] after 100 -> [] end end)(), After, halved(4)].
