%% The first entries of stack traces: calls of what is no such fun, erlang:apply/2 and 3 in every position, how deep they go.
-module(stack_traces).
-compile([export_all, nowarn_export_all]).

id(X) -> X.

%% A value, or an exception with its first entries: of this module's functions the names, with arguments if there are some.
try_(F) ->
    try F()
    catch Class:Reason:Stack -> {Class, shape(Reason), lists:sublist([entry(E) || E <- Stack], 4)}
    end.

entry({?MODULE, F, A, [_ | _]}) when is_integer(A) -> case atom_to_list(F) of "-" ++ _ -> a_fun; _ -> F end;
entry({M, F, A, L}) -> {M, F, shape(A), L}.

shape(F) when is_function(F) -> {a_fun, element(2, erlang:fun_info(F, arity))};
shape([_, _, _, _, _ | _] = L) -> try {long, length(L)} catch error:badarg -> {long, improper} end;
shape([H | T]) -> [shape(H) | shape(T)];
shape(T) when is_tuple(T) -> list_to_tuple([shape(E) || E <- tuple_to_list(T)]);
shape(X) -> X.

%% Both as the last thing that a function does and not.
both(F) -> [try_(fun() -> [F()] end), try_(fun() -> F() end)].

call(F, A) -> [F(A)].
call_only(F, A) -> F(A).
call_last(F, A) -> id(A), F(A).
apply_fun(F, L) -> [apply(F, L)].
apply_fun_only(F, L) -> apply(F, L).
apply_fun_last(F, L) -> id(L), apply(F, L).
apply_list(M, F, L) -> [apply(M, F, L)].
apply_list_only(M, F, L) -> apply(M, F, L).
apply_list_last(M, F, L) -> id(L), apply(M, F, L).
apply_(M, F, A, B) -> [M:F(A, B)].
apply_only(M, F, A, B) -> M:F(A, B).
apply_last(M, F, A, B) -> id(A), M:F(A, B).

apply_3(M, F, A, B, C) -> [M:F(A, B, C)].
apply_3_only(M, F, A, B, C) -> M:F(A, B, C).
apply_3_last(M, F, A, B, C) -> id(A), M:F(A, B, C).

funs() -> [no_fun, fun id/1, fun() -> x end, fun(_, _) -> x end, fun ?MODULE:absent/1, fun erlang:atom_to_list/1, fun(X) -> hd(X) end, fun erlang:error/1, fun erlang:raise/3].
lists() -> [[], [1], [1, 2], [x, y, []], x, [1 | x], lists:duplicate(300, a) ++ b | [lists:seq(1, N) || N <- [255, 300, 1022, 1023, 1024]]].
apply_funs() -> [apply_fun, apply_fun_only, apply_fun_last].
apply_lists() -> [apply_list, apply_list_only, apply_list_last].
names() -> [{?MODULE, id}, {?MODULE, absent}, {absent, absent}, {erlang, error}, {erlang, exit}, {erlang, raise}, {1, id}, {?MODULE, 1}].

fun_case() -> [{G, both(fun() -> ?MODULE:G(F, 1) end)} || G <- [call, call_only, call_last], F <- funs()].
apply_fun_case() -> [{G, both(fun() -> ?MODULE:G(F, L) end)} || G <- apply_funs(), F <- funs(), L <- lists()].
apply_list_case() -> [{G, N, both(fun() -> ?MODULE:G(M, N, L) end)} || G <- apply_lists(), {M, N} <- names(), L <- lists()].
apply_applied_case() -> [{G, both(fun() -> ?MODULE:G(erlang, apply, [F, L]) end)} || G <- apply_lists(), F <- funs(), L <- lists()].
apply_list_called_case() -> [{G, N, both(fun() -> ?MODULE:G(erlang, apply, M, N, L) end)} || G <- [apply_3, apply_3_only, apply_3_last], {M, N} <- names(), L <- [[], [1], [x, y, []], x]].
apply_list_nested_case() -> [{G, both(fun() -> ?MODULE:G(erlang, apply, [erlang, apply, [erlang, apply, L]]) end)} || G <- apply_lists(), L <- [[], [?MODULE, id, [1]], [?MODULE, id, x], [1, 2, 3], [fun id/1, [1]], [no_fun, []]]].
apply_list_applied_case() -> [{G, N, both(fun() -> ?MODULE:G(erlang, apply, [M, N, L]) end)} || G <- apply_lists(), {M, N} <- names(), L <- [[], [1], [x, y, []], x]].
apply_called_case() -> [{G, both(fun() -> ?MODULE:G(erlang, apply, F, L) end)} || G <- [apply_, apply_only, apply_last], F <- funs(), L <- lists()].
apply_as_fun_case() -> [{G, both(fun() -> ?MODULE:G(fun erlang:apply/2, [F, L]) end)} || G <- apply_funs(), F <- funs(), L <- lists()].
apply_is_builtin_case() -> [{N, erlang:is_builtin(erlang, apply, N), erlang:function_exported(erlang, apply, N)} || N <- [1, 2, 3, 4]].

%% What erlang:raise/3 does not take comes back as a value.
raise_returns_case() -> [both(fun() -> ?MODULE:G(erlang, raise, [no_class, y, []]) end) || G <- apply_lists()].

spawned_case() ->
    logger:set_primary_config(level, none),
    [ended(spawn_monitor(erlang, apply, [F, L])) || F <- [no_fun, fun id/1, fun(_, _) -> x end], L <- lists()].
ended({Pid, Monitor}) ->
    receive
        {'DOWN', Monitor, process, Pid, {Reason, Stack}} -> {shape(Reason), [entry(E) || E <- Stack]};
        {'DOWN', Monitor, process, Pid, Reason} -> Reason
    end.

depth_case() -> [{N, at_depth(N)} || N <- [0, 1, 2, 3, 4]].
at_depth(N) ->
    Before = erlang:system_flag(backtrace_depth, N),
    try [try_(F) || F <- causes()] after erlang:system_flag(backtrace_depth, Before) end.

clause(1) -> 1.

causes() ->
    [fun() -> [?MODULE:G(F, L)] end || G <- apply_funs(), F <- [no_fun, fun id/1], L <- [[], x]] ++
    [fun() -> [?MODULE:G(erlang, apply, [F, L])] end || G <- apply_lists(), F <- [no_fun, fun id/1], L <- [[], x]] ++
    [fun() -> [?MODULE:G(F, 1)] end || G <- [call, call_only, call_last], F <- [no_fun, fun() -> x end]] ++
    [fun() -> hd(id([])) end, fun() -> [error(id(x))] end, fun() -> error(x, [1, 2]) end, fun() -> [clause(id(2))] end, fun() -> throw(x) end, fun() -> [lists:map(1, 2)] end,
     fun() -> [id(1) + id(a)] end, fun() -> [(id(absent)):x(1)] end, fun() -> [binary_to_list(id(x))] end].

%% ---- constants that are added: which failures name the operator

plus_5(X) -> X + 5.
plus_minus_5(X) -> X + -5.
minus_5(X) -> X - 5.
minus_minus_5(X) -> X - -5.
minus_from_5(X) -> 5 - X.
five_plus(X) -> 5 + X.
plus_large(X) -> X + 576460752303423487.
plus_too_large(X) -> X + 576460752303423488.
plus_smallest(X) -> X + -576460752303423488.
minus_large(X) -> X - 576460752303423487.
minus_too_large(X) -> X - 576460752303423488.
plus_float(X) -> X + 1.5.
atom_plus(X) when is_atom(X) -> X + 5.
list_minus(X) when is_list(X) -> X - 5.
fun_minus(X) when is_function(X) -> X - 268435458.
mixed_plus(X) when is_integer(X); is_atom(X) -> X + 5.
number_plus(X) when is_number(X) -> X + 1;
number_plus(X) -> X + 5.
constants_case() ->
    [{F, X, try ?MODULE:F(X) catch error:Reason:Stack -> {Reason, [{M, N, A} || {M, N, A, _} <- lists:sublist(Stack, 2)]} end}
     || F <- [plus_5, plus_minus_5, minus_5, minus_minus_5, minus_from_5, five_plus, plus_large, plus_too_large, plus_smallest, minus_large, minus_too_large,
              plus_float, atom_plus, list_minus, fun_minus, mixed_plus, number_plus],
        X <- [a, [1], fun erlang:abs/1]].
