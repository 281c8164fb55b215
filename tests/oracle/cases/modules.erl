%% Code: compiling, loading, upgrading.
-module(modules).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.
make(Name, Lines) ->
    Forms = [begin {ok, T, _} = erl_scan:string(L), {ok, F} = erl_parse:parse_form(T), F end || L <- ["-module(" ++ atom_to_list(Name) ++ ").", "-compile(export_all)." | Lines]],
    {ok, Name, Binary} = compile:forms(Forms, []),
    Binary.
load(Name, Lines) -> code:load_binary(Name, "nofile", make(Name, Lines)).
gone(Name) -> code:purge(Name), code:delete(Name), code:purge(Name).

load_case() -> R = load(oracle_a, ["f() -> 1."]), V = oracle_a:f(), gone(oracle_a), [R, V, try_(fun() -> oracle_a:f() end)].
upgrade_case() -> load(oracle_b, ["f() -> 1."]), A = oracle_b:f(), load(oracle_b, ["f() -> 2."]), B = oracle_b:f(), gone(oracle_b), [A, B].
running_old_case() ->
    load(oracle_d, ["loop() -> receive {F, v} -> F ! 1, loop(); {F, new} -> F ! ok, oracle_d:loop() end."]),
    P = spawn(oracle_d, loop, []), Ask = fun(Q) -> P ! {self(), Q}, receive X -> X after 1000 -> none end end,
    A = Ask(v), load(oracle_d, ["loop() -> receive {F, v} -> F ! 2, loop(); {F, new} -> F ! ok, oracle_d:loop() end."]),
    B = Ask(v), Old = erlang:check_process_code(P, oracle_d), Ask(new), C = Ask(v), Old2 = erlang:check_process_code(P, oracle_d),
    Purged = code:soft_purge(oracle_d), exit(P, kill), gone(oracle_d), [A, B, Old, C, Old2, Purged].
purge_kills_case() -> load(oracle_e, ["loop() -> receive never -> ok end."]), P = spawn(oracle_e, loop, []), R = monitor(process, P), load(oracle_e, ["loop() -> x."]), K = code:purge(oracle_e), W = receive {'DOWN', R, _, _, X} -> X after 1000 -> none end, gone(oracle_e), [K, W].
not_purged_case() -> B1 = make(oracle_f, ["f() -> 1."]), B2 = make(oracle_f, ["f() -> 2."]), B3 = make(oracle_f, ["f() -> 3."]), [erlang:load_module(oracle_f, B) || B <- [B1, B2, B3]] ++ [erlang:check_old_code(oracle_f), gone(oracle_f)].
badfile_case() -> logger:set_primary_config(level, none), <<H:100/binary, _, T/binary>> = make(oracle_g, ["f() -> 1."]), [catch_badfile(<<>>), catch_badfile(<<"FOR1">>), catch_badfile(binary:part(<<H/binary, 1, T/binary>>, 0, 120))].
catch_badfile(B) -> erlang:load_module(oracle_g, B).
wrong_name_case() -> erlang:load_module(oracle_h2, make(oracle_h, ["f() -> 1."])).
fun_upgrade_case() -> load(oracle_i, ["f() -> fun() -> 1 end."]), F = oracle_i:f(), load(oracle_i, ["f() -> fun() -> 2 end."]), A = F(), code:purge(oracle_i), B = try_(F), G = oracle_i:f(), C = G(), gone(oracle_i), [A, element(1, B), C].
literal_purge_case() -> load(oracle_j, ["f() -> {literal, [1, 2, 3], \"text\"}."]), L = oracle_j:f(), gone(oracle_j), garbage_collect(), L.
on_load_case() -> [load(oracle_k, ["-on_load(init/0).", "init() -> put(loaded, yes), ok.", "f() -> 1."]), oracle_k:f(), gone(oracle_k)].
on_load_fails_case() -> logger:set_primary_config(level, none), [load(oracle_l, ["-on_load(init/0).", "init() -> nope.", "f() -> 1."]), try_(fun() -> oracle_l:f() end), code:is_loaded(oracle_l)].
info_case() -> load(oracle_m, ["-vsn(7).", "-author(me).", "f() -> 1.", "g(_) -> 2."]), R = [lists:sort(oracle_m:module_info(exports)), oracle_m:module_info(module), lists:sort(oracle_m:module_info(attributes)), lists:sort(oracle_m:module_info(functions)), byte_size(oracle_m:module_info(md5))], gone(oracle_m), R.
own_info_case() -> [lists:keyfind(id, 1, ?MODULE:module_info(exports)), is_list(?MODULE:module_info(compile)), [K || {K, _} <- ?MODULE:module_info()], try_(fun() -> ?MODULE:module_info(id(bad)) end)].
exported_case() -> [erlang:function_exported(lists, map, 2), erlang:function_exported(lists, nosuch, 2), erlang:function_exported(erlang, self, 0), erlang:is_builtin(erlang, self, 0), erlang:is_builtin(lists, map, 2), erlang:module_loaded(lists), erlang:module_loaded(nosuch), try_(fun() -> erlang:module_loaded(id(1)) end)].
code_case() -> [code:which(lists) =/= non_existing, code:which(nosuch_mod), code:is_loaded(erlang), code:ensure_loaded(nosuch_mod), code:get_object_code(nosuch_mod), element(1, code:get_object_code(ordsets)), code:is_sticky(lists), code:priv_dir(nosuch_app)].
compile_case() -> {ok, M, B} = compile:forms([{attribute, 1, module, oracle_n}, {attribute, 2, export, [{f, 1}]}, {function, 3, f, 1, [{clause, 3, [{var, 3, 'X'}], [], [{op, 3, '*', {var, 3, 'X'}, {integer, 3, 2}}]}]}]), code:load_binary(M, "x", B), V = M:f(21), gone(M), V.
compile_error_case() -> {ok, T, _} = erl_scan:string("f() -> X."), {ok, F} = erl_parse:parse_form(T), compile:forms([{attribute, 1, module, bad}, F], [return]).
compile_bytes_case() -> erlang:md5(make(oracle_o, ["f(X) when is_integer(X) -> #{a => X, b => <<X:8>>}.", "g(L) -> [Y || {Y, _} <- L].", "h(X) -> try f(X) catch _:_ -> err end."])).
chunks_case() -> {ok, {M, C}} = beam_lib:chunks(make(oracle_p, ["f() -> {x, \"lit\"}."]), [exports, imports, attributes, atoms]), [M, lists:sort(proplists:get_value(exports, C)), proplists:get_value(atoms, C)].
md5_case() -> B = make(oracle_q, ["f() -> 1."]), [code:module_md5(B) =:= element(2, element(2, beam_lib:md5(B))), code:module_md5(<<"x">>)].
tail_call_upgrade_case() -> load(oracle_r, ["f(0) -> done; f(N) -> oracle_r:f(N - 1)."]), R = oracle_r:f(100000), gone(oracle_r), R.
many_case() -> [begin M = list_to_atom("oracle_many_" ++ integer_to_list(N)), load(M, ["f() -> " ++ integer_to_list(N) ++ "."]), V = M:f(), gone(M), V end || N <- lists:seq(1, 20)].
all_loaded_case() -> [lists:keymember(M, 1, code:all_loaded()) || M <- [lists, erlang, kernel, nosuch]].
undefined_function_case() -> process_flag(error_handler, ?MODULE), R = try_(fun() -> nosuch_module:some_function(1, 2) end), process_flag(error_handler, error_handler), R.
undefined_function(M, F, A) -> {handled, M, F, A}.
big_module_case() -> load(oracle_big, ["f(" ++ integer_to_list(N) ++ ") -> " ++ integer_to_list(N * N) ++ ";" || N <- []] ++ [lists:flatten([lists:join(";", [io_lib:format("f(~p) -> {~p, ~p}", [N, N * N, [N]]) || N <- lists:seq(1, 2000)]), "."])]), R = [oracle_big:f(N) || N <- [1, 1000, 2000]], gone(oracle_big), R.
