%% Files that keep whoever uses them waiting: named pipes. Nobody else waits, and who waits can be asked and ended.
-module(files_that_wait).
-compile([export_all, nowarn_export_all]).

pipe() ->
    Name = "pipe" ++ integer_to_list(erlang:unique_integer([positive])) ++ "." ++ os:getpid(),
    "" = os:cmd("mkfifo " ++ Name), Name.

%% A process that is in that function by the time this returns.
in(F) ->
    S = self(),
    {P, M} = spawn_monitor(fun() -> S ! ready, exit({returned, F()}) end),
    receive ready -> ok end, receive after 100 -> ok end,
    {P, M}.
asked(P) ->
    [process_info(P, I) || I <- [status, current_function, messages]]
        ++ [is_process_alive(P), [{M, F} || {M, F, _, _} <- element(2, process_info(P, current_stacktrace)), M =:= prim_file]].
ended({P, M}) -> receive {'DOWN', M, process, P, W} -> W after 2000 -> runs end.
open_(Name, Modes) -> {ok, F} = file:open(Name, [raw | Modes]), F.

opening_case() ->
    Name = pipe(),
    {P, _} = W = in(fun() -> file:read(open_(Name, [read]), 5) end),
    P ! message,
    A = asked(P),
    F = open_(Name, [write]), ok = file:write(F, "abcde"), ok = file:close(F),
    file:delete(Name), [A, ended(W)].

killed_case() ->
    [begin
        Name = pipe(),
        {P, _} = W = in(fun() -> Do(Name) end),
        A = asked(P), exit(P, kill),
        R = [A, ended(W), is_process_alive(P), process_info(P)],
        Other = spawn(fun() -> open_(Name, [read, write]) end), receive after 20 -> ok end, exit(Other, kill),
        file:delete(Name), R
     end || Do <- [fun(N) -> file:open(N, [read, raw]) end, fun(N) -> file:open(N, [write, raw]) end, fun(N) -> file:read(open_(N, [read, write]), 10) end, fun(N) -> prim_file:read_file(N) end]].

reading_case() ->
    Name = pipe(),
    F = open_(Name, [read, write]),
    {P, _} = W = in(fun() -> file:read(open_(Name, [read, binary]), 3) end),
    A = asked(P),
    ok = file:write(F, "xyz"),
    B = ended(W), file:close(F), file:delete(Name), [A, B].

whole_case() ->
    Name = pipe(), Data = binary:copy(<<"0123456789">>, 50000),
    W = in(fun() -> {ok, B} = prim_file:read_file(Name), {byte_size(B), erlang:md5(B)} end),
    F = open_(Name, [write]), ok = file:write(F, Data), file:close(F),
    R = ended(W), file:delete(Name), [R, erlang:md5(Data)].

%% Everybody else goes on, more of those that wait than there are schedulers.
many_case() ->
    Names = [pipe() || _ <- lists:seq(1, 6)],
    Ws = [in(fun() -> file:read(open_(N, [read]), 1) end) || N <- Names],
    A = lists:sum(lists:seq(1, 1000)),
    [begin F = open_(N, [write]), file:write(F, "1"), file:close(F) end || N <- Names],
    R = [ended(W) || W <- Ws], [file:delete(N) || N <- Names], [A, R].

%% A name that cannot be opened leaves nothing open.
failing_case() ->
    Count = fun() -> {ok, L} = file:list_dir("/proc/self/fd"), length(L) end,
    Before = Count(),
    R = [file:open(N, [raw | M]) || {N, M} <- [{"/nowhere/at/all", [read]}, {".", [read]}, {"/dev/null/x", [read]}, {".", [write]}], _ <- lists:seq(1, 5)],
    [R, Count() - Before].
