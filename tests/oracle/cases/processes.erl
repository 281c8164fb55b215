%% Processes: spawning, links, monitors, names, timers.
-module(processes).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.
next() -> receive M -> M after 1000 -> none end.
down(P) -> R = monitor(process, P), receive {'DOWN', R, process, P, Why} -> Why after 2000 -> none end.
quiet() -> logger:set_primary_config(level, none).

spawn_case() -> S = self(), P = spawn(fun() -> S ! {hi, self()} end), receive {hi, P} -> ok end.
spawn_mfa_case() -> P = spawn(?MODULE, reply, [self(), x]), receive {P, V} -> V end.
reply(To, V) -> To ! {self(), V}.
spawn_bad_case() -> [try_(fun() -> spawn(id(1), f, []) end), try_(fun() -> spawn(m, f, id(x)) end), try_(fun() -> spawn(id(x)) end), try_(fun() -> spawn_opt(m, f, [], id([bad])) end)].
exit_normal_case() -> {P, R} = spawn_monitor(fun() -> ok end), receive {'DOWN', R, process, P, W} -> W end.
exit_reason_case() -> quiet(), P = spawn(fun() -> receive go -> exit({some, reason}) end end), R = monitor(process, P), P ! go, receive {'DOWN', R, _, _, W} -> W end.
exit_error_case() -> quiet(), P = spawn(fun() -> receive go -> error(oops) end end), R = monitor(process, P), P ! go, receive {'DOWN', R, _, _, {W, [_ | _]}} -> W end.
exit_throw_case() -> quiet(), P = spawn(fun() -> receive go -> throw(ball) end end), R = monitor(process, P), P ! go, receive {'DOWN', R, _, _, {W, _}} -> W end.
kill_case() -> P = spawn(fun() -> receive never -> ok end end), R = monitor(process, P), exit(P, kill), receive {'DOWN', R, _, _, W} -> W end.
kill_trapping_case() -> P = spawn(fun() -> process_flag(trap_exit, true), receive {'EXIT', _, kill} -> ok end end), timer:sleep(10), R = monitor(process, P), exit(P, kill), receive {'DOWN', R, _, _, W} -> W end.
exit_normal_ignored_case() -> P = spawn(fun() -> receive stop -> ok end end), exit(P, normal), timer:sleep(10), A = is_process_alive(P), P ! stop, A.
exit_self_case() -> P = spawn(fun() -> exit(self(), normal), receive after 1000 -> ok end end), down(P) =:= noproc orelse ok.
exit_trapped_case() -> process_flag(trap_exit, true), S = self(), exit(S, hello), receive {'EXIT', S, W} -> W end.
link_case() -> process_flag(trap_exit, true), P = spawn_link(fun() -> exit(bye) end), receive {'EXIT', P, W} -> W end.
link_normal_case() -> process_flag(trap_exit, true), P = spawn_link(fun() -> ok end), receive {'EXIT', P, W} -> W end.
link_dead_case() -> process_flag(trap_exit, true), P = spawn(fun() -> ok end), timer:sleep(10), link(P), next() =:= {'EXIT', P, noproc}.
link_dead_not_trapping_case() -> P = spawn(fun() -> ok end), timer:sleep(10), Q = spawn(fun() -> link(P), receive after 1000 -> ok end end), down(Q).
link_chain_case() -> S = self(), P = spawn(fun() -> process_flag(trap_exit, true), Q = spawn_link(fun() -> spawn_link(fun() -> exit(boom) end), receive never -> ok end end), receive {'EXIT', Q, W} -> S ! W end end), _ = P, next().
unlink_case() -> process_flag(trap_exit, true), P = spawn_link(fun() -> receive go -> exit(x) end end), unlink(P), P ! go, receive M -> M after 50 -> none end.
monitor_case() -> P = spawn(fun() -> receive go -> ok end end), R = monitor(process, P), P ! go, receive {'DOWN', R, process, P, W} -> W end.
monitor_dead_case() -> P = spawn(fun() -> ok end), timer:sleep(10), R = monitor(process, P), receive {'DOWN', R, process, P, W} -> W end.
monitor_name_case() -> R = monitor(process, nosuchname), receive {'DOWN', R, process, N, W} -> {N, W} end.
monitor_registered_case() -> P = spawn(fun() -> receive go -> ok end end), register(monitored, P), R = monitor(process, monitored), monitored ! go, receive {'DOWN', R, process, N, W} -> {N, W} end.
demonitor_case() -> P = spawn(fun() -> receive go -> ok end end), R = monitor(process, P), [demonitor(R), demonitor(R), begin P ! go, receive M -> M after 50 -> none end end].
demonitor_flush_case() -> P = spawn(fun() -> ok end), R = monitor(process, P), timer:sleep(10), [demonitor(R, [flush]), receive M -> M after 0 -> none end].
demonitor_info_case() -> P = spawn(fun() -> receive go -> ok end end), R = monitor(process, P), [demonitor(R, [info]), demonitor(R, [info]), try_(fun() -> demonitor(id(x)) end), try_(fun() -> demonitor(R, id([bad])) end)].
monitor_tag_case() -> P = spawn(fun() -> ok end), R = monitor(process, P, [{tag, mytag}]), receive {mytag, R, process, P, _} -> ok end.
alias_case() -> A = alias(), S = self(), spawn(fun() -> A ! hello, S ! done end), receive done -> ok end, [receive hello -> got after 100 -> none end, unalias(A), begin A ! again, receive again -> got after 20 -> none end end].
alias_monitor_case() -> P = spawn(fun() -> receive {A, go} -> A ! reply end end), R = monitor(process, P, [{alias, reply_demonitor}]), P ! {R, go}, [receive reply -> ok end, receive {'DOWN', _, _, _, _} -> down after 50 -> none end].
register_case() -> P = spawn(fun() -> receive go -> ok end end), [register(some_name, P), whereis(some_name) =:= P, some_name ! hi, try_(fun() -> register(some_name, self()) end), try_(fun() -> register(other, P) end), unregister(some_name), whereis(some_name), try_(fun() -> unregister(some_name) end), try_(fun() -> some_name ! x end)].
register_bad_case() -> [try_(fun() -> register(undefined, self()) end), try_(fun() -> register(id(1), self()) end), try_(fun() -> register(a_name, id(x)) end)].
registered_gone_case() -> P = spawn(fun() -> receive go -> ok end end), register(short_lived, P), R = monitor(process, P), P ! go, receive {'DOWN', R, _, _, _} -> ok end, whereis(short_lived).
send_case() -> [self() ! x, erlang:send(self(), y), erlang:send(self(), z, [nosuspend]), next(), next(), next(), try_(fun() -> id(1) ! x end), {nosuch, nonode@nohost} ! x].
send_dead_case() -> P = spawn(fun() -> ok end), timer:sleep(5), P ! hello.
order_case() -> S = self(), P = spawn(fun() -> [S ! N || N <- lists:seq(1, 1000)] end), _ = P, [receive N -> N end || _ <- lists:seq(1, 1000)] =:= lists:seq(1, 1000).
many_case() -> S = self(), N = 5000, [spawn(fun() -> S ! I end) || I <- lists:seq(1, N)], lists:sum([receive I -> I end || _ <- lists:seq(1, N)]).
ring_case() -> S = self(), F = lists:foldl(fun(_, Next) -> spawn(fun() -> receive X -> Next ! X + 1 end end) end, S, lists:seq(1, 1000)), F ! 0, next().
large_message_case() -> T = [{N, <<"some binary">>, float(N), #{N => N}} || N <- lists:seq(1, 10000)], S = self(), P = spawn(fun() -> receive X -> S ! {erlang:phash2(X), X} end end), P ! T, receive {H, X} -> {H =:= erlang:phash2(T), X =:= T} end.
binary_message_case() -> B = binary:copy(<<"x">>, 100000), S = self(), P = spawn(fun() -> receive X -> S ! byte_size(X) end end), P ! B, next().
mailbox_case() -> [self() ! N || N <- lists:seq(1, 100000)], self() ! last, receive last -> ok end, {message_queue_len, L} = process_info(self(), message_queue_len), L.
is_alive_case() -> P = spawn(fun() -> receive go -> ok end end), A = is_process_alive(P), R = monitor(process, P), P ! go, receive {'DOWN', R, _, _, _} -> ok end, [A, is_process_alive(P), is_process_alive(self()), try_(fun() -> is_process_alive(id(x)) end)].
process_info_case() -> P = spawn(fun() -> put(k, v), receive go -> ok end end), timer:sleep(20), P ! a, [process_info(P, K) || K <- [registered_name, message_queue_len, messages, links, monitors, monitored_by, trap_exit, priority, status, current_function, initial_call, dictionary, error_handler, suspending, min_heap_size, message_queue_data]] -- [x].
process_info_list_case() -> P = spawn(fun() -> receive go -> ok end end), timer:sleep(20), process_info(P, [status, message_queue_len, registered_name]).
process_info_dead_case() -> P = spawn(fun() -> ok end), timer:sleep(10), [process_info(P), process_info(P, status), try_(fun() -> process_info(self(), id(nosuch)) end), try_(fun() -> process_info(id(x)) end)].
process_info_keys_case() -> [K || {K, _} <- process_info(self())].
group_leader_case() -> G = group_leader(), P = spawn(fun() -> receive {F, q} -> F ! {gl, group_leader()} end end), group_leader(self(), P), P ! {self(), q}, receive {gl, X} -> X =:= self() end, G =/= self().
spawn_opt_case() -> {P, R} = spawn_opt(fun() -> receive go -> ok end end, [monitor, {priority, high}, {min_heap_size, 1000}, {fullsweep_after, 5}]), I = process_info(P, priority), P ! go, receive {'DOWN', R, _, _, W} -> {I, W} end.
spawn_monitor_case() -> {P, R} = spawn_monitor(fun() -> exit(z) end), receive {'DOWN', R, process, P, W} -> W end.
spawn_request_case() -> R = spawn_request(fun() -> ok end), receive {spawn_reply, R, ok, P} -> is_pid(P) end.
send_after_case() -> T = erlang:send_after(20, self(), tick), [is_reference(T), next(), erlang:cancel_timer(T)].
start_timer_case() -> T = erlang:start_timer(10, self(), msg), receive {timeout, T, M} -> M end.
cancel_timer_case() -> T = erlang:send_after(100000, self(), x), [is_integer(erlang:read_timer(T)), is_integer(erlang:cancel_timer(T)), erlang:cancel_timer(T), erlang:read_timer(T), try_(fun() -> erlang:cancel_timer(id(x)) end)].
cancel_async_case() -> T = erlang:send_after(100000, self(), x), [erlang:cancel_timer(T, [{async, true}]), receive {cancel_timer, T, V} -> is_integer(V) end, erlang:cancel_timer(T, [{info, false}])].
timer_abs_case() -> T0 = erlang:monotonic_time(millisecond), erlang:send_after(T0 + 20, self(), abs, [{abs, true}]), X = next(), {X, erlang:monotonic_time(millisecond) - T0 >= 20}.
timer_name_case() -> register(timer_target, self()), erlang:send_after(5, timer_target, hello), X = next(), unregister(timer_target), X.
timer_bad_case() -> [try_(fun() -> erlang:send_after(id(-1), self(), x) end), try_(fun() -> erlang:send_after(id(a), self(), x) end), try_(fun() -> erlang:start_timer(1, id(1), x) end)].
timer_order_case() -> [erlang:send_after(T, self(), T) || T <- [50, 10, 30, 20, 40]], [next() || _ <- lists:seq(1, 5)].
suspend_case() -> P = spawn(fun L() -> receive {F, x} -> F ! y, L() end end), erlang:suspend_process(P), P ! {self(), x}, A = receive y -> y after 50 -> none end, erlang:resume_process(P), [A, next()].
hibernate_case() -> P = spawn(fun() -> erlang:hibernate(?MODULE, woken, [self(), data]) end), timer:sleep(10), P ! {self(), hello}, next().
woken(_, D) -> receive {F, M} -> F ! {M, D} end.
max_heap_case() -> quiet(), {P, R} = spawn_opt(fun() -> lists:seq(1, 10000000) end, [monitor, {max_heap_size, #{size => 10000, kill => true, error_logger => false}}]), receive {'DOWN', R, process, P, W} -> W end.
gen_server_case() -> {ok, P} = gen_server:start_link(?MODULE, 5, []), [gen_server:call(P, get), gen_server:cast(P, {add, 2}), gen_server:call(P, get), begin P ! info, gen_server:call(P, get) end, gen_server:stop(P)].
init(N) -> {ok, N}.
handle_call(get, _, N) -> {reply, N, N};
handle_call(crash, _, _) -> exit(crashed);
handle_call(late, From, N) -> gen_server:reply(From, late), {noreply, N}.
handle_cast({add, X}, N) -> {noreply, N + X}.
handle_info(info, N) -> {noreply, N + 100}.
gen_late_case() -> {ok, P} = gen_server:start(?MODULE, 0, []), gen_server:call(P, late).
gen_crash_case() -> quiet(), {ok, P} = gen_server:start(?MODULE, 0, []), try gen_server:call(P, crash) catch exit:{R, _} -> R end.
gen_noproc_case() -> try gen_server:call(nosuchserver, x) catch exit:R -> R end.
gen_timeout_case() -> P = spawn(fun() -> receive never -> ok end end), try gen_server:call(P, x, 20) catch exit:{R, _} -> R end.
statem_case() -> {ok, P} = gen_event:start_link(), [gen_event:which_handlers(P), gen_event:stop(P)].
sleep_case() -> T = erlang:monotonic_time(millisecond), timer:sleep(30), E = erlang:monotonic_time(millisecond) - T, E >= 30.
priority_case() -> S = self(), [spawn_opt(fun() -> S ! P end, [{priority, P}]) || P <- [low, normal, high]], lists:sort([next(), next(), next()]).
fairness_case() -> Busy = [spawn(fun F() -> F() end) || _ <- lists:seq(1, 8)], S = self(), spawn(fun() -> S ! ran end), R = next(), [exit(P, kill) || P <- Busy], R.
unique_case() -> L = [erlang:unique_integer([monotonic]) || _ <- lists:seq(1, 100)], [L =:= lists:usort(L), erlang:unique_integer([positive]) > 0, length(lists:usort([make_ref() || _ <- lists:seq(1, 100)]))].
garbage_case() -> [garbage_collect(), garbage_collect(self()), begin P = spawn(fun() -> receive go -> ok end end), garbage_collect(P) end, try_(fun() -> garbage_collect(id(x)) end)].
pid_text_case() -> P = self(), [list_to_pid(pid_to_list(P)) =:= P, try_(fun() -> list_to_pid(id("<a>")) end), is_pid(list_to_pid("<0.9999.0>"))].
ref_text_case() -> R = make_ref(), list_to_ref(ref_to_list(R)) =:= R.
system_flag_case() -> [is_integer(erlang:system_info(process_count)), erlang:system_info(wordsize), erlang:system_info(otp_release)].
statistics_case() -> [is_tuple(statistics(reductions)), is_tuple(statistics(runtime)), is_tuple(statistics(wall_clock)), is_integer(statistics(run_queue)), is_tuple(statistics(io)), is_tuple(statistics(garbage_collection)), try_(fun() -> statistics(id(x)) end)].

%% Sizes that no heap can have, and schedulers that are not there.
size_limits_case() ->
    Sizes = [0, 233, -1, x, 1 bsl 59, 1 bsl 60, 1 bsl 61, 1 bsl 70],
    [{N, result(fun() -> process_flag(F, N) =/= x end), result(fun() -> element(1, spawn_opt(fun() -> ok end, [monitor, {F, N}])) =/= x end)} ||
        F <- [min_heap_size, min_bin_vheap_size], N <- Sizes]
        ++ [result(fun() -> erlang:system_flag(F, 1 bsl 59) end) || F <- [min_heap_size, min_bin_vheap_size]]
        ++ [result(fun() -> process_flag(scheduler, N) end) || N <- [0, 1, 100, -1, x]]
        ++ [result(fun() -> is_pid(erlang:spawn_opt(fun() -> ok end, [{scheduler, N}])) end) || N <- [0, 1, 100, -1, x]].

result(Fun) -> try Fun() catch Class:Reason -> {Class, Reason} end.

hibernate_with_messages_case() ->
    Self = self(),
    Pid = spawn(fun() -> receive x -> erlang:hibernate(erlang, send, [Self, woke]) end end),
    Pid ! left,
    Pid ! x,
    receive woke -> woke after 5000 -> slept end.

%% ---- alone on the machine

multi_scheduling_case() ->
    Self = self(),
    State = fun() -> {erlang:system_info(multi_scheduling), [P =:= Self || P <- erlang:system_info(multi_scheduling_blockers)],
                      [P =:= Self || P <- erlang:system_info(normal_multi_scheduling_blockers)]} end,
    Steps = [{erlang:system_flag(multi_scheduling, Flag), State()}
             || Flag <- [block, block, unblock, block_normal, unblock, unblock, unblock_normal, unblock]],
    {P, M} = spawn_monitor(fun() -> exit({erlang:system_flag(multi_scheduling, block), State()}) end),
    Ended = receive {'DOWN', M, process, P, Reason} -> Reason end,
    [Steps, Ended, State(), catch erlang:system_flag(multi_scheduling, other)].

eprof_case() ->
    File = "eprof_" ++ os:getpid(),
    %% It prints times.
    Leader = group_leader(),
    group_leader(spawn_link(fun swallow/0), self()),
    {ok, _} = eprof:start(),
    Result = eprof:profile(fun() -> length(lists:reverse(lists:seq(1, 1000))) end),
    ok = eprof:log(File),
    Analysed = eprof:analyze(total),
    stopped = eprof:stop(),
    {ok, Text} = file:read_file(File),
    file:delete(File),
    group_leader(Leader, self()),
    [Result, Analysed, [binary:match(Text, Name) =/= nomatch || Name <- [<<"lists:seq/2">>, <<"lists:seq_loop/3">>, <<"lists:reverse/1">>]]].

swallow() -> receive {io_request, From, As, _} -> From ! {io_reply, As, ok}, swallow() end.

%% ---- what was received is not kept

%% A process that only receives has no other occasion to collect what it has received.
received_binaries_case() ->
    P = spawn(fun discard/0),
    lists:foreach(fun(_) -> P ! binary:copy(<<0>>, 4 bsl 20) end, lists:seq(1, 64)),
    garbage_collect(),
    {idle(P), binaries_below(64 bsl 20, 500)}.
discard() -> receive _ -> discard() end.
idle(P) -> process_info(P, [status, message_queue_len]) =:= [{status, waiting}, {message_queue_len, 0}] orelse begin timer:sleep(1), idle(P) end.
binaries_below(_, 0) -> {still, erlang:memory(binary)};
binaries_below(Limit, N) -> erlang:memory(binary) < Limit orelse begin timer:sleep(10), binaries_below(Limit, N - 1) end.

%% What a process that waits had in its registers, others overwrite.
spin(X) -> receive stop -> X after 0 -> spin(X) end.
sleep_beside_case() -> Ps = [spawn(fun() -> spin(infinity) end) || _ <- [1, 2, 3, 4]], R = [timer:sleep(T) || T <- [5, 20, 50]], [P ! stop || P <- Ps], R.
sleep_forever_beside_case() -> S = spawn(fun() -> timer:sleep(infinity) end), Ps = [spawn(fun() -> spin(1) end) || _ <- [1, 2, 3, 4]], [begin S ! x, timer:sleep(1) end || _ <- lists:seq(1, 30)], [P ! stop || P <- Ps], is_process_alive(S).

%% Who asks for a monitor while a process is ending hears of the end when its tables are gone and its name is free.
end_is_whole_case() ->
    Self = self(),
    Tables = [list_to_atom("oracle_ending_" ++ integer_to_list(K)) || K <- lists:seq(1, 8)],
    One = fun(End) ->
        P = spawn(fun() ->
            register(oracle_ending, self()),
            [ets:insert(ets:new(T, [named_table]), [{X, X} || X <- lists:seq(1, 2000)]) || T <- Tables],
            Self ! ready,
            receive go -> ok end
        end),
        receive ready -> ok end,
        End(P),
        M = monitor(process, P),
        receive {'DOWN', M, process, P, _} -> ok end,
        {whereis(oracle_ending), [T || T <- Tables, ets:whereis(T) =/= undefined]}
    end,
    Ends = [fun(P) -> exit(P, kill) end, % what comes right behind it waits as well
            fun(P) ->
                P ! go,
                (fun Wait() -> is_process_alive(P) andalso Wait() end)()
            end],
    lists:usort([One(End) || _ <- lists:seq(1, 50), End <- Ends]).
