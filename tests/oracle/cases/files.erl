%% Files and the environment. Each case works in a directory of its own.
-module(files).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.
dir(F) ->
    D = filename:join(os:getenv("TMPDIR", "/tmp"), "oracle-" ++ os:getpid() ++ integer_to_list(erlang:unique_integer([positive]))),
    ok = file:make_dir(D),
    {ok, Old} = file:get_cwd(),
    ok = file:set_cwd(D),
    try F() after file:set_cwd(Old), file:del_dir_r(D) end.

write_read_case() -> dir(fun() -> [file:write_file("a", "hello"), file:read_file("a"), file:write_file("a", "more", [append]), file:read_file("a"), file:read_file("none"), file:write_file("no/dir", "")] end).
open_case() -> dir(fun() -> file:write_file("a", "line1\nline2\n"), {ok, F} = file:open("a", [read]), [io:get_line(F, ""), file:read(F, 3), file:position(F, 0), io:get_chars(F, "", 4), file:read_line(F), file:read_line(F), file:read_line(F), file:close(F)] end).
open_bad_case() -> dir(fun() -> [file:open("none", [read]), file:open("x", [bad]), file:open(id(1), [read]), file:open(".", [write]), file:open("x", [write, exclusive]) =/= x, element(2, file:open("x", [write, exclusive]))] end).
raw_case() -> dir(fun() -> {ok, F} = file:open("a", [raw, binary, read, write]), R = [file:write(F, "0123456789"), file:position(F, 3), file:read(F, 2), file:pread(F, 0, 2), file:pread(F, [{1, 1}, {100, 1}]), file:pwrite(F, 8, "xyz"), file:position(F, eof), file:position(F, {cur, -1}), file:read(F, 10), file:read(F, 10), file:truncate(F), file:sync(F), file:datasync(F), file:close(F), file:read(F, 1)], R end).
position_case() -> dir(fun() -> {ok, F} = file:open("a", [raw, read, write]), file:write(F, "abc"), [file:position(F, P) || P <- [bof, {bof, 2}, eof, {eof, -1}, {cur, 1}, -1, {bof, -1}, bad]] end).
append_case() -> dir(fun() -> {ok, F} = file:open("a", [append]), file:write(F, "1"), file:close(F), {ok, G} = file:open("a", [append, raw]), file:write(G, "2"), file:close(G), file:read_file("a") end).
delayed_case() -> dir(fun() -> {ok, F} = file:open("a", [raw, write, {delayed_write, 1000, 1000}]), [file:write(F, "x") || _ <- lists:seq(1, 100)], file:close(F), {ok, B} = file:read_file("a"), byte_size(B) end).
read_ahead_case() -> dir(fun() -> file:write_file("a", lists:duplicate(1000, "line\n")), {ok, F} = file:open("a", [raw, binary, read, {read_ahead, 100}]), N = (fun L(K) -> case file:read_line(F) of {ok, _} -> L(K + 1); eof -> K end end)(0), N end).
compressed_case() -> dir(fun() -> {ok, F} = file:open("a.gz", [write, compressed]), file:write(F, "hello hello hello"), file:close(F), {ok, G} = file:open("a.gz", [read, compressed]), R = file:read(G, 100), file:close(G), {ok, <<A, B, _/binary>>} = file:read_file("a.gz"), [R, A, B] end).
encoding_case() -> dir(fun() -> {ok, F} = file:open("a", [write, {encoding, utf8}]), io:put_chars(F, [8364, $\n]), file:close(F), {ok, G} = file:open("a", [read, {encoding, utf8}]), L = io:get_line(G, ""), [L, file:read_file("a")] end).
list_dir_case() -> dir(fun() -> [file:write_file(N, "") || N <- ["b", "a", "ö"]], file:make_dir("d"), {ok, L} = file:list_dir("."), [lists:sort(L), file:list_dir("none"), file:list_dir("a"), filelib:is_dir("d"), filelib:is_regular("a"), filelib:is_file("zz"), lists:sort(filelib:wildcard("*")), filelib:ensure_dir("x/y/z"), filelib:is_dir("x/y")] end).
info_case() -> dir(fun() -> file:write_file("a", "12345"), file:change_mode("a", 8#640), {ok, I} = file:read_file_info("a"), [element(N, I) || N <- [1, 2, 3, 4, 9]] ++ [element(8, I) band 8#777, file:read_file_info("none"), filelib:file_size("a")] end).
times_case() -> dir(fun() -> file:write_file("a", ""), [file:change_time("a", {{2020, 1, 2}, {3, 4, 5}}), filelib:last_modified("a"), element(6, element(2, file:read_file_info("a", [{time, posix}]))) > 0] end).
link_case() -> dir(fun() -> file:write_file("a", "x"), [file:make_symlink("a", "s"), file:read_link("s"), file:make_link("a", "h"), file:read_file("h"), element(3, element(2, file:read_link_info("s"))), element(3, element(2, file:read_file_info("s"))), file:read_link("a"), file:make_symlink("a", "s")] end).
rename_case() -> dir(fun() -> file:write_file("a", "x"), [file:rename("a", "b"), file:read_file("b"), file:rename("zz", "y"), file:delete("b"), file:delete("b"), file:make_dir("d"), file:delete("d"), file:rename("d", "e"), file:del_dir("e"), file:del_dir("e"), file:make_dir("q"), file:make_dir("q")] end).
copy_case() -> dir(fun() -> file:write_file("a", lists:duplicate(100000, $x)), [file:copy("a", "b"), filelib:file_size("b"), file:copy("a", "c", 10), filelib:file_size("c")] end).
consult_case() -> dir(fun() -> file:write_file("a", "{a, 1}.\n[b, \"c\"].\n"), file:write_file("bad", "{a, .\n"), [file:consult("a"), file:consult("bad"), file:consult("none")] end).
script_case() -> dir(fun() -> file:write_file("a", "X = 1, X + 2."), file:script("a") end).
path_case() -> [filename:join(["a", "b", "/c", "d"]), filename:split("/a/b.c"), filename:basename("/a/b.c", ".c"), filename:extension("x.erl"), filename:dirname("a/b"), filename:rootname("a.b"), filename:absname("x", "/y"), filename:pathtype("/x")].
cwd_case() -> dir(fun() -> {ok, C} = file:get_cwd(), [is_list(C), file:set_cwd("none"), file:set_cwd(id(1))] end).
closed_by_death_case() -> dir(fun() -> S = self(), P = spawn(fun() -> {ok, F} = file:open("a", [write]), S ! F, receive go -> ok end end), F = receive X -> X end, R = monitor(process, F), P ! go, receive {'DOWN', R, _, _, W} -> W after 1000 -> none end end).
owner_case() -> dir(fun() -> S = self(), spawn(fun() -> {ok, F} = file:open("a", [raw, write]), S ! F, receive go -> ok end end), F = receive X -> X end, try_(fun() -> file:write(F, "x") end) end).
big_case() -> dir(fun() -> B = binary:copy(<<"0123456789abcdef">>, 200000), file:write_file("a", B), {ok, C} = file:read_file("a"), [B =:= C, byte_size(C)] end).
advise_case() -> dir(fun() -> {ok, F} = file:open("a", [raw, write, read]), [file:advise(F, 0, 0, normal), file:advise(F, 0, 0, bad), file:allocate(F, 0, 100)] end).
sendfile_enotsup_case() -> dir(fun() -> file:write_file("a", "x"), element(1, file:read_file_info("a", [raw])) end).
env_case() -> [os:putenv("ORACLE_X", "å"), os:getenv("ORACLE_X"), os:unsetenv("ORACLE_X"), os:getenv("ORACLE_X"), os:getenv("ORACLE_X", "default"), try_(fun() -> os:putenv("a=b", "c") end), lists:keymember("PATH", 1, [list_to_tuple(string:split(E, "=")) || E <- os:getenv()])].
os_case() -> [os:type(), is_list(os:getpid()), is_tuple(os:version()), os:find_executable("sh") =/= false, os:find_executable("surely-not-there")].
names_case() -> [file:native_name_encoding(), filename:join(<<"a">>, "b"), dir(fun() -> [file:write_file(<<"raw", 255>>, "x"), file:list_dir_all(".")] end)].
dets_case() -> dir(fun() -> {ok, T} = dets:open_file(t, [{file, "t.dets"}]), dets:insert(T, [{a, 1}, {b, 2}]), R = lists:sort(dets:match_object(T, '_')), dets:close(T), {ok, T2} = dets:open_file(t, [{file, "t.dets"}]), L = dets:lookup(T2, a), dets:close(T2), [R, L] end).
disk_log_case() -> dir(fun() -> {ok, L} = disk_log:open([{name, l}, {file, "l.log"}]), ok = disk_log:log_terms(L, [a, {b, 1}]), R = disk_log:chunk(L, start), disk_log:close(L), element(2, R) end).
zip_case() -> dir(fun() -> file:write_file("a", "hello"), {ok, Z} = zip:create("z.zip", ["a"]), {ok, L} = zip:unzip("z.zip", [memory]), [Z, L] end).
tar_case() -> dir(fun() -> file:write_file("a", "hello"), ok = erl_tar:create("t.tar.gz", ["a"], [compressed]), erl_tar:extract("t.tar.gz", [memory, compressed]) end).
