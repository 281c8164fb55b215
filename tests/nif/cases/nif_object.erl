% Resources, threads, messages, dirty functions, descriptors and upgrades: the library nif_object.c on both machines.
-module(nif_object).
-compile([export_all, nowarn_export_all, {no_auto_import, [size/1, monitor/2, demonitor/1]}]).
-nifs([make/1, number/1, size/1, again/1, keep/1, release/1, bytes/2, plain/0, monitor/2, demonitor/1, monitor_plain/0, call/3, pipes/1, select_event/3, select_message/3, cancel/2, stop/2, select_bad/1, select_error_message/2, close_reader/1, transfer/2, threads/2, send/3, thread_type/0, cpu_type/0, io_type/0, slow/2, count_down/2, more/1, fail_later/1, fail_now/1, bad_schedule/1, fail_dirty/1, at_gate/2, until_dead/1, version/0, register_teller/1]).

-define(NO, erlang:nif_error(not_loaded)).
make(_) -> ?NO.
number(_) -> ?NO.
size(_) -> ?NO.
again(_) -> ?NO.
keep(_) -> ?NO.
release(_) -> ?NO.
bytes(_, _) -> ?NO.
plain() -> ?NO.
monitor(_, _) -> ?NO.
demonitor(_) -> ?NO.
monitor_plain() -> ?NO.
call(_, _, _) -> ?NO.
pipes(_) -> ?NO.
select_event(_, _, _) -> ?NO.
select_message(_, _, _) -> ?NO.
cancel(_, _) -> ?NO.
stop(_, _) -> ?NO.
select_bad(_) -> ?NO.
select_error_message(_, _) -> ?NO.
close_reader(_) -> ?NO.
transfer(_, _) -> ?NO.
threads(_, _) -> ?NO.
send(_, _, _) -> ?NO.
thread_type() -> ?NO.
cpu_type() -> ?NO.
io_type() -> ?NO.
slow(_, _) -> ?NO.
count_down(_, _) -> ?NO.
more(_) -> ?NO.
fail_later(_) -> ?NO.
fail_now(_) -> ?NO.
bad_schedule(_) -> ?NO.
fail_dirty(_) -> ?NO.
until_dead(_) -> ?NO.
at_gate(_, _) -> ?NO.
version() -> ?NO.
register_teller(_) -> ?NO.

try_(F) -> try F() catch C:R:S -> {C, R, [{M, N, A} || {M, N, A, _} <- lists:sublist(S, 1)]} end.
place(Name) -> filename:join(filename:dirname(code:which(?MODULE)), Name).
load(Name, Info) -> erlang:load_nif(place(Name), Info).
init() -> case load("nif_object", info) of ok -> ok; {error, {reload, _}} -> ok end.
get_() -> receive M -> M after 5000 -> nothing end.
none() -> receive M -> M after 50 -> nothing end.
collect() -> erlang:garbage_collect(), none().

% ---- resources

resource_case() -> init(), O = make(5), [is_reference(O), number(O), size(O), again(O) =:= O, O == make(5), number(again(O)), try_(fun() -> number(not_one) end), try_(fun() -> number(<<"x">>) end), plain()].
ended_case() -> init(), spawn_link(fun() -> number(make(1)) end), S = self(), spawn_link(fun() -> O = make(2), S ! {made, O} end), {made, O} = get_(), [number(O), 2 =:= number(O), none()].
collected_case() -> init(), _ = number(make(7)), collect().
kept_case() -> init(), (fun() -> O = make(8), keep(O), keep(O), release(O), put(o, O) end)(), A = collect(), release(get(o)), erase(o), [A, collect()].
sent_case() -> init(), S = self(), P = spawn_link(fun() -> O = get_(), S ! {number, number(O)}, get_(), number(O) end), P ! make(9), R = get_(), A = collect(), P ! done, [R, A].
in_table_case() -> init(), T = ets:new(t, []), ets:insert(T, {k, make(10)}), A = collect(), [{k, O}] = ets:lookup(T, k), N = number(O), ets:delete(T), [A, N].
message_to_dead_case() -> init(), {P, M} = spawn_monitor(fun() -> ok end), receive {'DOWN', M, _, _, _} -> ok end, [send(P, x, copied), send(P, x, moved)].
many_case() -> init(), N = length([make(I) || I <- lists:seq(1, 1000)]), erlang:garbage_collect(), [N, length([I || I <- lists:seq(1, 1000), receive {ended, I, 1} -> true after 1000 -> false end])].
bytes_case() -> init(), O = make(11), B = bytes(O, inside), F = bytes(O, outside), <<_:10/binary, Part:66/binary, _/binary>> = F, [B, F, byte_size(F), Part, number(F), number(B), <<F/binary, "tail">>, binary_to_list(F) =:= binary_to_list(binary:copy(F)), erlang:phash2(F), F =:= binary:copy(F), binary:match(F, <<"far">>), [B, F] =:= lists:sort([F, B])].
bytes_kept_case() -> init(), B = bytes(make(12), outside), A = collect(), [byte_size(B), A, begin erlang:garbage_collect(), byte_size(B) end].
bytes_sent_case() -> init(), S = self(), P = spawn_link(fun() -> B = get_(), <<_:5/binary, T:70/binary, _/bits>> = B, S ! {T, term_to_binary(B) =:= term_to_binary(binary:copy(B))} end), P ! bytes(make(13), outside), get_().
identifier_case() -> init(), O = make(14), R = erlang:ref_to_list(O), [lists:prefix("#Ref<0.", R), R =:= erlang:ref_to_list(again(O)), erlang:phash2(O) =:= erlang:phash2(again(O)), #{O => 1} =:= #{again(O) => 1}].

% ---- monitors

sleeper() -> spawn(fun() -> receive stop -> ok end end).
monitor_case() -> init(), O = make(20), P = sleeper(), R = monitor(O, P), P ! stop, [R, get_(), none(), demonitor(O), number(O)].
demonitor_case() -> init(), O = make(21), P = sleeper(), R = monitor(O, P), D = demonitor(O), E = demonitor(O), P ! stop, [R, D, E, none(), number(O)].
monitor_dead_case() -> init(), O = make(22), P = sleeper(), M = erlang:monitor(process, P), exit(P, kill), receive {'DOWN', M, _, _, _} -> ok end, [monitor(O, P), none(), number(O)].
monitor_ended_case() -> init(), P = sleeper(), (fun() -> monitor(make(23), P) end)(), A = collect(), P ! stop, [A, none()].
monitor_self_case() -> init(), S = self(), {P, M} = spawn_monitor(fun() -> O = make(24), S ! {monitored, monitor(O, self())}, S ! O, get_() end), {monitored, R} = get_(), O = get_(), exit(P, kill), receive {'DOWN', M, _, _, W} -> [R, W, number(O)] end.
monitor_plain_case() -> init(), monitor_plain().
monitored_by_case() -> init(), O = make(25), P = sleeper(), monitor(O, P), L = length(element(2, process_info(P, monitors))), exit(P, kill), [L, get_(), number(O)].
call_case() -> init(), O = make(26), [call(?MODULE, object, O), call(?MODULE, plain, O), call(other, object, O), call(?MODULE, object, make_ref())].

% ---- descriptors

select_case() -> init(), O = make(30), pipes(O), R = make_ref(),
    A = select_event(O, read, R), B = none(), transfer(O, write), C = get_(), {select, O, R, ready_input} = C,
    D = transfer(O, read), E = select_event(O, write, undefined), {select, O, undefined, ready_output} = get_(),
    F = select_event(O, read, R), G = stop(O, read), H = get_(), I = stop(O, write), [A, B, D, E, F, G, H, I, get_(), number(O)].
% They outlive the module whose literals they were made of.
select_literal_case() ->
    init(),
    Literals = [{literal, N, [{N, "some text"}, #{a => b, N => "a string"}]} || N <- lists:seq(1, 10)],
    Waiting = [begin O = make(100 + N), pipes(O), {O, select_and_purge(O, Literal)} end || {_, N, _} = Literal <- Literals],
    timer:sleep(200), % other literals come to lie there: they are collected some time after the purge
    [persistent_term:put({?MODULE, N}, {"something else", [1, 2, 3], N}) || N <- lists:seq(1, 200)],
    Sent = [{Set, transfer(O, write), get_(), stop(O, read), get_()} || {O, Set} <- Waiting],
    {Sent, [number(O) || {O, _} <- Waiting]}.
select_and_purge(O, Literal) ->
    Abstract = erl_parse:abstract(Literal, [{location, 1}]),
    Call = {call, 1, {remote, 1, {atom, 1, ?MODULE}, {atom, 1, select_message}}, [{var, 1, 'O'}, {atom, 1, read}, Abstract]},
    {ok, M, Binary} = compile:forms([{attribute, 1, module, nif_literal}, {attribute, 1, export, [{f, 1}]}, {function, 1, f, 1, [{clause, 1, [{var, 1, 'O'}], [], [Call]}]}]),
    {module, M} = code:load_binary(M, "", Binary),
    Set = M:f(O),
    true = code:delete(M),
    code:purge(M),
    Set.
select_message_case() -> init(), O = make(31), pipes(O), [select_message(O, write, {my, "message"}), get_(), select_message(O, read, [1, <<"b">>]), transfer(O, write), get_(), stop(O, read), get_(), stop(O, write), get_(), number(O)].
cancel_case() -> init(), O = make(32), pipes(O), [select_event(O, read, a), cancel(O, read), cancel(O, read), transfer(O, write), none(), select_event(O, read, undefined), begin {select, O, undefined, ready_input} = get_(), ok end, stop(O, read), get_(), stop(O, write), get_(), number(O)].
%% An error or hang-up of a descriptor: who waits for it is told so, who does not is told what he waits for.
select_error_case() -> init(), O = make(37), pipes(O), R = make_ref(),
    A = select_event(O, error, R), B = none(), C = cancel(O, error), D = cancel(O, error), E = select_event(O, error, R), close_reader(O),
    {select, O, R, ready_error} = get_(), F = select_event(O, write, R), {select, O, R, ready_output} = get_(),
    G = select_error_message(O, {broken, 1}), H = get_(), I = select_event(O, error, R), {select, O, R, ready_error} = get_(),
    [A, B, C, D, E, F, G, H, I, none(), stop(O, write), element(1, get_())].
select_error_and_write_case() -> init(), O = make(38), pipes(O), R = make_ref(),
    A = select_event(O, error, R), close_reader(O), {select, O, R, ready_error} = get_(), B = select_error_message(O, broken), C = get_(),
    [A, B, C, cancel(O, error), cancel(O, write), stop(O, write), element(1, get_()), none(), number(O)].
select_errors_case() -> init(), O = make(33), P = make(34), pipes(O), [select_bad(O), try_(fun() -> select_event(x, read, undefined) end), number(P), stop(O, read), get_(), stop(O, write), get_()].
select_dead_case() -> init(), S = self(), {_, M} = spawn_monitor(fun() -> O = make(35), pipes(O), select_event(O, read, undefined), S ! {o, O} end), {o, O} = get_(), receive {'DOWN', M, _, _, W} -> [W, transfer(O, write), none(), stop(O, read), stop(O, write)] end.
select_kept_case() -> init(), S = self(), (fun() -> O = make(36), pipes(O), select_event(O, read, undefined), put(r, S) end)(), A = collect(), [A].

% ---- threads and messages

threads_case() -> init(), R = threads(self(), 10), L = [get_() || _ <- lists:seq(1, 30)], [R, lists:sort(L) =:= lists:sort([{I, "from a thread", 0} || I <- lists:seq(0, 9), _ <- [1, 2, 3]]), none()].
send_case() -> init(), L = [send(self(), {a, "list", <<"b">>, binary:copy(<<"c">>, 100), 1 bsl 70, #{m => 1}}, H) || H <- [copied, moved]], [L, get_(), get_(), get_(), none(), try_(fun() -> send(x, y, copied) end)].
types_case() -> init(), [thread_type(), cpu_type(), io_type()].
slow_case() -> init(), S = self(), [spawn_link(fun() -> S ! {I, slow(100, {I, lists:seq(1, I)})} end) || I <- lists:seq(1, 12)], N = lists:foldl(fun(I, A) -> A + I end, 0, lists:seq(1, 100000)), [N, lists:sort([get_() || _ <- lists:seq(1, 12)])].
count_down_case() -> init(), [count_down(N, []) || N <- [0, 1, 5, 12]] ++ [length(count_down(1000, []))].
more_case() -> init(), [more(x), try_(fun() -> fail_later(y) end), try_(fun() -> fail_now(z) end), try_(fun() -> bad_schedule(z) end), try_(fun() -> fail_dirty([1]) end), try_(fun() -> slow(a, b) end)].
killed_case() -> init(), S = self(), {P, M} = spawn_monitor(fun() -> until_dead(S) end), running = get_(), exit(P, kill), receive {'DOWN', M, _, _, W} -> W end.
%% A process that is to die while it runs a dirty function is dead for everybody else at once.
at_gate() -> at_gate(fun() -> ok end).
at_gate(First) -> O = make(50), pipes(O), S = self(), {P, M} = spawn_monitor(fun() -> First(), at_gate(O, S) end), receive running -> {O, P, M} end.
killed_at_gate_case() -> init(),
    {O, P, M} = at_gate(fun() -> register(at_gate, self()), ets:new(at_gate, [named_table]) end),
    W = spawn_monitor(fun() -> link(P), receive after infinity -> ok end end), receive after 20 -> ok end,
    A = [whereis(at_gate) =:= P, is_list(ets:info(at_gate))],
    exit(P, kill),
    B = receive {'DOWN', M, process, P, R} -> R end,
    C = receive_(element(2, W)),
    [A, B, C, whereis(at_gate), ets:info(at_gate), is_process_alive(P), process_info(P), lists:member(P, processes()), register(at_gate, self()), unregister(at_gate),
     catch_(fun() -> link(P) end), receive_(erlang:monitor(process, P)), none(), transfer(O, write), get_(), none(), number(O)].
receive_(M) -> receive {'DOWN', M, process, _, R} -> R after 1000 -> nothing end.
catch_(F) -> process_flag(trap_exit, true), F(), receive {'EXIT', _, R} -> R after 1000 -> nothing end.
%% What does not end it.
signals_at_gate_case() -> init(),
    {O, P, M} = at_gate(fun() -> process_flag(trap_exit, true) end),
    exit(P, shutdown), exit(P, normal), P ! hello,
    A = none(), transfer(O, write), B = length(get_()),
    [A, B, get_(), receive_(M)].
normal_at_gate_case() -> init(),
    {O, P, M} = at_gate(), exit(P, normal), spawn(fun() -> link(P), exit(normal) end),
    A = none(), transfer(O, write), B = length(get_()), [A, B, get_(), receive_(M)].
links_at_gate_case() -> init(), S = self(),
    [begin
         {O, P, M} = at_gate(),
         Q = spawn(fun() -> Do(P), S ! did, receive {stop, Why} -> exit(Why) end end), receive did -> ok end,
         Q ! {stop, Why},
         A = receive {'DOWN', M, process, P, R} -> R after 1500 -> alive end,
         transfer(O, write), {gate, 1, B, _} = gate(), A2 = case A of alive -> receive_(M); _ -> A end,
         receive [_ | _] -> ok after 0 -> ok end,
         {A, A2, B}
     end || {Do, Why} <- [{fun(P) -> link(P) end, bye}, {fun(P) -> link(P) end, normal}, {fun(P) -> link(P), unlink(P) end, bye}, {fun(P) -> link(P), unlink(P), link(P) end, bye},
                          {fun(_) -> ok end, bye}, {fun(P) -> exit(P, now) end, later}]].
gate() -> receive {gate, _, _, _} = G -> G end.
killed_counting_case() -> init(), {P, M} = spawn_monitor(fun() -> count_down(100000000, []) end), receive after 20 -> ok end, exit(P, kill), receive {'DOWN', M, _, _, W} -> W end.
busy_case() -> init(), S = self(), P = spawn_link(fun() -> S ! {counted, length(count_down(5000, []))} end), L = [begin receive after 1 -> I end end || I <- lists:seq(1, 10)], R = get_(), [is_pid(P), L, R].

% ---- loading, upgrading, unloading (in the order of the alphabet: these come last)

z1_again_case() -> init(), [load("nif_object", info), version()].
z2_upgrade_fails_case() -> init(), O = make(50), register_teller(T = spawn(?MODULE, teller, [])), register(nif_teller, T), {ok, B} = file:read_file(code:which(?MODULE)), {module, ?MODULE} = code:load_binary(?MODULE, code:which(?MODULE), B),
    F = ?MODULE:load("nif_object_2", fail), N = try_(fun() -> ?MODULE:number(O) end), W = none(), {F, N, W, version(), is_reference(O)}.
z3_upgrade_case() -> O = try_(fun() -> ?MODULE:make(51) end), R = ?MODULE:load("nif_object_2", info), V = ?MODULE:version(), K = ?MODULE:make(52),
    code:purge(?MODULE), {nif_teller, node()} ! {tell, self()}, {O, R, V, get_(), ?MODULE:number(K)}.
teller() -> receive {unloaded, N} -> receive {tell, P} -> P ! {told, N} end end.
z4_gone_case() -> S = self(), {_, M} = spawn_monitor(?MODULE, last, [S]), receive {'DOWN', M, _, _, W} -> ok end, [none(), W].
last(S) -> register_teller(S), O = make(53), S ! {o, number(O)}.

%% Who computes or blocks in a dirty function is an active task, but of no scheduler's own.
active_tasks_case() ->
    init(),
    Before = lists:last(erlang:statistics(active_tasks_all)),
    Ps = [spawn_monitor(fun() -> slow(1000, x) end) || _ <- [1, 2, 3]],
    timer:sleep(100),
    R = [lists:last(erlang:statistics(active_tasks_all)) - Before, lists:last(erlang:statistics(run_queue_lengths_all)),
         length(erlang:statistics(active_tasks_all)) - length(erlang:statistics(active_tasks)),
         erlang:statistics(total_active_tasks_all) - erlang:statistics(total_active_tasks) >= 3],
    [receive {'DOWN', M, process, P, _} -> ok end || {P, M} <- Ps],
    R.
