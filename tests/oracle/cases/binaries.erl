%% Binaries and bitstrings.
-module(binaries).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.

build_case() -> X = id(16#123456789), [<<X:4>>, <<X:8>>, <<X:36>>, <<X:40/little>>, <<X:64/little-signed>>, <<(-X):33>>, <<1:1, 2:3, 4:4>>, <<X:3, X:7/little>>, <<(id(1) bsl 100):128>>, <<(-(id(1) bsl 100)):113/little>>].
build_float_case() -> F = id(1.5), [<<F/float>>, <<F:32/float>>, <<F:16/float>>, <<F/float-little>>, <<F:32/float-little>>, <<(id(3)):64/float>>, try_(fun() -> <<(id(1.0e300)):32/float>> end), try_(fun() -> <<(id(a)):64/float>> end)].
build_binary_case() -> B = id(<<"hello">>), S = id(<<5:3>>), [<<B/binary, 1>>, <<B:2/binary>>, <<S/bitstring, B/binary>>, <<S/bits, S/bits>>, try_(fun() -> <<S/binary>> end), try_(fun() -> <<B:9/binary>> end), try_(fun() -> <<(id(x))/binary>> end), <<B:3/binary-unit:8>>, <<B:5/bitstring>>].
build_error_case() -> [try_(fun() -> <<(id(a))>> end), try_(fun() -> <<1:(id(-1))>> end), try_(fun() -> <<1:(id(a))>> end), try_(fun() -> <<(id(1.0)):8>> end)].
utf_case() -> [<<(id($å))/utf8>>, <<16#20AC/utf8>>, <<16#10437/utf16>>, <<16#10437/utf16-little>>, <<16#10437/utf32>>, try_(fun() -> <<(id(16#D800))/utf8>> end), try_(fun() -> <<(id(16#110000))/utf8>> end), try_(fun() -> <<(id(-1))/utf16>> end)].
match_integer_case() -> <<A:4, B:12/little, C:16/signed, D:7, E:1, R/binary>> = id(<<16#f2, 16#34, 16#ff, 16#fe, 16#81, "rest">>), [A, B, C, D, E, R].
%% Several integers behind one another: at every offset, from binaries in place and shared ones, as far as they reach.
fields(<<A:16/little, B:12, C:4, R/binary>>) -> {whole, A, B, C, R};
fields(<<A:3, B:24/little, C:7, R/bits>>) -> {bits, A, B, C, R};
fields(<<A:1, B:1, R/bits>>) -> {short, A, B, R};
fields(R) -> {rest, R}.
wide_fields(<<A:40, B:24, C:33, D:56/little, E:8, F:1, R/bits>>) -> [A, B, C, D, E, F, R];
wide_fields(<<A:8/signed, B:8, C:16, _:2, D:6, R/bits>>) -> [A, B, C, D, R];
wide_fields(R) -> R.
match_fields_case() ->
    Long = << <<(X * 37)>> || X <- lists:seq(1, 120) >>,
    Parts = [begin <<_:S, P:N/bits, _/bits>> = B, P end || B <- [Long, binary:part(Long, 0, 40)], S <- [0, 8, 1, 5, 77],
             N <- [0, 1, 2, 8, 31, 32, 33, 34, 40, 60, 63, 64, 65, 72, 96, 170, 240]],
    [{fields(P), wide_fields(P)} || P <- Parts] ++ [erlang:phash2(walk_fields(Long, []))].
walk_fields(<<A:16/little, B:12, C:4, R/binary>>, Acc) -> walk_fields(R, [A, B, C | Acc]);
walk_fields(<<A, B:5, C:2, R/bits>>, Acc) -> walk_fields(R, [A, B, C | Acc]);
walk_fields(R, Acc) -> [R | Acc].
match_again_case() -> F = fun F(<<$=, R/binary>>, N) -> F(R, N + 1); F(<<A, B, $=, R/binary>>, N) -> F(R, N + A + B); F(<<_, R/binary>>, N) -> F(R, N); F(R, N) -> {R, N} end, B = binary:copy(<<"key=value;x=y\n">>, 20), <<_:3, Odd/bits>> = B, [F(B, 0), F(Odd, 0), F(<<"a=b">>, 0), F(<<"a=b", 1:1>>, 0)].
match_sizes_case() -> [begin <<X:N, _/bits>> = id(<<16#deadbeefcafebabe0123456789abcdef:128>>), X end || N <- [0, 1, 3, 8, 13, 31, 32, 33, 59, 60, 61, 62, 63, 64, 65, 100, 128]].
match_signed_case() -> [begin <<_:S, X:N/signed, _/bits>> = id(<<16#deadbeefcafebabe0123456789abcdef:128>>), X end || N <- [1, 8, 13, 60, 61, 62, 64, 100], S <- [0, 3, 8]].
match_little_case() -> [begin <<_:S, X:N/little, _/bits>> = id(<<16#deadbeefcafebabe0123456789abcdef:128>>), X end || N <- [1, 8, 13, 16, 59, 61, 62, 64, 65, 100], S <- [0, 5]].
match_signed_little_case() -> [begin <<X:N/little-signed, _/bits>> = id(<<16#deadbeefcafebabe0123456789abcdef:128>>), X end || N <- [1, 8, 13, 16, 59, 61, 62, 64, 65, 100]].
match_float_case() -> <<A/float, B:32/float, C:16/float, D/float-little>> = id(<<1.5/float, 2.5:32/float, 0.5:16/float, 3.5/float-little>>), [A, B, C, D].
match_nan_case() -> case id(<<16#7ff8000000000000:64>>) of <<F/float>> -> F; <<I:64>> -> {no_float, I} end.
match_utf_case() -> F = fun F(<<C/utf8, R/binary>>) -> [C | F(R)]; F(R) -> {rest, R} end, [F(<<"aåß€𐐷"/utf8>>), F(<<16#c0, 16#80>>), F(<<16#ed, 16#a0, 16#80>>), F(<<"a", 16#e2, 16#82>>), F(<<16#f4, 16#90, 16#80, 16#80>>)].
match_utf16_case() -> F = fun F(<<C/utf16, R/binary>>) -> [C | F(R)]; F(R) -> {rest, R} end, [F(<<"a€𐐷"/utf16>>), F(<<16#d800:16>>), F(<<16#dc00:16>>), F(<<0>>)].
match_utf32_case() -> F = fun F(<<C/utf32-little, R/binary>>) -> [C | F(R)]; F(R) -> {rest, R} end, [F(<<$a:32/little, 16#10437:32/little>>), F(<<16#110000:32/little>>)].
match_string_case() -> F = fun(<<"abc", R/binary>>) -> {abc, R}; (<<"ab", R/binary>>) -> {ab, R}; (_) -> no end, [F(<<"abcd">>), F(<<"abd">>), F(<<"x">>), F(<<"ab":16/bits>>)].
%% The compiler counts no live register for a literal that is matched.
match_literal_case() -> <<_:3, B:5/binary, R/bits>> = <<5:3, "hello, world", 0:5>>, <<N:16, _/binary>> = <<"0123456789">>, [B, R, N].
match_size_from_data_case() -> <<N:8, S:N/binary, M:8, T:M/bits, R/bits>> = id(<<3, "abc", 5, 21:5, 1:2>>), [S, T, R].
match_tail_case() -> F = fun(<<>>) -> empty; (<<_:8>>) -> one; (<<_:8, R/binary>>) -> {more, R}; (<<R/bits>>) -> {bits, R} end, [F(<<>>), F(<<1>>), F(<<1, 2>>), F(<<1:3>>), F(<<1, 1:1>>)].
match_unit_case() -> F = fun(<<R/binary-unit:16>>) -> {even, R}; (<<R/binary>>) -> {odd, R}; (_) -> bits end, [F(<<1, 2>>), F(<<1>>), F(<<1:1>>)].
skip_case() -> <<_:3, _:5/bits, _:1/binary, X/binary>> = id(<<1, 2, 3, 4>>), X.
error_case() -> [try_(fun() -> <<_:8>> = id(<<>>) end), try_(fun() -> <<_:8>> = id(x) end), try_(fun() -> (fun(<<1>>) -> ok end)(id(<<2>>)) end)].
size_case() -> [byte_size(<<1, 2>>), bit_size(<<1:3>>), byte_size(<<1:3>>), size(<<1, 2>>), try_(fun() -> byte_size(id(a)) end), try_(fun() -> bit_size(id(a)) end)].
part_case() -> B = <<"0123456789">>, [binary_part(B, 2, 3), binary_part(B, 5, -2), binary_part(B, {0, 10}), binary:part(B, {9, 1}), try_(fun() -> binary_part(B, 8, id(3)) end), try_(fun() -> binary_part(id(a), 0, 0) end)].
split_binary_case() -> [split_binary(<<"abc">>, 1), split_binary(<<"abc">>, 3), try_(fun() -> split_binary(<<"abc">>, id(4)) end)].
list_case() -> [binary_to_list(<<1, 2, 3>>), binary_to_list(<<1, 2, 3>>, 2, 3), list_to_binary([1, [2, <<3>>], <<>>]), bitstring_to_list(<<1, 2:3>>), list_to_bitstring([1, <<2:3>>]), try_(fun() -> binary_to_list(id(<<1:1>>)) end), try_(fun() -> list_to_binary(id([256])) end), try_(fun() -> list_to_binary(id([1 | 2])) end), list_to_binary([1 | <<2>>])].
iolist_case() -> [iolist_size([1, [2, <<"abc">>] | <<"d">>]), iolist_to_binary(["ab", [$c], <<"d">>]), iolist_to_binary(<<"x">>), try_(fun() -> iolist_size(id(a)) end), try_(fun() -> iolist_to_binary(id([a])) end), erlang:iolist_to_iovec([<<"ab">>, "cd"])].
compare_case() -> [<<1>> < <<2>>, <<1, 2>> > <<1>>, <<1:1>> < <<1>>, <<>> < <<0:1>>, <<"a">> == id(<<"a">>), <<255>> > <<1:7, 1:1>>].
append_case() -> B = lists:foldl(fun(N, A) -> <<A/binary, N:16>> end, <<>>, lists:seq(1, 1000)), [byte_size(B), erlang:crc32(B)].
append_fork_case() -> A = lists:foldl(fun(N, X) -> <<X/binary, N>> end, <<>>, lists:seq(1, 200)), B = <<A/binary, "one">>, C = <<A/binary, "two">>, [binary:part(B, byte_size(B), -3), binary:part(C, byte_size(C), -3), byte_size(A)].
append_bits_case() -> B = lists:foldl(fun(N, A) -> <<A/bits, N:3>> end, <<>>, lists:seq(1, 1000)), [bit_size(B), erlang:phash2(B)].
comprehension_case() -> [<< <<(X + 1)>> || <<X>> <= <<1, 2, 3>> >>, << <<X:4>> || X <- [1, 2, 3] >>, [X || <<X:3>> <= <<1, 2>>], << <<B/binary, 0>> || B <- [<<"a">>, <<"b">>] >>].
offset_case() -> <<_:3, B/bits>> = id(<<"some longer text so that it is not in place, with an odd offset, ........................">>), [bit_size(B), erlang:phash2(B), B == id(B), <<B/bits, 0:3>>].
copy_case() -> [binary:copy(<<"ab">>, 3), binary:copy(<<>>, 3), binary:copy(<<"x">>), try_(fun() -> binary:copy(<<"a">>, id(-1)) end), binary:referenced_byte_size(<<"abc">>)].
at_case() -> [binary:at(<<"abc">>, 1), binary:first(<<"abc">>), binary:last(<<"abc">>), try_(fun() -> binary:at(<<"abc">>, id(3)) end), try_(fun() -> binary:first(id(<<>>)) end)].
unsigned_case() -> [binary:encode_unsigned(0), binary:encode_unsigned(256), binary:encode_unsigned(1 bsl 80), binary:encode_unsigned(258, little), binary:decode_unsigned(<<1, 2, 3>>), binary:decode_unsigned(<<1, 2, 3>>, little), binary:decode_unsigned(<<>>), try_(fun() -> binary:encode_unsigned(id(-1)) end)].
find_case() -> B = <<"abracadabra">>, [binary:match(B, <<"ra">>), binary:match(B, [<<"cad">>, <<"br">>]), binary:match(B, <<"zz">>), binary:matches(B, <<"a">>), binary:matches(B, [<<"ab">>, <<"abra">>]), binary:match(B, <<"a">>, [{scope, {1, 5}}]), try_(fun() -> binary:match(B, id(<<>>)) end), try_(fun() -> binary:match(B, id([])) end)].
split_case() -> [binary:split(<<"a,b,c">>, <<",">>), binary:split(<<"a,b,c">>, <<",">>, [global]), binary:split(<<",a,,">>, <<",">>, [global, trim]), binary:split(<<",a,,">>, <<",">>, [global, trim_all]), binary:split(<<"a-b,c">>, [<<",">>, <<"-">>], [global]), binary:split(<<>>, <<",">>)].
replace_case() -> [binary:replace(<<"a.b.c">>, <<".">>, <<"-">>, [global]), binary:replace(<<"abc">>, <<"b">>, <<"[]">>, [{insert_replaced, 1}]), binary:compile_pattern(<<"x">>) =/= x].
common_case() -> [binary:longest_common_prefix([<<"abcd">>, <<"abxy">>]), binary:longest_common_suffix([<<"xcd">>, <<"ycd">>]), binary:longest_common_prefix([<<>>])].
hash_case() -> [erlang:md5(<<"abc">>), erlang:crc32(<<"abc">>), erlang:adler32(<<"abc">>), erlang:crc32([<<"a">>, "bc"]), erlang:crc32_combine(erlang:crc32(<<"ab">>), erlang:crc32(<<"c">>), 1), erlang:adler32_combine(erlang:adler32(<<"ab">>), erlang:adler32(<<"c">>), 1), erlang:md5_final(erlang:md5_update(erlang:md5_init(), "abc"))].
phash2_case() -> [erlang:phash2(X) || X <- [<<>>, <<"a">>, <<"abc">>, <<"abcdefghijklmnop">>, <<1:1>>, <<"abc", 5:3>>, binary:copy(<<"x">>, 1000)]].
packet_case() -> [erlang:decode_packet(2, <<0, 3, "abcd">>, []), erlang:decode_packet(line, <<"ab\ncd">>, []), erlang:decode_packet(4, <<0, 0>>, []), erlang:decode_packet(http, <<"GET /x HTTP/1.1\r\nHost: a\r\n\r\n">>, []), erlang:decode_packet(httph_bin, <<"Host: a\r\n\r\n">>, []), erlang:decode_packet(1, <<2, 1>>, []), erlang:decode_packet(raw, <<"ab">>, [])].
hex_case() -> [binary:encode_hex(<<1, 171>>), binary:decode_hex(<<"01AB">>), binary:list_to_bin([1, 2]), binary:bin_to_list(<<1, 2, 3>>, 1, 2)].
base64_case() -> [base64:encode(<<"hello">>), base64:decode(<<"aGVsbG8=">>), base64:encode_to_string("a"), try_(fun() -> base64:decode(<<"*">>) end)].
shared_case() -> B = binary:copy(<<"0123456789">>, 100), <<_:100/binary, S:200/binary, _/binary>> = B, [byte_size(S), binary:referenced_byte_size(S), binary:referenced_byte_size(binary:copy(S))].
big_size_case() -> [try_(fun() -> <<0:(id(1 bsl 70))>> end), case id(<<1, 2>>) of <<_:(1 bsl 40), _/bits>> -> yes; _ -> no end].

%% Which one of several bad segments is named.
named_(F) -> try F() catch C:R:S -> {C, R, [maps:get(cause, Info, none) || {error_info, Info} <- element(4, hd(S))]} end.
append_bits(A, B, _) -> <<A/binary, B/bits>>.
append_integer(A, B, C) -> <<A/binary, B:8, C/bits>>.
append_utf8(A, B, _) -> <<A/bits, B/utf8>>.
append_utf32(A, B, C) -> <<A/binary, B/utf32, C/bits>>.
append_sized_binary(A, B, S) -> <<A/binary, B:S/bits>>.
append_sized(A, B, S) -> <<A/binary, B:S>>.
sized_binaries(A, B, S) -> <<A:S/bits, B:S/binary>>.
bad_segments_case() ->
    Values = [a, <<>>, <<1:3>>, 5, 1.0, 16#d800, binary:copy(<<7>>, 10)],
    [{F, named_(fun() -> ?MODULE:F(A, B, C) end)} || F <- [append_bits, append_integer, append_utf8, append_utf32], A <- Values, B <- Values, C <- [a, <<2>>]] ++
    [{F, named_(fun() -> ?MODULE:F(A, B, S) end)} || F <- [append_sized_binary, append_sized, sized_binaries], A <- Values, B <- Values, S <- [x, -1, 8, 1 bsl 70, 9]].
