%% Numbers, atoms and identifiers as text and back; math; checksums; hashes; tests of type.
-module(conversions).
-compile([export_all, nowarn_export_all, {nowarn_deprecated_function, [{erlang, phash, 2}]}]).

id(X) -> binary_to_term(term_to_binary(X)).
try_(F) -> try F() catch C:R -> {C, R} end.
each(F, Xs) -> [try_(fun() -> F(X) end) || X <- Xs].

list_to_integer_case() -> each(fun list_to_integer/1, ["", "-", "+", "+1", "-1", " 1", "1 ", "1.0", "-0", "00012", "12345678901234567890", "-2305843009213693952", "2305843009213693952", foo, [1 | 2], "1_0", [$1 | $2], "--1", [49, a], <<"1">>, lists:duplicate(500, $7)]).
list_to_integer_base_case() -> each(fun({L, B}) -> list_to_integer(L, B) end, [{"fF", 16}, {"FFFFFFFFFFFFFFFFFFFFFFF", 16}, {"-G", 16}, {"10", 1}, {"10", 2}, {"zZ", 36}, {"10", 37}, {"10", -1}, {"10", foo}, {"10", id(1 bsl 70)}]).
binary_to_integer_case() -> each(fun binary_to_integer/1, [<<>>, <<"-">>, <<"+1">>, <<"12a">>, <<1:3>>, foo, binary:part(<<"x123y">>, 1, 3), <<"-99999999999999999999">>]) ++ each(fun({L, B}) -> binary_to_integer(L, B) end, [{<<"ff">>, 16}, {<<"2">>, 2}, {<<"1">>, 0}]).
integer_to_list_case() -> each(fun({I, B}) -> {integer_to_list(I, B), integer_to_binary(I, B)} end, [{-255, 16}, {0, 2}, {1, 1}, {1, 37}, {a, 2}, {35, 36}, {-(1 bsl 100), 16}, {1 bsl 1000, 7}]) ++ each(fun integer_to_list/1, [0, -1, 1 bsl 61, -(1 bsl 61), 1 bsl 300, 1.0, a]) ++ each(fun integer_to_binary/1, [0, 12, a]).
list_to_float_case() -> each(fun list_to_float/1, ["1.0", "1", "1.", ".1", "1.0e5", "1.0e", "1.0e+5", "1.0E-5", "+1.0", "-1.0", " 1.0", "1.0 ", "1e5", "1.0e400", "1.0e-400", "-0.0", "1,5", "inf", foo, [$1 | a]]).
binary_to_float_case() -> each(fun binary_to_float/1, [<<"1.0">>, <<"1">>, <<"1.0e400">>, foo, <<1:1>>, <<>>]).
float_to_list_case() -> each(fun({F, O}) -> {float_to_list(F, O), float_to_binary(F, O)} end, [{F, O} || F <- [0.0, -0.0, 1.0, 0.1, 1.0e22, 1.0e23, 1.0e-7, 123.456, -2.5, 1.0e300, 1], O <- [[], [short], [compact], [{decimals, 2}], [{decimals, 4}, compact], [{scientific, 3}], [{decimals, 0}], [{decimals, 253}], [{decimals, 254}], [{scientific, 249}], [{scientific, 250}], [{decimals, -1}], [{decimals, a}], foo, [foo], [short | foo], [short, {decimals, 1}], [{decimals, 1}, {scientific, 2}]]]).
float_to_list_plain_case() -> each(fun(F) -> {float_to_list(F), float_to_binary(F)} end, [0.0, 1.5, -1.0e-200, 1, a]).
string_to_integer_case() -> each(fun string:list_to_integer/1, ["", "-", "+12abc", "-1", "a", [$1, $2 | foo], foo, [$1, 1000], "12345678901234567890 x", "--1", "-x", [$1, a], [a], [0]]).
string_to_float_case() -> each(fun string:list_to_float/1, ["", "-", "+12abc", "-1.0", "1.0abc", "1.0e5x", "1.0e", "1.0ex", "1.", "1", [$1, $., $0 | foo], foo, "1.0e400", "1.0e+", "1.0e+5", "a1.0", [$1, $., a], "-.1", "1.0e-400 z", " 1.0", "1,5x"]).

list_to_atom_case() -> each(fun(X) -> byte_size(atom_to_binary(list_to_atom(X))) end, [lists:duplicate(255, $a), lists:duplicate(256, $a), [], "abc", [1024], [16#d800], [16#110000], [16#10ffff], [-1], [a], foo, [$a | b], ["a"], lists:duplicate(255, 1025), lists:duplicate(256, 1025), [id(1 bsl 70)]]).
list_to_existing_atom_case() -> each(fun list_to_existing_atom/1, [lists:duplicate(256, $a), "nonono" ++ "_x", [a], foo, "erlang", [$a | b]]).
binary_to_atom_case() -> each(fun({X, E}) -> byte_size(atom_to_binary(binary_to_atom(X, E))) end, [{<<"abc">>, utf8}, {<<"abc">>, unicode}, {<<"abc">>, latin1}, {<<"abc">>, foo}, {<<255>>, utf8}, {<<255>>, latin1}, {binary:copy(<<"a">>, 256), utf8}, {binary:copy(<<"a">>, 256), latin1}, {binary:copy(<<208, 129>>, 255), utf8}, {binary:copy(<<208, 129>>, 256), utf8}, {foo, utf8}, {<<1:3>>, utf8}, {<<16#ED, 16#A0, 16#80>>, utf8}, {<<16#F4, 16#90, 16#80, 16#80>>, utf8}, {"abc", utf8}, {<<"abc">>, 1}]).
binary_to_existing_atom_case() -> each(fun({X, E}) -> binary_to_existing_atom(X, E) end, [{<<"abc">>, utf8}, {<<"nono", "nono">>, unicode}, {<<"abc">>, foo}, {<<255>>, utf8}, {<<254>>, latin1}, {binary:copy(<<"a">>, 256), utf8}, {binary:copy(<<"a">>, 258), latin1}]).
atom_to_text_case() -> each(fun({X, E}) -> atom_to_binary(X, E) end, [{abc, utf8}, {'é', latin1}, {'é', utf8}, {'Ѐ', latin1}, {'Ѐ', utf8}, {abc, foo}, {1, utf8}, {abc, unicode}]) ++ each(fun atom_to_list/1, ['Ѐé', '', abc, 1]).

list_to_pid_case() -> [try pid_to_list(list_to_pid(X)) catch C:R -> {C, R} end || X <- ["<0.1.0>", "<0.1.2>", "<0.32767.8191>", "<0.32768.0>", "<0.1.8192>", "<0.1>", "<0.1.2> ", "0.1.2", "<0.1.2", "<1.1.2>", "<0.-1.2>", "<0.a.2>", a, [a], "<0.1.2.3>", "< 0.1.2>", "<0.1.99999999999>", "<0.99999999999999999999.1>", "<00.01.02>"]].
list_to_port_case() -> [try port_to_list(list_to_port(X)) catch C:R -> {C, R} end || X <- ["#Port<0.1>", "#Port<0.268435455>", "#Port<0.268435456>", "#Port<0.99999999999999999999>", "#Port<1.1>", "#Port<0.1", "Port<0.1>", a, "#Port<0.1>x"]].
list_to_ref_case() -> [try ref_to_list(list_to_ref(X)) catch C:R -> {C, R} end || X <- ["#Ref<0.1.2.3>", "#Ref<0.1.2>", "#Ref<0.1>", "#Ref<0.1.2.3.4>", "#Ref<0.1.2.3.4.5>", "#Ref<0.4294967295.1.262143>", "#Ref<0.1.1.262144>", "#Ref<0.4294967296.1.1>", "#Ref<1.1.2.3>", a, "#Ref<0.1.2.3", "#Ref<0.0.0.0>", "#Ref<0.1.2.3>x"]].
own_identifiers_case() -> R = make_ref(), T = ets:new(t, []), [list_to_pid(pid_to_list(self())) =:= self(), list_to_ref(ref_to_list(R)) =:= R, list_to_ref(ref_to_list(T)) =:= T].
fun_to_list_case() -> [erlang:fun_to_list(F) || F <- [fun lists:map/2, fun 'A B':'c d'/2]].
no_identifier_case() -> [try_(fun() -> erlang:F(id(a)) end) || F <- [pid_to_list, port_to_list, ref_to_list, fun_to_list]].

math_case() -> [try_(fun() -> math:F(id(X)) end) || F <- [acos, acosh, asin, asinh, atan, atanh, ceil, cos, cosh, erf, erfc, exp, floor, log, log10, log2, sin, sinh, sqrt, tan, tanh], X <- [-1, 0, 1.0, a, 1 bsl 2000, 1000, 0.3, -0.0]].
math_two_case() -> [try_(fun() -> math:F(id(X), id(Y)) end) || F <- [atan2, fmod, pow], X <- [0, -1, 2.5, 10, a], Y <- [0, -1, 2, 400, a, 1 bsl 2000]].
rounding_case() -> [try_(fun() -> erlang:F(id(X)) end) || F <- [trunc, round, floor, ceil, float, abs, '-', '+'], X <- [a, -0.0, -1.5, 2.5, 0.49999999999999994, 1.0e30, -(1 bsl 61), -(1 bsl 100), 1 bsl 2000]].
booleans_case() -> [try_(fun() -> erlang:F(A, B) end) || F <- ['and', 'or', 'xor'], A <- [true, false, 1], B <- [true, false, 1]] ++ each(fun(X) -> not X end, [true, false, 1]).

types() -> [1, 1 bsl 70, 1.0, a, [], [a], {}, {a, 1}, #{}, maps:from_list([{Y, Y} || Y <- lists:seq(1, 50)]), <<>>, <<0:800>>, <<1:3>>, self(), make_ref(), fun math_case/0, fun lists:map/2, hd(erlang:ports()), ets:new(a, []), true].
type_tests_case() -> [[erlang:F(X) || X <- types()] || F <- [is_atom, is_binary, is_bitstring, is_boolean, is_float, is_function, is_integer, is_list, is_map, is_number, is_pid, is_port, is_reference, is_tuple]].
term_type_case() -> [erts_internal:term_type(X) || X <- types()].
is_function_case() -> each(fun({F, A}) -> is_function(id(F), id(A)) end, [{a, -1}, {a, 1.0}, {fun math_case/0, 0}, {fun math_case/0, 1}, {fun lists:map/2, 2}, {fun lists:map/2, 3}, {fun lists:map/2, 1 bsl 80}, {fun lists:map/2, -(1 bsl 80)}]).
is_record_case() -> each(fun({R, T, S}) -> is_record(id(R), id(T), id(S)) end, [{{a, 1}, a, -1}, {{a, 1}, a, 0}, {{a, 1}, a, 1 bsl 80}, {{a, 1}, a, 2}, {{a, 1}, b, 2}, {{a}, 1, 1}, {{}, a, x}]) ++ each(fun({R, T}) -> is_record(id(R), id(T)) end, [{{}, a}, {{a, 1}, a}, {{a, 1}, 1}, {x, a}]).
compare_case() -> [erts_internal:cmp_term(X, Y) || {X, Y} <- [{1, 2}, {1, 1.0}, {1.0, 1}, {1.0, 1.0}, {100, 1.0}, {a, 1}, {1 bsl 70, 1.0}]].
zeros_case() -> Z = id(-0.0), [Z =:= 0.0, Z == 0.0, maps:get(Z, #{0.0 => 1}, none), case Z of 0.0 -> yes; _ -> no end, case id({0.0}) of {Z} -> yes; _ -> no end, erlang:phash2(Z) =:= erlang:phash2(0.0), maps:get(Z, maps:from_list([{float(X), X} || X <- lists:seq(0, 100)]), none), lists:member(Z, [0.0]), lists:keyfind(Z, 1, [{0.0, x}])].

iodata() -> [<<>>, "abc", [<<"ab">>, $c, ["d"]], a, [a], <<1:3>>, [<<1:3>>], [256], ["a" | <<"b">>], ["a" | b], binary:copy(<<"abcdefg">>, 100000)].
checksum_case() -> [try_(fun() -> erlang:F(X) end) || F <- [crc32, adler32, md5], X <- iodata()].
checksum_unaligned_case() -> B = <<1:3, (binary:copy(<<"abcdefg">>, 10000))/binary>>, <<_:3, C/bitstring>> = B, [erlang:crc32(C), erlang:adler32(C), erlang:md5(C), erlang:phash2(C)].
checksum_start_case() -> each(fun({F, S, D}) -> erlang:F(id(S), D) end, [{F, S, "abc"} || F <- [crc32, adler32], S <- [0, 1, 12345, 16#ffffffff, 1 bsl 32, -1, a]]).
checksum_combine_case() -> each(fun({F, A, B, N}) -> erlang:F(A, B, id(N)) end, [{F, A, 2, N} || F <- [crc32_combine, adler32_combine], A <- [1, 1 bsl 33], N <- [0, 1, 3, -3, 1 bsl 31, 1 bsl 40, 1 bsl 70]]).
md5_parts_case() -> C = erlang:md5_init(), [byte_size(C), erlang:md5_final(C), erlang:md5_final(erlang:md5_update(erlang:md5_update(C, "abc"), [<<"def">>, lists:duplicate(1000, $x)])), try_(fun() -> erlang:md5_update(<<"x">>, "a") end), try_(fun() -> erlang:md5_final(<<"x">>) end), try_(fun() -> erlang:md5_update(C, x) end)].
phash_case() -> each(fun({F, R}) -> erlang:F(abc, id(R)) end, [{F, R} || F <- [phash, phash2], R <- [0, 1, 1000, 1 bsl 32, (1 bsl 32) + 1, (1 bsl 32) - 1, -1, a]]).
phash2_case() -> [erlang:phash2(X) || X <- [abc, "abc", {1, 2}, #{a => 1}, <<"abc">>, 1.5, 1 bsl 100, [], lists:seq(1, 1000)]].
display_case() -> [try_(fun() -> erlang:display_string(X) end) || X <- [foo, [a], [$a | b], <<"abc">>, [[$a]]]].
