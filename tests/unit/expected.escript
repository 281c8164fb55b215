#!/usr/bin/env escript
-mode(compile).
-compile({nowarn_deprecated_function, [{erlang, phash, 2}]}).
%% Writes what OTP says about a collection of terms and numbers, as C tables for test_term.c and test_number.c:
%%
%%     escript tests/unit/expected.escript > tests/unit/expected.h
%%
%% Terms stand there in the external format, as hexadecimal digits. Long results are given by their phash2.

main([]) ->
    io:format("// Made by expected.escript on OTP ~s. Do not edit.~n// clang-format off~n~n", [erlang:system_info(otp_release)]),
    Terms = terms(),
    table("struct expected_term expected_terms[]",
          [[hex(T), hash(T), erlang:phash(T, 1 bsl 32) - 1, {text, Display}]
           || {T, Display} <- lists:zip(Terms, displays(Terms))]),
    Ordered = [T || T <- Terms, not (is_list(T) andalso length_of(T) > 20)],
    table("char *const ordered_terms[]", [[hex(T)] || T <- Ordered]),
    table("char *const expected_order[]", [[{text, [order(A < B, A == B) || B <- Ordered]}] || A <- Ordered]),
    table("char *const expected_exact_order[]", [[{text, [exact_order(A, B) || B <- Ordered]}] || A <- Ordered]),
    Numbers = numbers(),
    table("char *const numbers[]", [[hex(A)] || A <- Numbers]),
    io:format("#define NUMBER_COUNT ~b~n~n", [length(Numbers)]),
    %% One hash for what all the operations say of a pair, or of a number.
    table("uint32_t expected_results[NUMBER_COUNT][NUMBER_COUNT]",
          [[hash([outcome(fun() -> erlang:Op(A, B) end) || Op <- operations()]) || B <- Numbers] || A <- Numbers]),
    table("uint32_t expected_singles[]",
          [[hash([outcome(fun() -> erlang:Op(A) end) || Op <- ['-', abs, 'bnot', trunc, round, floor, ceil, float]])]
           || A <- Numbers]),
    table("uint32_t expected_shifts[]",
          [[hash([outcome(fun() -> erlang:Op(A, B) end)
                  || Op <- ['bsl', 'bsr'], B <- [0, 1, -1, 7, 59, 60, 61, -64, 120, -300, 1000, a, 1.0]])] || A <- Numbers]),
    table("struct expected_integer_text expected_integer_texts[]",
          [[hex(A), {text, integer_to_list(A)}, hash([integer_to_list(A, Base) || Base <- lists:seq(2, 36)])]
           || A <- Numbers, is_integer(A)]),
    table("struct expected_float_text expected_float_texts[]",
          [[{bits, F}, {text, float_to_list(F, [short])}, hash([format(F, O) || O <- formats()])] || F <- floats()]),
    table("struct expected_float expected_floats[]",
          [[{text, S}, try {bits, list_to_float(S)} catch error:badarg -> {raw, "EXPECTED_NO_FLOAT"} end] || S <- float_texts()]).

table(Name, Rows) ->
    io:format("static const ~s = {~n", [Name]),
    [io:format("    ~s~s~s,~n", case Row of
                                    [One] -> ["", cell(One), ""];
                                    _ -> ["{", lists:join(", ", [cell(C) || C <- Row]), "}"]
                                end) || Row <- Rows],
    io:format("};~n~n").

cell({hex, Binary}) -> [$", [io_lib:format("~2.16.0b", [B]) || <<B>> <= Binary], $"];
cell({text, Text}) -> [$", [escape(C) || C <- lists:flatten(Text)], $"];
cell({bits, F}) -> <<B:64>> = <<F/float>>, io_lib:format("0x~.16b", [B]);
cell({raw, Text}) -> Text;
cell(N) when is_integer(N) -> io_lib:format("~bu", [N]).

escape(C) when C < 32; C > 126; C =:= $"; C =:= $\\; C =:= $? -> io_lib:format("\\~3.8.0b", [C]);
escape(C) -> C.

hex(T) -> <<131, Binary/binary>> = term_to_binary(T), {hex, Binary}.
hash(T) -> erlang:phash2(T, 1 bsl 32).

outcome(F) -> try F() catch error:Reason -> Reason end.

order(true, _) -> $<;
order(false, true) -> $=;
order(false, false) -> $>.
exact_order(A, B) -> lists:nth(erts_internal:cmp_term(A, B) + 2, "<=>").

length_of([_ | T]) -> 1 + length_of(T);
length_of(_) -> 0.

%% erlang:display writes past all I/O servers, so another emulator must do it.
displays(Terms) ->
    File = "/tmp/expected." ++ os:getpid(),
    ok = file:write_file(File, term_to_binary(Terms)),
    Output = os:cmd("erl -noshell -eval '{ok, B} = file:read_file(\"" ++ File ++ "\"), "
                    "[erlang:display(T) || T <- binary_to_term(B)], halt().' | od -An -v -tu1"),
    ok = file:delete(File),
    Bytes = [list_to_integer(N) || N <- string:lexemes(Output, " \n")],
    Lines = string:split(Bytes, "\r\n", all),
    %% Two texts are OTP's own affair: a large map is shown as the tree that it is, other nodes by a number of this one.
    [case re:run(L, "#<|(^|[^<])<[1-9]") of nomatch -> L; _ -> "" end || L <- lists:sublist(Lines, length(Terms))].

operations() -> ['+', '-', '*', '/', 'div', 'rem', 'band', 'bor', 'bxor', '<', '==', '=:='].

terms() ->
    _ = rand:seed(exsss, 1),
    A = 1, B = [x],
    [0, 1, -1, 255, 256, 1 bsl 27 - 1, 1 bsl 27, -(1 bsl 27), -(1 bsl 27) - 1, 1 bsl 31, 1 bsl 32, -(1 bsl 32),
     1 bsl 59, 1 bsl 61 - 1, 1 bsl 61, -(1 bsl 61), -(1 bsl 61) - 1, 1 bsl 63, 1 bsl 64 - 1, 1 bsl 64, -(1 bsl 64),
     1 bsl 100, 1 bsl 128 - 1, -(1 bsl 128), 3 bsl 300, 1 bsl 200 + 7,
     0.0, -0.0, 1.0, -1.0, 1.5, 0.1, 1.0e100, -1.0e-100, 5.0e-324, 1.0e308, 255.0, 134217728.0,
     9007199254740992.0, 9007199254740993, 9007199254740992, 1.8446744073709552e19, 1.0e22,
     a, b, 'A', '', abc, 'hello world', 'it\'s', nil, true, false, 'a\nb\\', list_to_atom([233]),
     list_to_atom([1024, 97]), list_to_atom([97, 128512]), list_to_atom([128, 255]),
     list_to_atom(lists:duplicate(255, $z)), 'a@b', aB_1,
     [], "a", "ab", "abc", "abcd", "abcde", "hello, world", [0], [255, 256], [1, 2 | 3], [a | b], [[]], [[[]]], [a, b, c],
     [1, a, 2, b], "abc" ++ [a], "abcd" ++ [a], "abc" ++ x, [[1, 2], "ab" | foo], "q\"\\\n\t\r", [233, 255], [127], [160],
     lists:seq(1, 300), lists:duplicate(40, $x), [[], []], [1.5 | 2],
     {}, {1}, {a, b}, {a, {b, {c}}}, {[], [], []}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {{}}, {1.0, 2}, {1, 2.0},
     #{}, #{a => 1}, #{1 => a}, #{1.0 => a}, #{a => 1, b => 2}, #{b => 2, c => 1}, #{a => #{b => #{}}}, #{[] => {}},
     #{1 => x, 1.0 => y}, maps:from_list([{X, X * X} || X <- lists:seq(1, 40)]),
     #{m => maps:from_list([{integer_to_binary(X), X} || X <- lists:seq(1, 100)]), z => 1},
     [#{a => 1}, #{a => 1}], {#{1 => 2}, #{3 => #{4 => 5}}, x},
     <<>>, <<0>>, <<"a">>, <<"ab">>, <<"hello, world">>, <<"exactly 12 b">>, <<"a \"quoted\" one\\">>, <<255, 0>>, <<1:1>>, <<0:1>>, <<5:3>>,
     <<"abc", 5:3>>, <<"abc", 1:7>>, <<"exactly 12 b", 3:2>>, <<0:800>>, <<1:801>>, rand:bytes(100), <<"a">>, <<97, 0:1>>,
     <<"é"/utf8>>, [<<>>], {<<>>, <<"x">>, 1}, [<<"ab">>, <<"cd">> | <<"ef">>],
     fun lists:map/2, fun lists:map/3, fun erlang:'+'/2, fun 'A b':'C'/0, fun a:b/1,
     fun() -> A end, fun() -> {A, B} end, fun(X) -> X end, [fun(X) -> {X, A} end],
     pid(nonode@nohost, 9, 0, 0), pid(nonode@nohost, 32767, 8191, 0), pid(nonode@nohost, 1, 1, 0), pid(a@b, 1, 0, 1),
     pid(a@b, 1, 0, 2), pid(z@z, 1, 0, 1), pid(a@b, 70000, 9000, 1), pid(a@b, 16#ffffffff, 16#ffffffff, 1),
     port(nonode@nohost, 5, 0), port(nonode@nohost, 70000, 0), port(a@b, 5, 1), port(a@b, 1 bsl 40 + 3, 1), port(z@z, 1, 0),
     {a, port(a@b, 5, 1)}, {a, port(a@b, 1 bsl 40 + 3, 1)}, {a, port(nonode@nohost, 5, 0)}, {a, pid(a@b, 70000, 9000, 1)},
     {a, ref(a@b, [1, 2, 3, 4, 5], 1), a}, #{pid(a@b, 70000, 9000, 1) => {[]}}, [a, [] | []], [[], a], {[], a, []},
     {1.5, -0.0, 0.0}, {<<>>, <<1:1>>, a}, [fun lists:map/2, a], {fun lists:map/3}, {1 bsl 64, -(1 bsl 64), 1 bsl 40}, {-5, 5},
     ref(nonode@nohost, [1, 2, 3], 0), ref(nonode@nohost, [3, 2, 1], 0), ref(nonode@nohost, [200000, 4000000000, 4000000000], 0),
     ref(a@b, [1], 1), ref(a@b, [1, 2], 1), ref(a@b, [1, 2, 3, 4, 5], 1), ref(a@b, [1, 2, 3], 2), ref(z@z, [1, 2, 3], 0)].

pid(Node, Id, Serial, Creation) -> identifier([88, node_name(Node), <<Id:32, Serial:32, Creation:32>>]).
port(Node, Number, Creation) when Number < 1 bsl 28 -> identifier([89, node_name(Node), <<Number:32, Creation:32>>]);
port(Node, Number, Creation) -> identifier([120, node_name(Node), <<Number:64, Creation:32>>]).
ref(Node, Ids, Creation) -> identifier([90, <<(length(Ids)):16>>, node_name(Node), <<Creation:32>> | [<<I:32>> || I <- Ids]]).
identifier(Parts) -> binary_to_term(iolist_to_binary([131 | Parts])).
node_name(Node) -> Text = atom_to_binary(Node), [119, byte_size(Text), Text].

numbers() ->
    Edges = [1 bsl 59, 1 bsl 60, 1 bsl 61, 1 bsl 63, 1 bsl 64, 1 bsl 119, 1 bsl 120, 1 bsl 121, 1 bsl 180],
    [0, 1, -1, 7, -10] ++ lists:append([[E, E - 1, -E] || E <- Edges]) ++
        [12345678901234567890123456789012345678901234567890, -98765432109876543210987654321, 1 bsl 1100,
         0.0, 1.5, -2.5, 1.0e15, 9007199254740993.0, 1152921504606846976.0, -2.305843009213694e18, 1.0e30, -1.3e36, 1.0e308].

formats() ->
    [[{scientific, N}] || N <- [0, 1, 5, 17, 20, 40]] ++
        [[{decimals, N} | Compact] || N <- [0, 1, 2, 3, 4, 8, 12, 17, 18, 19, 30], Compact <- [[], [compact]]].
format(F, Options) -> outcome(fun() -> float_to_list(F, Options) end).

floats() ->
    _ = rand:seed(exsss, 2),
    [0.0, -0.0, 1.0, -1.0, 0.1, 0.25, 0.5, 0.75, 1.5, 2.5, 3.5, 0.05, 0.15, 1.005, 2.675, 9.999, 9.9999999, 0.99999,
     4503599627370497.5, 9007199254740991.0, 9007199254740992.0, 9007199254740993.0, 9007199254740994.0, 1.0e22, 1.0e23,
     1.7976931348623157e308, 5.0e-324, 2.2250738585072014e-308, 123456789.123456789, 3.141592653589793] ++
        [math:pow(10, E) || E <- lists:seq(-12, 24)] ++ [-1.2 * math:pow(10, E) || E <- lists:seq(-8, 20)] ++
        [1.2345678 * math:pow(10, E) || E <- lists:seq(-12, 20)] ++
        [F || _ <- lists:seq(1, 150), <<F/float>> <- [rand:bytes(8)]] ++
        [(rand:uniform() - 0.5) * math:pow(10, rand:uniform(20)) || _ <- lists:seq(1, 100)] ++
        [rand:uniform(100000) / 1000 || _ <- lists:seq(1, 50)] ++ [rand:uniform(1000) / 8 || _ <- lists:seq(1, 30)].

float_texts() ->
    ["1.0", "1", "1.", ".1", "1.0e5", "1.0e", "1.0e+5", "1.0E-5", "+1.0", "-1.0", " 1.0", "1.0 ", "1e5", "1.0e400",
     "1.0e-400", "-0.0", "00.1", "1.0e5.0", "1,5", "1.0e 5", "inf", "nan", "0x1.0", "", "-", "-.1", "1.0e0005", "- 1.0",
     "1.0e+", "1.7976931348623159e308", "9.9e99999999999999999999", lists:duplicate(400, $1) ++ ".0",
     "1." ++ lists:duplicate(400, $1), "9007199254740993.0", "0.1", "2.2250738585072011e-308", "4.9e-324", "2.4e-324"].
