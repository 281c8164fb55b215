%% Drivers that erl_ddll loads: driver_probe.c, and those of Debian's packages.
-module(drivers).
-compile([export_all, nowarn_export_all]).

where() -> filename:dirname(code:which(?MODULE)).

opened(Options) -> opened("driver_probe", Options).
opened(Command, Options) ->
    ok = erl_ddll:load_driver(where(), driver_probe),
    open_port({spawn_driver, Command}, Options).

%% All that comes until nothing has come for a while.
got() -> [mask(M) || M <- oracle:messages(300)].
mask({P, Data}) when is_port(P) -> {port, Data};
mask({'EXIT', P, Reason}) when is_port(P) -> {exit, Reason};
mask({UpDown, R, driver, Name, Status}) when is_reference(R) -> {UpDown, driver, Name, Status};
mask(M) -> M.

catch_(F) -> try F() catch C:R -> {C, R} end.

echo_case() ->
    P = opened([]),
    [P ! {self(), {command, D}} || D <- ["e", "eabc", <<"exyz">>, ["e", $1, [<<"2">>]]]],
    Lists = got(),
    port_close(P),
    Q = opened([binary]),
    [port_command(Q, D) || D <- ["eabc", "hxyz", "h", "b"]],
    [Lists, got(), erlang:port_info(Q, name), port_close(Q), catch_(fun() -> port_command(Q, "e") end)].

line_case() ->
    P = opened([{line, 5}]),
    port_command(P, "eab\ncdefghij\nk"),
    got().

packet_case() ->
    P = opened([{packet, 2}, binary]),
    [port_command(P, D) || D <- ["eabc", "hxyz", "e"]],
    got().

terms_case() ->
    P = opened([]),
    port_command(P, "t"),
    Self = self(),
    receive T when element(1, T) =:= probe, element(2, T) =:= P, element(3, T) =:= Self ->
        [lists:nthtail(3, tuple_to_list(T)), port_command(P, "w"), got()]
    end.

control_case() ->
    P = opened([]), Q = opened("driver_probe binary", []),
    %% Answers that are no binaries, from a driver that said they are, are the end of OTP.
    [[catch_(fun() -> port_control(R, Operation, Data) end) || Operation <- Operations, Data <- ["", "abcdefg"]]
     || {R, Operations} <- [{P, [1, 2, 4, 9]}, {Q, [4, 9]}]] ++ [port_control(Q, 3, lists:duplicate(N, $z)) || N <- [0, 5, 100]].

call_case() ->
    P = opened([]),
    [catch_(fun() -> erlang:port_call(P, Operation, V) end)
     || {Operation, V} <- [{1, abc}, {2, {1, "two", <<3>>, #{4 => 5.0}}}, {3, lists:seq(1, 200)}, {0, x}, {-1, x}]].

errors_case() ->
    [catch_(fun() -> opened("driver_probe " ++ How, []) end) || How <- ["general", "badarg", "errno"]]
        ++ [catch_(fun() -> open_port({spawn_driver, "no_such_driver"}, []) end)].

timer_case() ->
    P = opened([]),
    [begin port_command(P, C), got() end || C <- ["m", "M", "c"]].

select_case() ->
    P = opened([binary]),
    port_command(P, "p"),
    port_command(P, "Pabc"),
    First = got(),
    port_command(P, "Pd"),
    [First, got(), port_close(P)].

ends_case() ->
    process_flag(trap_exit, true),
    [begin P = opened(Options), port_command(P, C), {got(), erlang:port_info(P) =:= undefined} end
     || {C, Options} <- [{"a", []}, {"x", []}, {"f", []}, {"f", [eof]}]].

busy_case() ->
    P = opened([]),
    port_command(P, "B"),
    No = port_command(P, "eno", [nosuspend]),
    Forced = port_command(P, "eforced", [force]),
    port_command(P, "ewaited"),
    [No, Forced, got()].

async_case() ->
    P = opened([]),
    port_command(P, "j"),
    got().

async_of_closed_case() ->
    P = opened([]),
    port_command(P, "j"),
    port_close(P),
    [M || {port, _} = M <- got(), false].

%% ---- loading

loading_case() ->
    process_flag(trap_exit, true),
    absent(),
    Self = self(),
    Load = fun(Options) -> erl_ddll:try_load(where(), driver_probe, Options) end,
    Unload = fun(Options) -> erl_ddll:try_unload("driver_probe", Options) end,
    First = [Load([]), Load([]), Load([{driver_options, [kill_ports]}]), erl_ddll:try_load("/tmp", driver_probe, []),
             [N || {P, N} <- erl_ddll:info(driver_probe, processes), P =:= Self]],
    spawn(fun() -> Self ! {other, Unload([])} end),
    Other = receive {other, O} -> O end,
    Pending = [Unload([]), erl_ddll:info(driver_probe, port_count)],
    Port = open_port({spawn, "driver_probe"}, []),
    Monitors = [erl_ddll:monitor(driver, {Name, When}) || {Name, When} <- [{driver_probe, loaded}, {"driver_probe", unloaded}, {driver_probe, unloaded_only}]],
    Left = [Unload([]), info(), is_loaded()],
    Again = [Load([]), got(), Unload([]), element(2, Unload([]))],
    port_close(Port),
    [First, Other, Pending, length(Monitors), Left, Again, got(), is_loaded(), catch_(fun() -> erl_ddll:info(driver_probe, processes) end)].

info() -> [{K, [N || {_, N} <- V]} || {K, V} <- erl_ddll:info(driver_probe), is_list(V)] ++ [{K, V} || {K, V} <- erl_ddll:info(driver_probe), not is_list(V)].

is_loaded() -> {ok, Names} = erl_ddll:loaded_drivers(), lists:member("driver_probe", Names).

kill_ports_case() ->
    process_flag(trap_exit, true),
    absent(),
    ok = erl_ddll:load_driver(where(), "driver_probe"),
    _ = [open_port({spawn, "driver_probe"}, []) || _ <- [1, 2]],
    {ok, pending_driver, _} = erl_ddll:try_unload(driver_probe, [{monitor, pending}, kill_ports]),
    [lists:sort(got()), is_loaded()].

%% ---- loading anew: when its ports are closed and nobody else has it any more

load(Options) -> load(where(), Options).
load(Path, Options) -> no_reference(erl_ddll:try_load(Path, driver_probe, Options)).
unload() -> no_reference(erl_ddll:try_unload(driver_probe, [])).
no_reference({ok, Status, R}) when is_reference(R) -> {ok, Status, reference};
no_reference(Answer) -> Answer.
counts() -> catch_(fun() -> Info = erl_ddll:info(driver_probe), [case proplists:get_value(K, Info) of V when is_list(V) -> [N || {_, N} <- V]; V -> V end || K <- [processes, port_count, awaiting_load, awaiting_unload]] end).
%% OTP may be a moment late.
gone() -> erl_ddll:unload(driver_probe), gone(catch erl_ddll:info(driver_probe)).
gone({'EXIT', _}) -> not is_loaded();
gone(_) -> receive after 5 -> gone(catch erl_ddll:info(driver_probe)) end.
%% What the case before has loaded may be about to go.
absent() -> case is_loaded() of true -> receive after 5 -> absent() end; false -> ok end.
fresh() -> absent(), {ok, loaded} = load([]), open_port({spawn_driver, "driver_probe"}, []).
user() -> S = self(), Q = spawn(fun() -> S ! {loaded, load([])}, receive stop -> ok end end), receive {loaded, _} -> Q end.

reload_case() ->
    process_flag(trap_exit, true),
    P = fresh(),
    A = [load([{reload, pending_driver}, {monitor, pending}]), counts()],
    Q = open_port({spawn_driver, "driver_probe"}, []),
    port_close(P),
    B = [got(), counts()],
    port_close(Q),
    [A, B, got(), counts(), is_port(open_port({spawn_driver, "driver_probe"}, [])), gone_with_ports()].
gone_with_ports() -> [port_close(P) || P <- erlang:ports(), erlang:port_info(P, name) =:= {name, "driver_probe"}], gone().

reload_refused_case() ->
    absent(), A = load([{reload, pending}]), load([]),
    B = load([{reload, pending_driver}, {monitor, pending}]), C = got(),
    I = load([{reload, pending}, {driver_options, [kill_ports]}]), load([]), D = load([{reload, pending_driver}]), unload(),
    User = user(), E = load([{reload, pending_driver}]),
    F = load([{reload, pending}, {monitor, pending}]),
    User ! stop,
    [A, B, C, I, D, E, F, got(), counts(), gone()].

reload_while_wanted_case() ->
    process_flag(trap_exit, true),
    P = fresh(),
    A = [load(O) || O <- [[{reload, pending}, {monitor, pending}], [{reload, pending}], [], [{monitor, pending}]]],
    M = [erl_ddll:monitor(driver, {driver_probe, When}) || When <- [loaded, unloaded, unloaded_only]],
    B = [got(), counts()], port_close(P),
    [A, length(M), B, lists:sort(got()), counts(), unload(), unload(), gone()].

reload_cancelled_case() ->
    process_flag(trap_exit, true),
    P = fresh(), S = self(),
    A = [load([{reload, pending}, {monitor, pending}]), unload(), got(), counts()],
    port_close(P),
    B = [got(), counts()],
    User = spawn(fun() -> load([]), S ! {port, open_port({spawn_driver, "driver_probe"}, [])}, load([{reload, pending}]), S ! asked, receive stop -> ok end end),
    receive asked -> ok end, erl_ddll:monitor(driver, {driver_probe, unloaded}), exit(User, kill),
    receive {port, _} -> [A, B, got(), counts()] end.

reload_kills_ports_case() ->
    process_flag(trap_exit, true),
    absent(), Options = [{driver_options, [kill_ports]}], load(Options), open_port({spawn_driver, "driver_probe"}, []),
    [load([{reload, pending_driver}, {monitor, pending} | Options]), got(), counts(), gone()].

reload_fails_case() ->
    process_flag(trap_exit, true),
    P = fresh(),
    A = load("/nosuch", [{reload, pending_driver}, {monitor, pending}]), port_close(P),
    [A, [case M of {'DOWN', driver, driver_probe, {load_failure, {open_error, _}}} -> failed; _ -> M end || M <- got()], counts()].

reload_waits_case() ->
    P = fresh(),
    spawn(fun() -> receive after 50 -> port_close(P) end end),
    [erl_ddll:reload(where(), driver_probe), counts(), gone()].

%% The process that has loaded it ends.
owner_ends_case() ->
    {P, M} = spawn_monitor(fun() -> ok = erl_ddll:load(where(), driver_probe), exit(is_loaded()) end),
    Inside = receive {'DOWN', M, process, P, R} -> R end,
    R2 = erl_ddll:monitor(driver, {driver_probe, unloaded}),
    receive {'DOWN', R2, driver, driver_probe, unloaded} -> [Inside, is_loaded()] end.

bad_files_case() ->
    Bad = [{"/nosuch", "x"}, {where(), "nif_probe"}, {where(), "drivers.beam"}],
    [case erl_ddll:load(Path, Name) of {error, Reason} -> erl_ddll:format_error(Reason); Other -> Other end || {Path, Name} <- Bad]
        ++ [catch_(fun() -> erl_ddll:try_load(P, N, O) end) || {P, N, O} <- [{a, b, []}, {"/", "", []}, {"/", "x", [y]}, {"/", "x", [{reload, now}]}, {"/", 1, []}]]
        ++ [catch_(fun() -> erl_ddll:try_unload(N, O) end) || {N, O} <- [{nosuch, []}, {nosuch, [x]}, {1, []}]].

%% ---- drivers of packages

trace_file_case() ->
    File = "trace_" ++ os:getpid(),
    {ok, _} = dbg:tracer(port, dbg:trace_port(file, File)),
    {ok, _} = dbg:p(self(), [call]),
    {ok, _} = dbg:tp(lists, seq, 2, []),
    [lists:seq(1, N) || N <- [1, 2, 3]],
    dbg:flush_trace_port(),
    dbg:stop_clear(),
    Self = self(),
    Pid = dbg:trace_client(file, File, {fun(M, N) -> Self ! {N, case M of end_of_trace -> M; _ -> {element(1, M), element(3, M)} end}, N + 1 end, 1}),
    Monitor = monitor(process, Pid),
    receive {'DOWN', Monitor, process, Pid, _} -> file:delete(File), got() end.

count(0) -> done;
count(N) -> N rem 2, ?MODULE:count(N - 1).

fprof_case() ->
    File = "fprof_" ++ os:getpid(),
    %% It prints a dot for so many messages of the trace: how often the process was collected or gave way tells in them.
    {ok, Nowhere} = file:open("/dev/null", [write]), Leader = group_leader(),
    group_leader(Nowhere, self()),
    %% Enough that the trace's reader has not ended when fprof links to it.
    Result = fprof:apply(?MODULE, count, [20000], [{file, File}]),
    ok = fprof:profile([{file, File}]),
    ok = fprof:analyse([{dest, File ++ ".txt"}]),
    {ok, Text} = file:read_file(File ++ ".txt"),
    file:delete(File), file:delete(File ++ ".txt"),
    fprof:stop(),
    group_leader(Leader, self()), file:close(Nowhere),
    [Result, [binary:match(Text, Word) =/= nomatch || Word <- [<<"{drivers,count,1}">>, <<"fprof,apply_start_stop,4">>]]].

%% What a driver does for too long, when something has happened. (A command is the work of the process that gives it.)
long_schedule_case() ->
    P = opened([]), Q = opened([]),
    port_command(P, "p"),
    erlang:system_monitor(self(), [{long_schedule, 10}]),
    port_command(P, "Pz"),
    A = long_schedule(P),
    port_command(Q, "S"),
    B = long_schedule(Q),
    erlang:system_monitor(undefined),
    [A, B].
long_schedule(P) -> receive {monitor, P, long_schedule, L} -> [proplists:get_value(port_op, L), proplists:get_value(timeout, L) >= 20, [K || {K, _} <- L]] after 2000 -> nothing end.

%% A process that calls what takes too long, and one that waits for a port that is busy.
process_long_schedule_case() ->
    P = opened([]), S = self(),
    W = spawn(fun() -> receive go -> port_connect(P, self()), port_command(P, "Z"), S ! done end end),
    erlang:system_monitor(S, [{long_schedule, 10}]),
    W ! go, receive done -> ok end,
    R = receive {monitor, W, long_schedule, L} -> [K || {K, _} <- L] ++ [proplists:get_value(timeout, L) >= 20] after 2000 -> nothing end,
    erlang:system_monitor(undefined),
    R.
busy_port_case() ->
    P = opened([]), S = self(),
    port_command(P, "B"),
    W = spawn(fun() -> receive go -> port_command(P, "e"), S ! done end end),
    erlang:system_monitor(S, [busy_port]),
    W ! go, receive done -> ok end,
    R = receive {monitor, W, busy_port, P} -> told after 2000 -> nothing end,
    erlang:system_monitor(undefined),
    R.
