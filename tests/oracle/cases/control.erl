%% Exceptions, guards, funs, receive.
-module(control).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.
trace_(F) -> try F() catch C:R:S -> {C, R, [T || T <- S, element(1, T) =:= ?MODULE]} end.

throw_case() -> [catch throw(x), try throw(x) catch X -> X end, try throw(x) catch throw:Y -> {t, Y} end].
exit_case() -> [catch exit(x), try exit(x) catch exit:X -> X end].
error_case() -> [try error(x) catch error:X -> X end, element(1, catch error(x)), try error(badarg, [1]) catch error:E -> E end].
after_case() -> put(k, []), A = fun(X) -> put(k, [X | get(k)]) end, R = try A(1), throw(y) catch Z -> A(2), Z after A(3) end, {R, get(k)}.
of_case() -> [try id(1) of 1 -> one; _ -> other catch _ -> no end, try try id(1) of 2 -> two after ok end catch E:R -> {E, R} end].
nested_case() -> try try throw(a) catch b -> b end catch a -> outer end.
rethrow_case() -> try try error(a) catch C:R:S -> erlang:raise(C, {again, R}, S) end catch C2:R2 -> {C2, R2} end.
raise_bad_case() -> [erlang:raise(id(x), y, []), erlang:raise(error, x, id(y))].
badmatch_case() -> trace_(fun() -> {a, _} = id({b, 1}) end).
case_clause_case() -> trace_(fun() -> case id(1) of 2 -> ok end end).
if_clause_case() -> trace_(fun() -> if 1 > 2 -> ok; true =:= false -> no end end).
function_clause_case() -> trace_(fun() -> only(id(b)) end).
only(a) -> ok.
fun_clause_case() -> trace_(fun() -> (fun(a) -> ok end)(id(b)) end).
badfun_case() -> try_(fun() -> (id(notfun))(1) end).
badarity_case() -> {error, {badarity, {F, A}}} = try_(fun() -> (id(fun(X) -> X end))(1, 2) end), {is_function(F, 1), A}.
undef_case() -> [trace_(fun() -> nomodule:f(1) end), try_(fun() -> lists:nofunction(1, 2) end), try_(fun() -> ?MODULE:nofunction() end)].
apply_case() -> [apply(lists, reverse, [[1, 2]]), apply(fun(X) -> X end, [1]), erlang:apply(erlang, '+', [1, 2]), try_(fun() -> apply(lists, reverse, id(x)) end), try_(fun() -> apply(id(1), f, []) end), try_(fun() -> apply(fun() -> 1 end, [id(1)]) end)].
apply_dynamic_case() -> M = id(lists), F = id(sum), [M:F([1, 2]), try_(fun() -> (id(1)):F([1]) end)].
try_clause_case() -> try_(fun() -> try id(1) of 2 -> ok catch _ -> no end end).
error_info_case() -> try erlang:error(mine, [a, b], [{error_info, #{cause => c}}]) catch error:R:S -> {M, F, A, I} = hd(S), {R, M, F, A, lists:keyfind(error_info, 1, I)} end.
bif_trace_case() -> try element(id(3), {a}) catch error:R:S -> {R, hd(S)} end.
deep_trace_case() -> try deep(20) catch error:x:S -> length(S) end.
deep(0) -> error(x);
deep(N) -> 1 + deep(N - 1).
stack_depth_case() -> try deep(100) catch error:x:S -> [T || T <- S, element(2, T) =/= deep] end.
long_tail_case() -> tail(1000000, 0).
tail(0, A) -> A;
tail(N, A) -> tail(N - 1, A + N).
body_case() -> body(1000000).
body(0) -> 0;
body(N) -> 1 + body(N - 1).
guard_case() -> F = fun(X) when is_integer(X), X > 0 -> pos; (X) when is_integer(X); is_float(X) -> num; (X) when length(X) > 1 -> long; (X) when hd(X) =:= a -> a; (_) -> other end, [F(X) || X <- [1, -1, 1.5, [1, 2], [a], [b], x, {}]].
guard_types_case() -> [[is_atom(X), is_binary(X), is_bitstring(X), is_boolean(X), is_float(X), is_function(X), is_integer(X), is_list(X), is_map(X), is_number(X), is_pid(X), is_port(X), is_reference(X), is_tuple(X)] || X <- [a, true, 1, 1 bsl 80, 1.5, 1.0e300, [], [1], {}, #{}, <<>>, <<1:1>>, self(), make_ref(), fun() -> ok end, fun lists:map/2]].
guard_fail_case() -> F = fun(X) when element(2, X) =:= b -> yes; (_) -> no end, [F({a, b}), F({a}), F(x)].
guard_arith_case() -> F = fun(X, Y) when X div Y > 2 -> big; (X, _) when X + 1 > 3 -> sum; (_, _) -> none end, [F(9, 3), F(9, 0), F(a, 1), F(1, 1)].
andalso_case() -> [id(true) andalso id(x), id(false) andalso exit(no), try_(fun() -> id(1) andalso true end), id(true) orelse exit(no), if (1 =:= 1) andalso not (2 =:= 3) -> yes; true -> no end].
is_function_case() -> [is_function(fun lists:map/2, 2), is_function(fun(_) -> ok end, 2), is_function(x, 1), try_(fun() -> is_function(fun() -> ok end, id(-1)) end), is_record(id({r, 1}), id(r)), is_record({r, 1}, r, 2), is_record({r, 1}, r, 3)].
closure_case() -> A = 1, B = id([2]), F = fun(X) -> G = fun(Y) -> {A, B, X, Y} end, G(3) end, F(x).
named_fun_case() -> (fun F(0) -> 1; F(N) -> N * F(N - 1) end)(20).
external_fun_case() -> F = fun lists:reverse/1, [F([1, 2]), F, erlang:fun_info(F, type), erlang:fun_info(F, module), erlang:fun_info(F, arity), fun erlang:'+'/2 =:= fun erlang:'+'/2, F == id(fun lists:reverse/1)].
fun_info_case() -> X = id(1), F = fun(Y) -> X + Y end, [erlang:fun_info(F, K) || K <- [type, module, arity, env, name, index, new_index]].
fun_equal_case() -> F = fun(X) -> fun() -> X end end, [F(1) =:= F(1), F(1) == F(2), (F(1))() ].
select_atom_case() -> F = fun(a) -> 1; (b) -> 2; (c) -> 3; (d) -> 4; (e) -> 5; (_) -> 0 end, [F(X) || X <- [a, b, c, d, e, f, 1, {}]].
select_integer_case() -> F = fun(1) -> a; (2) -> b; (3) -> c; (100) -> d; (-5) -> e; (16#ffffffffffffffffffff) -> f; (_) -> z end, [F(X) || X <- [1, 2, 3, 4, 100, -5, 16#ffffffffffffffffffff, 1.0, a]].
select_mixed_case() -> F = fun(1) -> a; (x) -> b; (1.0) -> c; ({}) -> d; ([]) -> e; ("s") -> f; (<<"b">>) -> g; (_) -> z end, [F(X) || X <- [1, x, 1.0, {}, [], "s", <<"b">>, #{}]].
select_arity_case() -> F = fun({}) -> 0; ({_}) -> 1; ({_, _}) -> 2; ({_, _, _}) -> 3; (_) -> z end, [F(X) || X <- [{}, {1}, {1, 2}, {1, 2, 3}, {1, 2, 3, 4}, []]].
record_case() -> R = id({rec, 1, 2}), {rec, A, _} = R, [A, setelement(2, R, x)].
receive_case() -> self() ! a, self() ! b, self() ! c, [receive b -> b end, receive X -> X end, receive Y -> Y after 0 -> none end, receive Z -> Z after 0 -> none end].
receive_timeout_case() -> [receive _ -> x after 0 -> zero end, receive _ -> x after 10 -> ten end, try_(fun() -> receive _ -> x after id(bad) -> y end end), try_(fun() -> receive never -> x after id(-1) -> y end end)].
selective_case() -> [self() ! N || N <- lists:seq(1, 100)], R = [receive N -> N end || N <- lists:seq(100, 1, -1)], R.
ref_receive_case() -> R = make_ref(), [self() ! x || _ <- lists:seq(1, 10)], self() ! {R, hi}, V = receive {R, M} -> M end, {V, length(element(2, process_info(self(), messages)))}.
catch_receive_case() -> self() ! {die, now}, catch receive {die, W} -> exit(W) end.
dictionary_case() -> [put(a, 1), put(a, 2), get(a), get(zz), erase(a), get(a), lists:sort([{x, put(x, 1)}, {y, put(y, 1)}]), lists:sort(get()), lists:sort(get_keys(1)), lists:sort(erase()), get()].
compare_types_case() -> L = [1, a, make_ref(), fun() -> ok end, self(), {}, #{}, [], [1], <<>>], [[A < B || B <- L] || A <- L].
literal_case() -> {[1, 2.5, "text", <<"bin">>, 'an atom', #{k => {v}}], 16#ffffffffffffffffffffffff}.
letrec_case() -> E = fun E(0) -> true; E(N) -> O = fun(M) -> not E(M - 1) end, O(N) end, [E(10), E(7)].
process_flag_case() -> [process_flag(trap_exit, true), process_flag(trap_exit, false), process_flag(priority, high), process_flag(priority, normal), try_(fun() -> process_flag(trap_exit, id(x)) end), try_(fun() -> process_flag(id(nosuch), x) end)].
badrecord_case() -> try_(fun() -> badrecord(id({x, 1})) end).
badrecord(X) -> setelement(id(2), X, element(id(3), X)).
halt_args_case() -> [try_(fun() -> halt(id(-1)) end), try_(fun() -> halt(id({})) end), try_(fun() -> halt(0, id([x])) end)].
