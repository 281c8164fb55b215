%% Where stack traces and waiting processes say they are.
-module(places).
-compile([export_all, nowarn_export_all]).

stack(Fun) ->
    try Fun()
    catch Class:Reason:Stack -> {Class, Reason, [Entry || {M, _, _, _} = Entry <- Stack, M =:= ?MODULE orelse M =:= erlang]}
    end.

%% Tail calls through apply. What speaks for its caller names the function that has just been left.
tail_apply([F, A]) -> apply(erlang, F, A).
tail_apply_frame(X) ->
    self(), [F, A] = X, put(a, F),
    apply(erlang, put(a, undefined), A).
tail_apply_fun({F, A}) -> apply(F, A).
tail_named(F, A) -> get(d), M = erlang, M:F(A).
tail_fun(F) -> F(x).

apply_error_case() -> [stack(fun() -> [tail_apply([F, A])] end) || {F, A} <- callers()].
apply_frame_case() -> [stack(fun() -> [tail_apply_frame([F, A])] end) || {F, A} <- callers()].
callers() ->
    [{error, [x]}, {throw, [x]}, {exit, [x]}, {error, [x, [1]]}, {error, [x, [1], []]}, {raise, [error, x, []]},
     {nif_error, [x]}, {abs, [x]}, {exit, [x, x]}, {1, []}, {error, foo}, {error, [1 | 2]}].
apply_named_case() -> [stack(fun() -> [tail_named(F, z)] end) || F <- [1, error, throw, exit, abs]].
apply_fun_case() ->
    [stack(fun() -> [tail_apply_fun({F, A})] end)
     || {F, A} <- [{fun erlang:abs/1, [x]}, {fun erlang:abs/1, []}, {x, []}, {fun erlang:abs/1, x}]].
nif_error_case() -> [stack(fun() -> [erlang:nif_error(x)] end), stack(fun() -> [erlang:nif_error(x, [1, 2])] end)].

%% A process that waits is at the line in force where its receive begins.
location(Name, Arguments) ->
    Pid = spawn(?MODULE, Name, Arguments),
    wait_until(Pid),
    Location = process_info(Pid, current_location),
    exit(Pid, kill),
    Location.
wait_until(Pid) ->
    case process_info(Pid, status) of
        {status, waiting} -> ok;
        _ -> timer:sleep(1), wait_until(Pid)
    end.

location_case() ->
    [location(clauses, [infinity]), location(clauses, [5000]), location(only_after, [5000]),
     location(only_after, [infinity]), location(nested, [])].

clauses(T) ->
    self() ! x,
    receive
        a ->
            get(x),
            get(y);
        {b, Z} ->
            Z() + 1
    after T ->
        ok
    end.
only_after(T) ->
    catch ?MODULE:tail_named(put, 1),
    receive
    after T ->
        ok
    end.
nested() ->
    receive
        a ->
            get(x),
            receive
                v -> nested();
                x -> ok
            end;
        {b, Z} ->
            Z() + 1
    end.
