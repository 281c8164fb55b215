%% Drivers that say later how their start has gone, and drivers that a driver adds: driver_starts.c.
-module(driver_starts).
-compile([export_all, nowarn_export_all]).

where() -> filename:dirname(code:which(?MODULE)).
load(Name) -> ok = erl_ddll:load_driver(where(), Name).

opened(Words) -> opened("driver_starts", Words).
opened(Name, Words) ->
    load(Name),
    try open_port({spawn_driver, Name ++ " " ++ Words ++ " "}, []) catch C:R -> {C, R} end.

got() -> [mask(M) || M <- oracle:messages(150)].
mask({P, Data}) when is_port(P) -> {port, Data};
mask({'EXIT', P, Reason}) when is_port(P) -> {exit, Reason};
mask({R, P}) when is_reference(R), is_port(P) -> {reference, port};
mask({R, Other}) when is_reference(R) -> {reference, Other};
mask({UpDown, R, driver, Name, Status}) when is_reference(R) -> {UpDown, driver, Name, Status};
mask(M) -> M.

is_ours(P) -> case erlang:port_info(P, name) of {name, "driver_starts" ++ _} -> true; _ -> false end.
ours() -> [P || P <- erlang:ports(), is_ours(P)].
close() -> [port_close(P) || P <- ours()], ok.
%% What is seen of a port while it starts.
seen(P) -> Info = erlang:port_info(P), [is_list(Info) andalso [{K, mask_info(V)} || {K, V} <- Info, K =/= id, K =/= name]].
mask_info(Ps) when is_list(Ps) -> [mask_info(P) || P <- Ps];
mask_info(P) when P =:= self() -> self;
mask_info(P) when is_pid(P) -> pid;
mask_info(V) -> V.
linked() -> {links, L} = process_info(self(), links), length([P || P <- L, is_port(P), is_ours(P)]).

answers_case() ->
    process_flag(trap_exit, true),
    [begin R = case opened(How) of P when is_port(P) -> {port, linked(), seen(P)}; E -> E end, Q = {How, R, got(), linked(), length(ours())}, close(), {Q, got()} end
     || How <- ["later", "later general", "later badarg", "later errno", "later twice", "later other", "later says", "later says badarg",
                "fails general", "fails badarg", "fails errno", "ends", "eof"]].

without_trapping_case() ->
    [begin {P, M} = spawn_monitor(fun() -> R = opened(How), exit({is_port(R) orelse R, got(), linked()}) end), receive {'DOWN', M, process, P, R} -> {How, R} end end
     || How <- ["later", "later badarg", "ends", "eof"]].

%% What open_port does inside.
raw(Words) -> load("driver_starts"), erts_internal:open_port({spawn_driver, "driver_starts " ++ Words ++ " "}, []).

while_it_starts_case() ->
    process_flag(trap_exit, true),
    R = raw("later other"),
    [P] = ours(),
    A = [is_reference(R), linked(), seen(P), port_command(P, "x")],
    B = [got(), linked(), seen(P), port_command(P, "x"), got()],
    close(),
    [A, B, got()].

closed_while_it_starts_case() ->
    process_flag(trap_exit, true),
    R = raw("later"),
    [P] = ours(),
    [is_reference(R), port_close(P), untold(), ours()].
%% OTP leaves an opener whose port somebody closes without an answer.
untold() -> [M || M <- got(), M =/= {reference, port}].

opener_ends_case() ->
    [begin
        absent(),
        Q = spawn(fun() -> process_flag(trap_exit, Traps), opened("later " ++ How) end),
        N = length(opened_one()),
        exit(Q, kill),
        receive after 5 -> ok end,
        A = {N, length(ours())},
        receive after 100 -> ok end,
        {A, length(ours()), got()}
     end || {Traps, How} <- [{false, ""}, {true, ""}, {false, "badarg"}]].
%% What the process before has loaded may be about to go.
absent() -> case lists:member("driver_starts", loaded()) of true -> receive after 5 -> absent() end; false -> ok end.
opened_one() -> case ours() of [] -> receive after 1 -> opened_one() end; Ports -> Ports end.

connected_while_it_starts_case() ->
    S = self(),
    R = raw("later"),
    [P] = ours(),
    Q = spawn(fun() -> receive M -> S ! {other, mask(M)} after 100 -> S ! {other, none} end end),
    A = [is_reference(R), port_connect(P, Q)],
    B = got(),
    [A, B, length(ours()), linked()].

now_case() ->
    process_flag(trap_exit, true),
    R = raw("now"),
    [is_reference(R), got(), length(ours()), close(), untold()].

without_flag_case() ->
    process_flag(trap_exit, true),
    [begin R = case opened("driver_starts_2", How) of P when is_port(P) -> port_command(P, "x"), {port, linked()}; E -> E end, {How, R, got(), linked(), length(ours()), close(), got()} end
     || How <- ["", "later", "later badarg", "later other", "now"]].

%% ---- drivers that are added

control(Operation, Text) -> port_control(hd(ours()), Operation, Text).
loaded() -> {ok, Names} = erl_ddll:loaded_drivers(), [N || "driver_" ++ _ = N <- Names].
info(Name) -> try erl_ddll:info(Name) of L -> [{K, mask_info(V)} || {K, V} <- L] catch C:R -> {C, R} end.
use(Name) ->
    try open_port({spawn_driver, Name}, []) of P -> P ! {self(), {command, "abc"}}, R = got(), port_close(P), {port, R} catch C:R -> {C, R} end.
holder() -> R = raw("later"), receive {R, P} when is_port(P) -> ok end.

added_case() ->
    process_flag(trap_exit, true),
    holder(),
    A = [use("driver_added"), control($a, "0"), loaded(), info(driver_added), use("driver_added"), use("driver_added and more")],
    B = [erl_ddll:try_load(where(), driver_added, []), erl_ddll:try_unload(driver_added, []), is_reference(erl_ddll:monitor(driver, {driver_added, loaded})), got()],
    C = [control($r, "0"), loaded(), info(driver_added), use("driver_added"), control($r, "0"), control($f, "")],
    [A, B, C, close()].

added_init_case() ->
    process_flag(trap_exit, true),
    holder(),
    A = [control($a, "1"), loaded(), use("driver_added_2"), control($r, "1"), loaded()],
    B = [control($a, "2"), loaded(), use("driver_added_bad"), control($r, "2"), loaded()],
    [A, B, close()].

added_twice_case() ->
    process_flag(trap_exit, true),
    holder(),
    A = [control($a, "0"), control($a, "0"), loaded(), control($r, "0"), loaded(), control($r, "0"), loaded()],
    B = [control($a, "0"), control($a, "3"), loaded(), use("driver_added"), control($r, "3"), loaded(), use("driver_added"), control($r, "0"), loaded()],
    [A, B, close()].

%% What erl_ddll has loaded is not taken out.
loaded_is_not_removed_case() ->
    holder(),
    [control($r, "s"), loaded(), control($r, "1"), length(ours()), close()].

removed_while_used_case() ->
    process_flag(trap_exit, true),
    holder(),
    control($a, "0"),
    P = open_port({spawn, "driver_added"}, []),
    A = [info(driver_added), control($r, "0"), loaded(), control($f, ""), port_command(P, "abc"), got(), port_close(P), got(), control($f, "")],
    [A, loaded(), close()].

old_version_case() ->
    holder(),
    [control($a, "4"), loaded(), use("driver_added_old"), control($r, "4"), close()].
