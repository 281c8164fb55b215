%% Libraries that do not load, and why: each is compiled by the case from a few lines of C.
-module(nif_loading).
-compile([export_all, nowarn_export_all]).

place() -> filename:dirname(code:which(?MODULE)).

%% The C of a library whose init function returns the entry described.
entry(Name, Fields) ->
    Get = fun(Key, Default) -> proplists:get_value(Key, Fields, Default) end,
    ["#include <erl_nif.h>\n",
     "static ERL_NIF_TERM one(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) { return enif_make_int(env, 1); }\n",
     "static int fails(ErlNifEnv *env, void **data, ERL_NIF_TERM info) { return 3; }\n",
     "static int raises(ErlNifEnv *env, void **data, ERL_NIF_TERM info) { enif_make_badarg(env); return 0; }\n",
     "static ErlNifFunc functions[] = {", Get(functions, "{\"one\", 0, one}"), "};\n",
     "static ErlNifEntry entry = {", Get(version, "2, 16"), ", \"", Get(name, Name), "\", ", Get(count, "sizeof functions / sizeof *functions"), ", functions, ",
     Get(load, "NULL"), ", NULL, NULL, NULL, \"", Get(variant, "beam.vanilla"), "\", 1, sizeof(ErlNifResourceTypeInit), \"erts-99.0\"};\n",
     "ErlNifEntry *", Get(init, "nif_init"), "(void) { (void)fails; (void)raises; (void)one; return ", Get(result, "&entry"), "; }\n"].

erlang(Name, Extra) ->
    ["-module(", Name, ").\n-export([load/0, load/1, one/0, call/0]).\n", Extra,
     "load() -> load(\"", Name, "\").\nload(N) -> erlang:load_nif(filename:join(\"", place(), "\", N), 0).\none() -> erlang:nif_error(stub).\ncall() -> one().\n"].

%% What loading answers, and what the function does afterwards.
try_library(Number, Fields, Extra) ->
    Name = "nif_loading_" ++ integer_to_list(Number),
    C = filename:join(place(), Name ++ ".c"), Erl = filename:join(place(), Name ++ ".erl"),
    ok = file:write_file(C, entry(Name, Fields)), ok = file:write_file(Erl, erlang(Name, Extra)),
    "" = os:cmd("clang-19 -w -shared -fPIC -I /usr/lib/erlang/usr/include -o " ++ filename:join(place(), Name ++ ".so") ++ " " ++ C),
    {ok, M, Code} = compile:file(Erl, [binary]),
    {module, M} = code:load_binary(M, Erl, Code),
    Before = catch_one(M),
    R = M:load(),
    {shown(R), Before, catch_one(M), lists:member(M, erlang:system_info(taints))}.
catch_one(M) -> [try M:F() catch _:R -> R end || F <- [one, call]].
shown({error, {Why, Text}}) -> {error, {Why, lists:flatten(string:replace(Text, place(), "PLACE", all))}};
shown(R) -> R.

good_case() -> try_library(1, [], "").
twice_case() -> try_library(2, [], ""), shown(nif_loading_2:load()).
name_case() -> try_library(3, [{name, "other"}], "").
version_case() -> [try_library(4, [{version, V}], "") || V <- ["1, 0"]] ++ [try_library(5, [{version, "3, 0"}], ""), try_library(6, [{version, "2, 17"}], ""), try_library(7, [{version, "2, 8"}], "")].
variant_case() -> try_library(8, [{variant, "beam.other"}], "").
no_init_case() -> try_library(9, [{init, "other_init"}], "").
null_case() -> try_library(10, [{result, "NULL"}], "").
not_found_case() -> [try_library(11, [{functions, "{\"two\", 0, one}"}], ""), try_library(12, [{functions, "{\"one\", 1, one}"}], "")].
duplicate_case() -> try_library(13, [{functions, "{\"one\", 0, one}, {\"one\", 0, one}"}], "").
flags_case() -> [try_library(14, [{functions, "{\"one\", 0, one, 3}"}], ""), try_library(15, [{functions, "{\"one\", 0, one, 2}"}], ""), try_library(16, [{functions, "{\"one\", 0, one, 77}"}], "")].
load_fails_case() -> [try_library(17, [{load, "fails"}], ""), try_library(18, [{load, "raises"}], "")].
declared_case() -> [try_library(19, [], "-nifs([one/0]).\n"), try_library(20, [], "-nifs([call/0]).\n")].
none_case() -> try_library(21, [{count, "0"}], "").
old_case() -> % the version before 2.7 had no flags; 2.0 no variant
    [try_library(22, [{version, "2, 6"}, {functions, "{\"one\", 0, one}"}], ""), try_library(23, [{version, "2, 0"}, {variant, "anything"}], "")].
traced_case() -> try_library(24, [], ""), S = self(), P = spawn_link(fun() -> receive go -> nif_loading_24:one(), nif_loading_24:call(), S ! done end end),
    erlang:trace(P, true, [call]), erlang:trace_pattern({nif_loading_24, one, 0}, [{'_', [], [{return_trace}]}], [local]), P ! go, receive done -> ok end,
    L = (fun F() -> receive {trace, P, A, B} -> [{A, B} | F()]; {trace, P, A, B, C} -> [{A, B, C} | F()] after 100 -> [] end end)(),
    erlang:trace_pattern({nif_loading_24, one, 0}, false, [local]), [L, nif_loading_24:one()].
info_case() -> try_library(25, [], ""), [nif_loading_25:module_info(nifs), erlang:function_exported(nif_loading_25, one, 0), erlang:is_builtin(nif_loading_25, one, 0)].
not_there_case() -> try_library(26, [{name, "other"}], ""), [shown(nif_loading_26:load(N)) || N <- ["no_such", <<"no_such">>]] ++ [try nif_loading_26:load(N) catch C:R -> {C, R} end || N <- [[0], "a\0b"]].
purged_case() -> try_library(27, [], ""), F = fun nif_loading_27:one/0, A = F(), code:purge(nif_loading_27), code:delete(nif_loading_27), code:purge(nif_loading_27),
    [A, try F() catch _:R -> R end, catch nif_loading_27:one()].
garbage_case() -> N = filename:join(place(), "nif_garbage.so"), ok = file:write_file(N, "this is no library"), try_library(28, [{name, "other"}], ""), try_library(29, [], ""), [shown(nif_loading_29:load("nif_garbage")), shown(nif_loading_29:load("no_such"))] ++ [shown(nif_loading_28:load("nif_garbage"))].
