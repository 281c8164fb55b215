%% Files in memory: file:open(Data, [ram]).
-module(ram_files).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
opened(Data, Modes) -> {ok, F} = file:open(Data, [ram | Modes]), F.
all(F) -> {ram_file:get_file(F), ram_file:get_size(F), file:position(F, cur)}.

open_case() -> [element(1, file:open(D, [ram | M])) || D <- [<<"abc">>, "abc", [], <<>>, [<<"a">>, "b"]], M <- [[], [read], [write], [read, write], [binary], [read, binary]]].
open_bad_case() -> [file:open(D, M) || {D, M} <- [{a, [ram]}, {[a], [ram]}, {<<>>, [ram, append]}, {<<>>, [ram, other]}, {<<1:4>>, [ram]}]].
read_case() -> F = opened(<<"hello world">>, [read]), [file:read(F, N) || N <- [0, 1, 4, 100, 1, 0]].
read_binary_case() -> F = opened("hello world", [read, binary]), [file:read(F, N) || N <- [0, 1, 4, 100, 1, 0]].
read_closed_case() -> F = opened("a", []), ok = file:close(F), [file:read(F, 1), file:position(F, 0), file:close(F)].
write_only_case() -> F = opened(<<"abc">>, [write]), [file:read(F, 1), file:pread(F, 0, 1), file:write(F, "xy"), all(F)].
read_only_case() -> F = opened(<<"abc">>, [read]), [file:write(F, "x"), file:pwrite(F, 0, "x"), file:truncate(F), all(F)].
write_case() -> F = opened(<<"abc">>, [read, write]), [file:write(F, "X"), all(F), file:position(F, eof), file:write(F, [<<"de">>, $f, ["g"]]), all(F), file:write(F, []), all(F)].
write_binary_case() -> F = opened(<<"abc">>, [read, write, binary]), [file:write(F, "X"), all(F)].
write_bad_case() -> F = opened(<<"abc">>, [read, write]), [file:write(F, a), file:write(F, [a]), file:write(F, [256]), all(F)].
grow_case() -> F = opened(<<>>, [read, write, binary]), B = binary:copy(<<"0123456789">>, 1000), [begin ok = file:write(F, B), {ok, S} = ram_file:get_size(F), S end || _ <- lists:seq(1, 30)] ++ [begin {ok, All} = ram_file:get_file(F), erlang:md5(All) end].
position_case() -> F = opened(<<"abcdef">>, [read]), [{P, file:position(F, P), file:read(F, 1)} || P <- [0, bof, cur, eof, 3, {bof, 2}, {cur, 1}, {cur, -2}, {eof, -1}, {eof, 5}, -1, {bof, -1}, {cur, -100}, {eof, -6}, {eof, -7}, 1 bsl 31, 1 bsl 40, a, {a, 1}, 1.0]].
pread_case() -> F = opened(<<"abcdef">>, [read]), [file:pread(F, A, N) || {A, N} <- [{0, 2}, {4, 10}, {6, 1}, {6, 0}, {100, 1}, {-1, 1}, {0, 0}, {a, 1}, {0, -1}, {1 bsl 31, 1}, {0, 1 bsl 31}]] ++ [file:position(F, cur)].
pread_list_case() -> F = opened(<<"abcdef">>, [read]), [file:pread(F, L) || L <- [[], [{0, 1}, {3, 2}], [{0, 1}, {100, 2}], [{0, 1}, {-1, 1}], [{0, 1}, a], [{a, 1}]]].
pwrite_case() -> F = opened(<<"abcdef">>, [read, write]), [{file:pwrite(F, A, D), all(F)} || {A, D} <- [{0, "X"}, {5, <<"YZ">>}, {10, "far"}, {-1, "x"}, {a, "x"}, {1 bsl 31, "x"}, {0, a}]].
pwrite_list_case() -> F = opened(<<"abcdef">>, [read, write]), [{file:pwrite(F, L), all(F)} || L <- [[], [{0, "1"}, {4, <<"2">>}], [{0, "3"}, {-1, "x"}], [{1, "4"}, a], [{2, "5"}, {3, a}]]].
hole_case() -> F = opened(<<"ab">>, [read, write]), {ok, _} = file:position(F, 5), ok = file:write(F, "c"), all(F).
truncate_case() -> F = opened(<<"abcdef">>, [read, write]), {ok, _} = file:position(F, 3), ok = file:truncate(F), A = all(F), {ok, _} = file:position(F, 5), ok = file:write(F, "x"), {A, all(F)}.
truncate_longer_case() -> F = opened(<<"abc">>, [read, write]), {ok, _} = file:position(F, 6), ok = file:truncate(F), all(F).
sync_case() -> F = opened(<<"abc">>, [read, write]), [file:sync(F), file:datasync(F), file:advise(F, 0, 0, normal), file:advise(F, 1, 2, will_need), file:advise(F, 0, 0, other), file:allocate(F, 0, 100), all(F)].
copy_case() -> A = opened(<<"abcdef">>, [read]), B = opened(<<>>, [read, write]), [file:copy(A, B), all(A), all(B), file:position(A, 2), file:copy(A, B, 2), all(B)].
ipread_case() -> F = opened(<<0:16, 4:32, 10:32, "abcdefghij">>, [read, binary]), [file:ipread_s32bu_p32bu(F, P, 100) || P <- [2, 0, 8, 50, a]].
other_functions_case() -> F = opened(<<"ab\ncd\n">>, [read]), [file:read_line(F), file:read_file_info(F), catch file:del_dir(F)].
not_a_ram_file_case() -> [try ram_file:get_file(id({file_descriptor, prim_file, x})) catch C:R -> {C, R} end].
port_case() ->
    {file_descriptor, ram_file, P} = opened(<<"abc">>, [read, write]),
    {name, Name} = erlang:port_info(P, name),
    {links, [Owner]} = erlang:port_info(P, links),
    {Name, Owner =:= self()}.
close_with_owner_case() ->
    S = self(),
    {O, R} = spawn_monitor(fun() -> {file_descriptor, ram_file, P} = opened(<<"abc">>, [read]), S ! {port, P} end),
    receive {port, P} -> receive {'DOWN', R, process, O, _} -> gone(P) end end.
gone(P) -> erlang:port_info(P) =:= undefined orelse begin timer:sleep(1), gone(P) end.
raw_commands_case() ->
    {file_descriptor, ram_file, P} = opened(<<"abc">>, [read, write, binary]),
    [begin true = port_command(P, C), receive {P, {data, D}} -> D after 100 -> nothing end end || C <- [<<30>>, <<37>>, <<3, 0:32, 7:32>>, <<200>>, <<0>>, <<30>>]].
not_open_case() ->
    P = open_port({spawn, "ram_file_drv"}, []),
    [begin true = port_command(P, C), receive {P, {data, D}} -> D after 100 -> nothing end end || C <- [<<2, 1:32>>, <<3, 0:64>>, <<4, "a">>, <<9>>, <<14>>, <<17, 0:64>>, <<18, 0:32>>, <<19>>, <<37>>, <<38>>, <<39>>]].
disk_log_case() -> %% chunks of a log are read through a ram file
    F = opened(<<"one\ntwo\nthree">>, [read]),
    {ok, L} = file:read(F, 100), string:lexemes(L, "\n").
big_offsets_case() -> F = opened(<<"abc">>, [read, write]), [file:position(F, (1 bsl 31) - 1), file:position(F, {cur, 5}), file:read(F, 1), all(F)].
tar_case() ->
    Name = "ram_files_" ++ os:getpid() ++ ".tar",
    ok = erl_tar:create(Name, [{"a.txt", <<"first">>}, {"b/c.txt", <<"second">>}], [compressed]),
    {ok, Bin} = file:read_file(Name), ok = file:delete(Name),
    [erl_tar:table({binary, Bin}, [compressed]), erl_tar:extract({binary, Bin}, [compressed, memory]), erl_tar:extract({binary, zlib:gunzip(Bin)}, [memory, {files, ["a.txt"]}])].
