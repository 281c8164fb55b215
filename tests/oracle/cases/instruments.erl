%% What a program can learn of the machine that runs it: saved calls, accounting, profiles, monitors of the system.
-module(instruments).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.
%% With the first entry of the stack, as formatted errors are made of it.
raised(F) -> try F() catch C:R:S -> {M, N, A, L} = hd(S), {C, R, M, N, A, proplists:get_value(error_info, L)} end.
waits(P) -> process_info(P, status) =:= {status, waiting} orelse begin timer:sleep(1), waits(P) end.

%% ---- saved calls

%% What a process has saved that does F. (OTP may miss the first call, if it stands right behind process_flag.)
saved(F) -> saved(40, F).
saved(N, F) ->
    0 = process_flag(save_calls, N),
    F(),
    Calls = process_info(self(), last_calls),
    {Calls, process_flag(save_calls, 0), process_info(self(), last_calls)}.

save_none_case() -> process_info(self(), [last_calls, trap_exit]).
save_exports_case() -> saved(fun() -> lists:map(fun(X) -> X + 1 end, [1, 2]), lists:last(id([2])), ordsets:union([1], [2]) end).
save_applied_case() -> saved(fun() -> apply(id(lists), id(seq), id([1, 3])), (id(lists)):nth(1, [1]), F = fun lists:sum/1, (id(F))([1]) end).
save_fun_case() -> saved(fun() -> (id(fun(X) -> X end))(2), apply(id(fun(X, _) -> X end), id([1, 2])) end).
save_local_case() -> saved(fun() -> id(1), ?MODULE:id(2), fully(3) end).
fully(0) -> ok;
fully(N) -> ?MODULE:fully(N - 1).
save_builtins_case() -> saved(fun() -> put(a, id(1)), atom_to_list(id(a)), element(1, id({1})), is_atom(id(a)), length(id([])), erase(a) end).
save_tail_builtin_case() -> saved(fun() -> tail_builtin([1]) end).
tail_builtin(X) -> id(X), list_to_binary(X).
save_errors_case() ->
    saved(fun() -> try_(fun() -> error(id(x)) end), catch error(a, [b]), catch exit(id(y)), catch throw(id(z)), catch lists:nth(id(a), b), catch atom_to_list(id(1)) end).
save_trace_of_error_case() ->
    process_flag(save_calls, 10),
    [raised(fun() -> error(id(x), [1]) end), raised(fun() -> list_to_atom(id(1)) end), raised(fun() -> apply(erlang, error, [a, [b, c]]) end), raised(fun() -> process_flag(self(), priority, id(high)) end)].
save_messages_case() ->
    saved(fun() ->
        self() ! a, erlang:send(self(), b), erlang:send(self(), c, [noconnect]), catch (id(nobody) ! d),
        receive a -> ok end, receive c -> ok end, receive b -> ok end,
        receive never -> ok after 0 -> ok end, receive never -> ok after 1 -> ok end, receive after 2 -> ok end
    end).
save_send_name_case() -> register(saver, self()), saved(fun() -> saver ! a, {saver, node()} ! b, make_ref() ! c, receive a -> ok end end).
save_alias_case() -> saved(fun() -> A = alias(), A ! x, receive x -> ok end end).
save_undefined_case() -> code:ensure_loaded(error_handler), {{_, [C | Calls]}, _, _} = saved(fun() -> catch instruments_nowhere:nothing(1) end), {C, hd(Calls), lists:last(Calls)}.
save_ring_case() -> [saved(N, fun() -> [?MODULE:id(I) || I <- lists:seq(1, 5)], lists:reverse([1], []) end) || N <- [1, 2, 3, 7]].
save_size_case() -> [process_flag(save_calls, N) || N <- [10, 3, 3, 10000, 0, 0]].
save_forgets_case() -> process_flag(save_calls, 10), lists:last([1]), process_flag(save_calls, 10), A = process_info(self(), last_calls), process_flag(save_calls, 0), process_flag(save_calls, 5), {A, process_info(self(), last_calls)}.
save_items_case() -> process_flag(save_calls, 10), id(1), lists:last([1]), process_info(self(), [trap_exit, last_calls]).
save_sensitive_case() ->
    saved(fun() -> process_flag(sensitive, true), lists:last([1]), self() ! a, receive a -> ok end, process_flag(sensitive, false), lists:last([1]) end).
save_bad_case() ->
    [raised(fun() -> process_flag(save_calls, id(N)) end) || N <- [-1, 10001, a, 1.0, 1 bsl 70]].
save_of_other_case() ->
    P = spawn(fun other/0),
    A = process_flag(P, save_calls, 10),
    P ! {self(), do}, receive done -> ok end, waits(P),
    Calls = process_info(P, last_calls),
    B = process_flag(P, save_calls, 2),
    Empty = process_info(P, last_calls),
    P ! {self(), do}, receive done -> ok end, waits(P),
    Two = process_info(P, last_calls),
    [A, Calls, B, Empty, Two, process_flag(P, save_calls, 0), process_info(P, last_calls)].
other() -> receive {From, do} -> lists:last([1, 2]), From ! done end, other().
save_of_other_bad_case() ->
    {Dead, R} = spawn_monitor(fun() -> ok end), receive {'DOWN', R, _, _, _} -> ok end,
    Blank = fun({C, E, M, N, [_ | A], I}) -> {C, E, M, N, A, I} end,
    [Blank(raised(fun() -> process_flag(P, F, V) end)) || {P, F, V} <- [{Dead, save_calls, 1}, {self(), save_calls, 10001}, {self(), priority, high}, {a, save_calls, 1}]].
%% Not inherited, and gone with the process.
save_inherited_case() ->
    process_flag(save_calls, 10),
    S = self(), spawn(fun() -> S ! process_info(self(), last_calls) end), receive M -> M end.
save_died_case() ->
    {P, R} = spawn_monitor(fun() -> process_flag(save_calls, 100), lists:last([1]), exit(lists:sum([1])) end),
    receive {'DOWN', R, process, P, Why} -> {Why, saved(fun() -> lists:last([1]) end)} end.
%% Code that is loaded while calls are saved.
save_new_code_case() ->
    kept(fun() -> load_fresh(), (id(instruments_fresh)):f(1), (id(instruments_fresh)):f(2) end, fun(C) -> element(1, C) =:= instruments_fresh end).
kept(F, Keep) -> {{last_calls, Calls}, N, After} = saved(10000, F), {[C || C <- Calls, is_tuple(C), Keep(C)], N, After}.
load_fresh() ->
    {ok, Tokens1, _} = erl_scan:string("-module(instruments_fresh)."),
    {ok, Tokens2, _} = erl_scan:string("-export([f/1])."),
    {ok, Tokens3, _} = erl_scan:string("f(X) -> X."),
    {ok, M, B} = compile:forms([element(2, erl_parse:parse_form(T)) || T <- [Tokens1, Tokens2, Tokens3]]),
    {module, M} = code:load_binary(M, "", B).
%% Tracing goes on beneath.
save_and_trace_case() ->
    S = self(),
    Tracer = spawn(fun() -> collect(S) end),
    erlang:trace(self(), true, [call, {tracer, Tracer}]),
    1 = erlang:trace_pattern({lists, last, 1}, true, [global]),
    A = saved(fun() -> lists:last([1]) end),
    process_flag(save_calls, 10),
    1 = erlang:trace_pattern({lists, last, 1}, false, [global]),
    1 = erlang:trace_pattern({lists, sum, 1}, true, [local]),
    lists:last([2]), lists:sum([3]),
    process_flag(save_calls, 0),
    lists:last([4]), lists:sum([5]),
    1 = erlang:trace_pattern({lists, sum, 1}, false, [local]),
    lists:sum([6]),
    erlang:trace(self(), false, [call]),
    R = erlang:trace_delivered(self()), receive {trace_delivered, _, R} -> ok end,
    Tracer ! stop,
    receive {told, L} -> {A, L} end.
collect(S) -> collect(S, []).
collect(S, L) -> receive stop -> S ! {told, lists:reverse(L)}; {trace, _, call, M} -> collect(S, [M | L]) end.
%% A process that calls by name alone gives way, too, when its calls are noted.
save_gives_way_case() ->
    process_flag(save_calls, 3),
    P = spawn_opt(fun() -> ?MODULE:forever() end, [link]),
    Q = spawn(fun() -> process_flag(save_calls, 3), ?MODULE:forever() end),
    timer:sleep(20),
    [begin unlink(X), R = monitor(process, X), exit(X, kill), receive {'DOWN', R, _, _, Why} -> Why end end || X <- [P, Q]].
forever() -> ?MODULE:forever().

%% ---- microstate accounting

%% Those that both have: OTP accounts for helper threads, too.
rows() -> [R || #{type := T} = R <- erlang:statistics(microstate_accounting), T =:= scheduler orelse T =:= dirty_cpu_scheduler orelse T =:= dirty_io_scheduler].
total() -> lists:sum([lists:sum(maps:values(C)) || #{counters := C} <- rows()]).
total(State) -> lists:sum([maps:get(State, C) || #{counters := C} <- rows()]).
accounted(F) ->
    erlang:system_flag(microstate_accounting, reset),
    erlang:system_flag(microstate_accounting, true),
    try F() after erlang:system_flag(microstate_accounting, false) end.

microstate_shape_case() ->
    Ids = fun(Type) -> lists:sort([I || #{type := T, id := I} <- rows(), T =:= Type]) =:= lists:seq(1, erlang:system_info(maps:get(Type, #{scheduler => schedulers, dirty_cpu_scheduler => dirty_cpu_schedulers, dirty_io_scheduler => dirty_io_schedulers}))) end,
    {[Ids(T) || T <- [scheduler, dirty_cpu_scheduler, dirty_io_scheduler]], lists:usort([lists:sort(maps:keys(C)) || #{counters := C} <- rows()]), lists:usort([lists:sort(maps:keys(R)) || R <- rows()])}.
microstate_off_case() -> erlang:system_flag(microstate_accounting, reset), total().
microstate_flag_case() -> [try_(fun() -> erlang:system_flag(microstate_accounting, F) end) || F <- [false, true, true, reset, false, reset, false, other]].
microstate_stops_case() -> accounted(fun() -> timer:sleep(5) end), A = total(sleep), timer:sleep(10), {total(sleep) - A < 5000000, A > 0, begin erlang:system_flag(microstate_accounting, reset), total() end}.
microstate_goes_on_case() -> accounted(fun() -> timer:sleep(5), A = total(), timer:sleep(5), B = total(), erlang:system_flag(microstate_accounting, false), erlang:system_flag(microstate_accounting, true), B > A andalso total() >= B end).
microstate_work_case() -> accounted(fun() -> spin(20), Work = total(emulator), timer:sleep(30), {Work > 1000000, total(sleep) > 1000000} end).
spin(Ms) -> spin_until(erlang:monotonic_time(millisecond) + Ms).
spin_until(End) -> erlang:monotonic_time(millisecond) < End andalso spin_until(End).
microstate_gc_case() -> accounted(fun() -> L = lists:seq(1, 100000), [erlang:garbage_collect() || _ <- lists:seq(1, 20)], {length(L), total(gc) > 0} end).
microstate_port_case() ->
    accounted(fun() -> {ok, F} = file:open(<<>>, [ram, write]), [file:write(F, binary:copy(<<0>>, 10000)) || _ <- lists:seq(1, 200)], file:close(F), total(port) > 0 end).
msacc_case() ->
    [msacc:available(), msacc:start(10), lists:usort([maps:get('$type', S) || S <- msacc:stats()]), msacc:stop(), msacc:reset(),
     msacc:start(), msacc:print("/dev/null", msacc:stats(), #{system => true}), msacc:stop()].

%% ---- how busy schedulers are

wall_time_case() ->
    erlang:system_flag(scheduler_wall_time, true),
    timer:sleep(2),
    [N, C, I] = [erlang:system_info(W) || W <- [schedulers, dirty_cpu_schedulers, dirty_io_schedulers]],
    Few = lists:sort(erlang:statistics(scheduler_wall_time)),
    All = lists:sort(erlang:statistics(scheduler_wall_time_all)),
    Good = lists:all(fun({_, A, T}) -> is_integer(A) andalso A >= 0 andalso T >= A end, Few ++ All),
    R = {[W || {W, _, _} <- Few] =:= lists:seq(1, N + C), [W || {W, _, _} <- All] =:= lists:seq(1, N + C + I), Good},
    {R, erlang:system_flag(scheduler_wall_time, false), erlang:statistics(scheduler_wall_time), erlang:statistics(scheduler_wall_time_all)}.
wall_time_dirty_case() ->
    erlang:system_flag(scheduler_wall_time, true),
    A = dirty_time(),
    Name = "wall_time_" ++ os:getpid(),
    [begin ok = file:write_file(Name, binary:copy(<<0>>, 100000)), {ok, _} = file:read_file(Name) end || _ <- lists:seq(1, 20)],
    file:delete(Name),
    dirty_time() > A.
dirty_time() -> lists:sum([A || {I, A, _} <- erlang:statistics(scheduler_wall_time_all), I > erlang:system_info(schedulers) + erlang:system_info(dirty_cpu_schedulers)]).
utilization_case() ->
    erlang:system_flag(scheduler_wall_time, true),
    A = scheduler:sample_all(), spin(5), B = scheduler:sample_all(),
    [N, C, I] = [erlang:system_info(W) || W <- [schedulers, dirty_cpu_schedulers, dirty_io_schedulers]],
    Rows = scheduler:utilization(A, B),
    [length([1 || R <- Rows, element(1, R) =:= K]) =:= L || {K, L} <- [{total, 1}, {weighted, 1}, {normal, N}, {cpu, C}, {io, I}]] ++ [length(scheduler:utilization(scheduler:sample())) =:= N + C + 2].

%% ---- system_profile: OTP sends the messages when it has time, and not after the end

%% What is told of the worker, or whatever Subject gives, while F runs.
profiled(Options, F) ->
    W = spawn(fun profiled_worker/0), waits(W),
    erlang:system_profile(self(), Options),
    F(W), timer:sleep(20),
    Old = erlang:system_profile(),
    Old = erlang:system_profile(undefined, []),
    L = [told(M) || {profile, P, _, _, _} = M <- messages(), P =:= W],
    exit(W, kill),
    {element(2, Old), L}.
messages() -> oracle:messages(50).
told({profile, _, What, MFA, T}) -> {What, MFA, stamp(T)}.
stamp(T) when is_integer(T) -> monotonic;
stamp({T, U}) when is_integer(T), is_integer(U) -> strict;
stamp({A, B, C}) when is_integer(A), is_integer(B), is_integer(C) -> now.
profiled_worker() -> receive {S, there} -> S ! ok, elsewhere(); {S, here} -> S ! ok, profiled_worker(); stop -> ok end.
elsewhere() -> receive {S, _} -> S ! ok, profiled_worker() end.
tell(W, What) -> W ! {self(), What}, receive ok -> waits_quietly(W) end.
%% To ask a process wakes it.
waits_quietly(_) -> timer:sleep(20).

profile_none_case() -> [erlang:system_profile(), erlang:system_profile(undefined, []), erlang:system_profile(undefined, [nonsense])].
profile_setting_case() ->
    S = self(),
    Set = fun(O) -> erlang:system_profile(S, O), {S, L} = erlang:system_profile(), L end,
    R = [Set(O) || O <- [[runnable_procs], [scheduler], [runnable_ports, exclusive, runnable_procs, scheduler], [exclusive], [timestamp, runnable_procs], [runnable_procs, runnable_procs, monotonic_timestamp]]],
    erlang:system_profile(undefined, []),
    {R, erlang:system_profile()}.
profile_bad_case() ->
    Dead = spawn(fun() -> ok end), R = monitor(process, Dead), receive {'DOWN', R, _, _, _} -> ok end,
    [try_(fun() -> erlang:system_profile(P, O) end) || {P, O} <- [{self(), [nonsense]}, {self(), [runnable_procs | x]}, {self(), x}, {a, [runnable_procs]}, {Dead, [runnable_procs]}, {self(), []}]].
profile_ends_case() ->
    {P, R} = spawn_monitor(fun() -> erlang:system_profile(self(), [runnable_procs]) end),
    receive {'DOWN', R, process, P, _} -> erlang:system_profile() end.
profile_process_case() -> [profiled([runnable_procs | T], fun(W) -> tell(W, here), tell(W, there), tell(W, here) end) || T <- [[], [timestamp], [monotonic_timestamp], [strict_monotonic_timestamp]]].
profile_nothing_case() -> [profiled(O, fun(W) -> tell(W, here) end) || O <- [[runnable_ports], [scheduler], [exclusive]]].
profile_life_case() ->
    S = self(),
    erlang:system_profile(S, [runnable_procs]),
    Pids = [begin {P, R} = spawn_monitor(M, F, A), receive {'DOWN', R, _, _, _} -> P end end || {M, F, A} <- [{lists, sum, [[1]]}, {?MODULE, id, [1]}, {erlang, apply, [fun() -> ok end, []]}]],
    timer:sleep(10),
    erlang:system_profile(undefined, []),
    All = messages(),
    [[told(M) || {profile, Q, _, _, _} = M <- All, Q =:= P] || P <- Pids].
profile_hibernates_case() ->
    S = self(),
    erlang:system_profile(S, [runnable_procs]),
    P = spawn(fun() -> erlang:hibernate(?MODULE, profiled_worker, []) end), timer:sleep(20),
    tell(P, here), exit(P, kill), timer:sleep(20),
    erlang:system_profile(undefined, []),
    [told(M) || {profile, Q, _, _, _} = M <- messages(), Q =:= P].
profile_not_itself_case() ->
    S = self(),
    erlang:system_profile(S, [runnable_procs]),
    timer:sleep(5), S ! x, receive x -> ok end,
    erlang:system_profile(undefined, []),
    [M || {profile, P, _, _, _} = M <- messages(), P =:= S].
profile_port_case() ->
    erlang:system_profile(self(), [runnable_ports, monotonic_timestamp]),
    P = open_port({spawn, "ram_file_drv"}, []),
    port_command(P, <<37>>), receive {P, _} -> ok end,
    port_close(P),
    timer:sleep(20),
    erlang:system_profile(undefined, []),
    [told(M) || {profile, Q, _, _, _} = M <- messages(), Q =:= P].
%% The caller of a port is not active while the port is. (Where it is, OTP knows of no better than the last time.)
profile_exclusive_case() ->
    S = self(),
    C = spawn(fun() -> receive {S, all} -> S ! {all, messages()} end end),
    P = open_port({spawn, "ram_file_drv"}, []),
    erlang:system_profile(C, [runnable_procs, runnable_ports, exclusive]),
    port_command(P, <<37>>), receive {P, _} -> ok end,
    timer:sleep(20),
    erlang:system_profile(undefined, []),
    C ! {S, all}, receive {all, L} -> lists:sublist(lists:dropwhile(fun(M) -> M =:= {true, active} end, [{Q =:= S, What} || {profile, Q, What, _, _} <- L, Q =:= S orelse Q =:= P]), 4) end.
profile_scheduler_case() ->
    S = self(),
    erlang:system_profile(S, [scheduler]),
    P = spawn(fun() -> profile_bustle(100) end), R = monitor(process, P), receive {'DOWN', R, _, _, _} -> ok end,
    erlang:system_profile(undefined, []),
    Good = fun({profile, scheduler, Id, What, Active, T}) -> Id >= 1 andalso Id =< erlang:system_info(schedulers) andalso (What =:= active orelse What =:= inactive) andalso Active >= 0 andalso stamp(T) =:= now; (_) -> false end,
    L = messages(), {L =/= [] orelse erlang:system_info(schedulers) =:= 1, lists:all(Good, L)}.
profile_bustle(0) -> ok;
profile_bustle(N) -> timer:sleep(1), profile_bustle(N - 1).

%% ---- sizes of heaps

heap_sizes_case() -> {erlang:system_info(heap_sizes), erlang:system_info(heap_type)}.
heap_flag_case() ->
    [{F, N, begin process_flag(F, N), {F, V} = process_info(self(), F), {garbage_collection, G} = process_info(self(), garbage_collection), {V, proplists:get_value(F, G)} end}
     || F <- [min_heap_size, min_bin_vheap_size], N <- [0, 1, 233, 234, 1000, 46422, 46423, 1000000]].
heap_old_case() -> [[process_flag(F, N) || N <- [1000, 100000, 0, 0]] || F <- [min_heap_size, min_bin_vheap_size]].
heap_option_case() -> [process_info(spawn_opt(fun() -> receive stop -> ok end end, [link, {min_heap_size, N}]), min_heap_size) || N <- [1, 1000, 100000]].
heap_system_case() ->
    [begin
         Old = erlang:system_flag(F, N),
         P = spawn_link(fun() -> receive stop -> ok end end),
         R = {Old, process_info(P, F), erlang:system_info(F)},
         erlang:system_flag(F, Old),
         {R, erlang:system_info(F)}
     end || F <- [min_heap_size, min_bin_vheap_size], N <- [1, 1000, 100000]].
%% Binaries that are let go of bring about collections, but not where there is room for them.
%% Not under hard: that build collects whatever the sizes are.
binary_heap_case() -> [binary_collections(O) || O <- [[], [{min_bin_vheap_size, 1 bsl 23}]]].
binary_collections(Flags) ->
    P = spawn_opt(fun() -> [process_flag(F, N) || {F, N} <- Flags], receive go -> let_go(2000) end end, [{min_heap_size, 40000}]),
    waits(P),
    erlang:trace(P, true, [garbage_collection]),
    R = monitor(process, P), P ! go, receive {'DOWN', R, _, _, _} -> ok end,
    length([T || {trace, _, T, _} <- messages(), T =:= gc_minor_start orelse T =:= gc_major_start]) > 3.
let_go(0) -> ok;
let_go(N) -> _ = binary:copy(<<N:64>>, 1000), let_go(N - 1).

%% ---- items of system_info, statistics, process_info, port_info and memory: what kind of answer there is

kind(X) when is_integer(X) -> integer;
kind(X) when is_float(X) -> float;
kind(X) when is_binary(X) -> binary;
kind(X) when is_pid(X) -> pid;
kind(X) when is_port(X) -> port;
kind(X) when is_reference(X) -> reference;
kind([]) -> [];
kind(X) when is_list(X) -> case io_lib:printable_unicode_list(X) of true -> string; false -> {list, lists:usort([kind(E) || E <- X])} end;
kind(X) when is_tuple(X) -> list_to_tuple([kind(E) || E <- tuple_to_list(X)]);
kind(X) when is_map(X) -> maps:map(fun(_, V) -> kind(V) end, X);
kind(X) -> X.
kinds(F, Items) -> [{I, try kind(F(I)) catch C:R -> {C, R} end} || I <- Items].

system_info_kinds_case() ->
    kinds(fun erlang:system_info/1, [atom_count, atom_limit, compat_rel, constant_pool_support, cpu_quota, creation, debug_compiled, delayed_node_table_gc,
        dirty_cpu_schedulers, dirty_cpu_schedulers_online, dirty_io_schedulers, dist, dist_buf_busy_limit, dist_ctrl, driver_version, dynamic_trace, dynamic_trace_probes,
        emu_type, end_time, ets_count, ets_limit, fullsweep_after, garbage_collection, heap_sizes, heap_type, info, kernel_poll, loaded, logical_processors,
        logical_processors_available, logical_processors_online, machine, max_heap_size, message_queue_data, min_bin_vheap_size, min_heap_size, modified_timing_level,
        multi_scheduling_blockers, nif_version, normal_multi_scheduling_blockers, os_monotonic_time_source, os_system_time_source, otp_release,
        outstanding_system_requests_limit, port_count, port_limit, port_parallelism, procs, process_count, process_limit, scheduler_bind_type,
        scheduler_id, schedulers, schedulers_online, schedulers_state, smp_support, start_time, system_architecture, system_logger, system_version, thread_pool_size, threads,
        time_correction, time_offset, time_warp_mode, tolerant_timeofday, trace_control_word, update_cpu_info, version, wordsize, {wordsize, internal}, {wordsize, external},
        {cpu_topology, defined}, {allocator, nonsense}, {allocator_sizes, nonsense}, nonsense, {nonsense, x}]).
system_info_text_case() ->
    [lists:all(fun(T) -> binary:match(erlang:system_info(I), T) =/= nomatch end, Ts)
     || {I, Ts} <- [{info, [<<"=memory\ntotal: ">>, <<"=index_table:atom_tab">>]}, {loaded, [<<"Current code: ">>, <<"\nlists ">>]},
                    {dist, [<<"=node:'nonode@nohost'\n=no_distribution\n">>]}, {procs, [<<"=proc:<0.0.0>\nState: Waiting\nName: init\nSpawned as: erl_init:start/2\n">>]}]].
allocators_case() ->
    {_, _, Features, _} = erlang:system_info(allocator),
    [lists:member(ets_alloc, Features), lists:member(eheap_alloc, erlang:system_info(alloc_util_allocators)),
     [lists:usort([element(1, I) || I <- erlang:system_info({allocator_sizes, A})]) || A <- [ets_alloc, eheap_alloc, binary_alloc]],
     [A || {A, [{instance, _, _} | _]} <- erlang:system_info({allocator_sizes, [ets_alloc, binary_alloc]})]].
%% What others' programs take apart: of the carriers of each allocator the names, and how many numbers there are.
carriers_case() ->
    [{What, A, Kind, lists:usort([carrier(A, Row) || {instance, _, Kinds} <- erlang:system_info({What, A}), {K, Rows} <- Kinds, K =:= Kind, Row <- Rows, Row =/= {blocks, []}, {Kind, element(1, Row)} =/= {sbcs, blocks}])}
     || What <- [allocator, allocator_sizes], A <- [ets_alloc, eheap_alloc, std_alloc], Kind <- [mbcs, sbcs]].
carrier(A, {blocks, Blocks}) -> {blocks, [shape(Count) || {B, Counts} <- Blocks, B =:= A, Count <- Counts]};
carrier(_, Row) -> shape(Row).
shape(Tuple) -> {element(1, Tuple), tuple_size(Tuple), lists:all(fun is_integer/1, tl(tuple_to_list(Tuple)))}.
check_io_case() -> lists:all(fun(L) -> lists:all(fun(K) -> lists:keymember(K, 1, L) end, [name, primary, kernel_poll, total_poll_set_size, max_fds]) end, erlang:system_info(check_io)).
statistics_kinds_case() ->
    kinds(fun erlang:statistics/1, [context_switches, exact_reductions, garbage_collection, io, reductions, run_queue, run_queue_lengths, run_queue_lengths_all,
        active_tasks, active_tasks_all, total_active_tasks, total_active_tasks_all, total_run_queue_lengths, total_run_queue_lengths_all, runtime, wall_clock, nonsense]).
process_info_kinds_case() ->
    Items = [async_dist, backtrace, binary, catchlevel, current_function, current_location, current_stacktrace, dictionary, error_handler, garbage_collection, garbage_collection_info,
        group_leader, heap_size, initial_call, links, last_calls, memory, message_queue_len, messages, min_heap_size, min_bin_vheap_size, monitored_by, monitors, message_queue_data,
        parent, priority, reductions, registered_name, sequential_trace_token, stack_size, status, suspending, total_heap_size, trace, trap_exit, fullsweep_after, max_heap_size, nonsense],
    P = spawn(fun() -> receive stop -> ok end end), waits(P),
    {kinds(fun(I) -> process_info(P, I) end, Items -- [current_location, current_stacktrace]), [K || {K, _} <- process_info(self())] =:= [K || {K, _} <- process_info(P)]}.
port_info_kinds_case() ->
    P = open_port({spawn, "cat"}, []),
    {kinds(fun(I) -> erlang:port_info(P, I) end, [connected, id, input, links, locking, memory, monitors, monitored_by, name, os_pid, output, parallelism, queue_size, registered_name, nonsense]),
     kind(erlang:port_info(P))}.
memory_kinds_case() -> {kinds(fun erlang:memory/1, [total, processes, processes_used, system, atom, atom_used, binary, code, ets, nonsense, [total, ets], []]), kind(erlang:memory())}.

%% ---- system_monitor

monitor_none_case() -> [erlang:system_monitor(), erlang:system_monitor(undefined), erlang:system_monitor()].
monitor_setting_case() ->
    S = self(),
    Set = fun(O) -> erlang:system_monitor(S, O), {S, L} = erlang:system_monitor(), lists:sort(L) end,
    R = [Set(O) || O <- [[busy_port], [{long_gc, 100}], [{large_heap, 1000000}, busy_dist_port], [{long_schedule, 10}, {long_gc, 0}], [{large_heap, 1}]]],
    {S, L} = erlang:system_monitor(undefined),
    {R, L, erlang:system_monitor({S, [busy_port]}), erlang:system_monitor(S, []), erlang:system_monitor()}.
monitor_bad_case() ->
    [try_(fun() -> erlang:system_monitor(P, O) end) || {P, O} <- [{self(), [nonsense]}, {self(), [{long_gc, a}]}, {self(), [{long_gc, -1}]}, {self(), [long_gc]}, {self(), [busy_port | x]}, {a, [busy_port]}, {self(), x}]]
        ++ [try_(fun() -> erlang:system_monitor(id(X)) end) || X <- [x, {self(), [nonsense]}, {x, []}]].
monitor_ends_case() ->
    {P, R} = spawn_monitor(fun() -> erlang:system_monitor(self(), [busy_port]) end),
    receive {'DOWN', R, process, P, _} -> erlang:system_monitor() end.
%% The event of a process that does F, with the kinds of what is told.
monitored(Options, Event, F) ->
    S = self(),
    P = spawn(fun() -> receive go -> F(), S ! {done, self()} end end),
    erlang:system_monitor(S, Options),
    P ! go, receive {done, P} -> ok end,
    R = receive {monitor, P, Event, Info} -> [{K, kind(V)} || {K, V} <- Info] after 2000 -> nothing end,
    erlang:system_monitor(undefined),
    messages(),
    R.
monitor_long_gc_case() -> monitored([{long_gc, 1}], long_gc, fun() -> L = lists:seq(1, 2000000), garbage_collect(), length(L) end).
monitor_large_heap_case() -> monitored([{large_heap, 200000}], large_heap, fun() -> L = lists:seq(1, 1000000), garbage_collect(), length(L) end).
monitor_not_so_large_case() ->
    S = self(),
    P = spawn(fun() -> receive go -> L = lists:seq(1, 10000), garbage_collect(), S ! {done, length(L)} end end),
    erlang:system_monitor(S, [{large_heap, 100000000}, {long_gc, 100000}, {long_schedule, 100000}]),
    P ! go,
    receive {done, _} -> ok end,
    erlang:system_monitor(undefined),
    messages().
%% A port as the profiler: the trace driver, which writes to a file.
profile_to_port_case() ->
    Name = "profile_" ++ os:getpid(), S = self(),
    P = (dbg:trace_port(file, Name))(),
    erlang:system_profile(P, [runnable_procs, runnable_ports, exclusive]),
    W = spawn(fun profiled_worker/0), waits_quietly(W), tell(W, here), tell(W, there),
    {P, Options} = erlang:system_profile(),
    erlang:system_profile(undefined, []),
    exit(W, kill),
    timer:sleep(50), dbg:flush_trace_port(P), erlang:port_close(P),
    dbg:trace_client(file, Name, {fun(end_of_trace, A) -> S ! {all, lists:reverse(A)}; (M, A) -> [M | A] end, []}),
    receive {all, L} -> file:delete(Name), {Options, [told(M) || {profile, Q, _, _, _} = M <- L, Q =:= W], [M || {profile, Q, _, _, _} = M <- L, Q =:= P]} after 5000 -> file:delete(Name), nothing end.
