%% Unicode, strings, formatting, regular expressions.
-module(text).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.

to_binary_case() -> [unicode:characters_to_binary(X) || X <- ["abc", [229, 8364], <<"å"/utf8>>, ["a", [<<"b">>, 8364]], [16#10437]]].
to_binary_encodings_case() -> [try_(fun() -> unicode:characters_to_binary(X, I, O) end) || X <- [<<"abc">>, <<229>>, [8364]], I <- [utf8, latin1], O <- [utf8, latin1, utf16, {utf16, little}, utf32]].
to_list_case() -> [try_(fun() -> unicode:characters_to_list(X, I) end) || {X, I} <- [{<<"å€"/utf8>>, utf8}, {<<229>>, latin1}, {<<229>>, utf8}, {<<"a", 16#e2, 16#82>>, utf8}, {<<0, $a>>, utf16}, {[<<"a">>, 8364], utf8}, {x, utf8}]].
incomplete_case() -> [unicode:characters_to_binary(<<"a", 16#e2>>), unicode:characters_to_binary([<<"a">>, 255, <<16#ff>>]), unicode:characters_to_list([<<16#e2>>, <<16#82, 16#ac>>])].
bom_case() -> [unicode:bom_to_encoding(<<16#ef, 16#bb, 16#bf, "a">>), unicode:encoding_to_bom(utf8)].
normalise_case() -> [unicode:characters_to_nfc_list([$a, 778]), unicode:characters_to_nfd_binary(<<"å"/utf8>>)].
atom_case() -> [atom_to_list('å€'), atom_to_binary('å€'), list_to_atom([8364]), binary_to_atom(<<"x y"/utf8>>), try_(fun() -> list_to_atom(lists:duplicate(id(256), $a)) end), try_(fun() -> binary_to_atom(id(<<255>>)) end), try_(fun() -> list_to_existing_atom("surely_not_existing_1") end), try_(fun() -> list_to_atom(id([a])) end), atom_to_binary('å', latin1), try_(fun() -> atom_to_binary(id('€'), latin1) end), length(atom_to_list(list_to_atom(lists:duplicate(255, 8364))))].
string_case() -> [string:length("åb"), string:uppercase("straße"), string:lowercase("ÅB"), string:split("a b c", " ", all), string:trim("  x "), string:pad("x", 3), string:find("abcabc", "c", trailing), string:replace("aXbX", "X", "-", all), string:lexemes("a,b;c", ",;"), string:reverse("abc"), string:slice("hello", 1, 3), string:to_graphemes("e̊b"), string:titlecase("abc"), string:equal("a", "A", true)].
format_case() -> [lists:flatten(io_lib:format(F, A)) || {F, A} <- [{"~p", [{a, "str", <<"bin">>, 1.5}]}, {"~w", ["str"]}, {"~s~10s|~-10s|", ["a", "b", "c"]}, {"~5.2f ~e", [3.14159, 1.0]}, {"~c~3c", [$a, $b]}, {"~ts", [[8364]]}, {"~tp", ["å€"]}, {"~p", ["å€"]}, {"~b ~x ~.16b ~#", [10, 11, "0x"]}, {"~*c~i~n", [3, $x, ignored]}, {"~P", [lists:seq(1, 50), 10]}, {"~W", [{a, {b, {c, {d}}}}, 3]}, {"~10p|~-10p|~010b", [abc, abc, 42]}], F =/= "~b ~x ~.16b ~#"].
pretty_case() -> lists:flatten(io_lib:format("~p", [#{list => lists:seq(1, 40), tuple => {a, {b, "some longer text to wrap the line at the right place"}, [{k, v} || _ <- lists:seq(1, 5)]}, binary => <<"text and more text and still more of the same">>}])).
write_case() -> [io_lib:write_atom('A b'), io_lib:write_string("a\"b\n"), io_lib:print({a, b}), io_lib:printable_list("abc"), io_lib:printable_list([8364]), io_lib:printable_unicode_list([8364])].
scan_case() -> [io_lib:fread("~d ~s", "12 abc rest"), io_lib:fread("~f", "1.5"), io_lib:fread("~a-~u", "x-7")].
erl_scan_case() -> {ok, T, _} = erl_scan:string("f(X) when X > 1 -> {ok, \"s\", <<1:8>>, 1.5e3, $a, 'q a'}."), T.
erl_parse_case() -> {ok, T, _} = erl_scan:string("f(X) -> case X of 1 -> a; _ -> [Y || Y <- X] end."), {ok, F} = erl_parse:parse_form(T), lists:flatten(erl_pp:form(F)).
eval_case() -> {ok, T, _} = erl_scan:string("A = 3, F = fun(X) -> X * A end, lists:map(F, [1, 2, 3])."), {ok, E} = erl_parse:parse_exprs(T), {value, V, _} = erl_eval:exprs(E, []), V.
re_case() -> [re:run("abcabc", "b(c)"), re:run("abc", "x"), re:run("abcabc", "b", [global]), re:run("abc", "(a)(x)?(c)?", [{capture, all, list}]), re:run(<<"åb"/utf8>>, "b", [unicode]), re:run("aBc", "b", [caseless, {capture, all, binary}]), re:run("2024-01-02", "(?<y>\\d+)-(?<m>\\d+)", [{capture, [y, m], list}]), re:run("abc", "b", [{offset, 2}]), re:run("a\nb", "^b$", [multiline]), re:run("abc", "(?<n>b)", [{capture, all_names, list}])].
re_compile_case() -> {ok, P} = re:compile("a+b", [caseless]), [element(1, P), re:run("xAAB", P), re:compile("("), re:compile("[a", []), re:inspect(element(2, re:compile("(?<a>x)(?<b>y)")), namelist)].
re_replace_case() -> [re:replace("abc", "b", "[&]", [{return, list}]), re:replace("aaa", "a", "b", [global, {return, binary}]), re:replace("x1y2", "([a-z])(\\d)", "\\2\\1", [global, {return, list}]), re:split("a,b,,c", ",", [{return, list}]), re:split("a1b2c", "\\d", [{return, binary}, {parts, 2}]), re:split("abc", "", [{return, list}])].
re_bad_case() -> [try_(fun() -> re:run(id(x), "a") end), try_(fun() -> re:run("a", id([bad])) end), try_(fun() -> re:run("a", "a", [badopt]) end), try_(fun() -> re:run("a", "(") end)].
re_limit_case() -> [re:run(lists:duplicate(30, $a), "(a+)+$b", [{match_limit, 1000}]), re:run(lists:duplicate(30, $a), "(a+)+b", [{match_limit, 1000}, report_errors])].
re_empty_case() -> [re:run("", "^$"), re:run("aa", "", [global]), re:run("abc", "b*", [global, {capture, all, list}]), re:run("ab", "b", [notempty, anchored]), re:run("ab", "a", [{newline, crlf}, dotall])].
iolist_case() -> [io_lib:format("~s", [[<<"a">>, $b, ["c"]]]), try_(fun() -> lists:flatten(io_lib:format("~s", [[8364]])) end), try_(fun() -> io_lib:format("~d", [1]) end), try_(fun() -> io_lib:format("~p", []) end)].
calendar_case() -> [calendar:day_of_the_week(2024, 2, 29), calendar:date_to_gregorian_days(2024, 1, 1), calendar:gregorian_seconds_to_datetime(63000000000), calendar:system_time_to_rfc3339(0, [{offset, "Z"}]), calendar:valid_date(2023, 2, 29), erlang:universaltime_to_posixtime({{2000, 1, 1}, {0, 0, 0}}), erlang:posixtime_to_universaltime(0)].
time_case() -> [try_(fun() -> erlang:localtime_to_universaltime(id({{2020, 13, 1}, {0, 0, 0}}), true) end), erlang:convert_time_unit(1500, millisecond, second), erlang:convert_time_unit(-1, native, second), is_integer(erlang:system_time()), erlang:monotonic_time() =< erlang:monotonic_time(), tuple_size(os:timestamp()), try_(fun() -> erlang:system_time(id(bad)) end)].
uri_case() -> [uri_string:parse("http://a.b:80/c?d=e#f"), uri_string:percent_decode(<<"%41">>), uri_string:normalize("HTTP://A/%7eb/../c")].
rand_case() -> S = rand:seed_s(exsss, {1, 2, 3}), {A, S1} = rand:uniform_s(S), {B, S2} = rand:uniform_s(100, S1), {C, _} = rand:normal_s(S2), [A, B, C].
zlib_case() -> D = binary:copy(<<"hello world ">>, 100), [zlib:uncompress(zlib:compress(D)) =:= D, zlib:gunzip(zlib:gzip(D)) =:= D, zlib:unzip(zlib:zip(D)) =:= D, byte_size(zlib:compress(D)), zlib:compress(<<"abc">>), zlib:crc32(zlib:open(), <<"abc">>) =:= erlang:crc32(<<"abc">>), try_(fun() -> zlib:uncompress(<<"garbage">>) end)].
zlib_stream_case() -> Z = zlib:open(), ok = zlib:deflateInit(Z), B = [zlib:deflate(Z, <<"abc">>), zlib:deflate(Z, <<"def">>, finish)], zlib:deflateEnd(Z), ok = zlib:inflateInit(Z), R = iolist_to_binary(zlib:inflate(Z, B)), zlib:close(Z), R.
