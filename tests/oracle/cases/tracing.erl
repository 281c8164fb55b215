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

%% The trace messages of all processes that F, run by a traced process, brings about: those of the worker first.
traced(Flags, F) -> traced(Flags, F, fun() -> ok end).
traced(Flags, F, Prepare) ->
    Worker = spawn(fun worker/0),
    Prepare(),
    1 = erlang:trace(Worker, true, Flags),
    Worker ! {do, F},
    {Mine, Others} = lists:partition(fun(M) -> element(2, M) =:= Worker end, messages()),
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

messages() -> receive M -> [M | messages()] after 100 -> [] end.

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
