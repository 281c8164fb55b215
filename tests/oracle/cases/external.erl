%% The external term format.
-module(external).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.
terms() -> [0, 255, 256, -1, 1 bsl 27, 1 bsl 31, -(1 bsl 31), 1 bsl 32, 1 bsl 59, 1 bsl 64, -(1 bsl 64), 1 bsl 2048, -(1 bsl 2100), 1.5, -0.0, 1.0e300, a, '', 'an atom', 'å', '€', true, [], [1], [1, 2, 3], [256], "text", [a | b],
            {}, {a}, list_to_tuple(lists:seq(1, 300)), <<>>, <<"abc">>, <<1:1>>, <<"abc", 5:3>>, #{}, #{a => 1, b => [2]}, maps:from_list([{N, N} || N <- lists:seq(1, 20)]), fun lists:map/2, [[], [[]]], lists:duplicate(70000, $a), lists:seq(1, 100)].
encode_case() -> [case term_to_binary(T) of B when byte_size(B) < 200 -> B; B -> {byte_size(B), erlang:md5(B)} end || T <- terms()].
round_case() -> [binary_to_term(term_to_binary(T)) =:= T || T <- terms()].
size_case() -> [{erlang:external_size(T), byte_size(term_to_binary(T))} || T <- terms()].
minor_case() -> [term_to_binary(T, [{minor_version, V}]) || T <- [1.5, a, 'å', 'é', {x, 2.5}], V <- [0, 1, 2]].
compressed_case() -> T = lists:duplicate(1000, {some, "data"}), B = term_to_binary(T, [compressed]), [byte_size(B), binary_to_term(B) =:= T, term_to_binary(1, [compressed]), [byte_size(term_to_binary(T, [{compressed, L}])) || L <- [0, 1, 6, 9]]].
deterministic_case() -> term_to_binary(#{b => 1, a => 2}, [deterministic]).
iovec_case() -> iolist_to_binary(erlang:term_to_iovec({a, <<"bin">>})).
%% Large binaries stand in the list as they are.
iovec_parts_case() ->
    Big = rand_bytes(100000), <<_:1000/binary, Part:70000/binary, _/binary>> = Big, <<_:3, Odd:70001/bitstring, _/bitstring>> = Big,
    [begin
        V = erlang:term_to_iovec(T, O),
        {iolist_to_binary(V) =:= term_to_binary(T, O), binary_to_term(iolist_to_binary(V)) =:= T, [lists:member(B, V) || B <- [Big, Part]], lists:all(fun is_binary/1, V)}
     end || O <- [[], [{minor_version, 2}], [compressed]], T <- [Big, Part, [Big], {Big, Big}, #{a => [Part, b | Big], Big => Odd}, [Odd, Big | Odd], fun() -> Big end, {fun() -> Big end, Part}]].
rand_bytes(N) -> rand_bytes(N, 1, []).
rand_bytes(0, _, L) -> list_to_binary(L);
rand_bytes(N, S, L) -> S1 = (S * 1103515245 + 12345) band 16#7fffffff, rand_bytes(N - 1, S1, [S1 bsr 16 band 255 | L]).
bad_case() -> [try_(fun() -> binary_to_term(B) end) || B <- [<<>>, <<131>>, <<130, 97, 1>>, <<131, 98, 0>>, <<131, 104, 3, 97, 1>>, <<131, 108, 255, 255, 255, 255>>, <<131, 109, 0, 0, 0, 5, 1>>, <<131, 200>>, <<131, 100, 0, 5, "ab">>, <<131, 110, 5, 0, 1>>, <<131, 80, 0, 0, 0, 9, 1, 2>>, <<131, 118, 0, 1, 255>>, <<131, 77, 0, 0, 0, 1, 9, 1>>, <<131, 116, 0, 0, 0, 2, 97, 1, 97, 2, 97, 1, 97, 3>>, <<131, 70, 127, 240, 0, 0, 0, 0, 0, 0>>]].
bad_type_case() -> [try_(fun() -> binary_to_term(id(x)) end), try_(fun() -> term_to_binary(a, id([bad])) end), try_(fun() -> binary_to_term(<<131, 97, 1>>, id([bad])) end), try_(fun() -> binary_to_term(id(<<131, 97, 1, 1:1>>)) end)].
used_case() -> [binary_to_term(<<131, 97, 1, "rest">>, [used]), binary_to_term(<<131, 97, 1, "rest">>)].
safe_case() -> [try_(fun() -> binary_to_term(<<131, 119, 20, "never_made_atom_zzzz">>, [safe]) end), binary_to_term(<<131, 119, 2, "ok">>, [safe])].
old_forms_case() -> [binary_to_term(B) || B <- [<<131, 99, "1.50000000000000000000e+00", 0, 0, 0, 0, 0>>, <<131, 107, 0, 2, 1, 2>>, <<131, 115, 2, "ok">>, <<131, 105, 0, 0, 0, 1, 97, 7>>, <<131, 111, 0, 0, 0, 2, 1, 1, 1>>, <<131, 110, 1, 0, 5>>]].
pid_case() -> [binary_to_term(term_to_binary(self())) =:= self(), begin R = make_ref(), binary_to_term(term_to_binary(R)) =:= R end].
remote_pid_case() -> P = binary_to_term(<<131, 88, 119, 5, "a@b.c", 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 7>>), [node(P), is_pid(P), P < self(), term_to_binary(P), erlang:phash2(P), node(binary_to_term(<<131, 90, 0, 2, 119, 3, "x@y", 1:32, 2:32, 3:32>>))].
fun_case() -> X = id(5), F = fun(Y) -> X + Y end, G = binary_to_term(term_to_binary(F)), [G(1), G =:= F].
nested_case() -> D = lists:foldl(fun(_, A) -> {A, [A_ || A_ <- [1]]} end, x, lists:seq(1, 20000)), binary_to_term(term_to_binary(D)) =:= D.
huge_case() -> T = lists:seq(1, 500000), B = term_to_binary(T), {byte_size(B), binary_to_term(B) =:= T}.
%% As the result outgrows the memory that it is written to.
growing_case() ->
    Sizes = [0, 1, 60, 64, 65, 500, 505, 506, 507, 508, 511, 512, 513, 1020, 4080, 4085, 4090, 4091, 4095, 4096, 8190, 8200, 70000],
    [{S, erlang:md5(term_to_binary(T, O)), erlang:external_size(T, [{minor_version, 2}])} || S <- Sizes, O <- [[], [compressed], [{minor_version, 2}]],
        T <- [binary:copy(<<"x">>, S), lists:duplicate(S, a), [lists:seq(1, S rem 300), {binary:copy(<<7>>, S), 1.5}], fun() -> S end =/= S]].

%% What is told of a fun is more than it takes.
external_size_of_funs_case() ->
    X = list_to_integer("5"), F = fun(_) -> 0 end, G = fun(_) -> {X, F} end,
    [{erlang:external_size(T), byte_size(term_to_binary(T)), erlang:external_size(T, [{minor_version, 0}])} || T <- [F, G, [F, F], {F, [G]}, fun erlang:abs/1]].
