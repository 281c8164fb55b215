%% Run by test_exec.c on Purlin's interpreter and on OTP: run/0 must return the same. Needs no other module.
-module(exec_sample).
-export([main/0, run/0, fib/1, id/1, cause/1]).

-record(point, {x = 0, y = 0}).

main() ->
    test_exec:returns(run()).

run() ->
    [{Name, try Test() catch Class:Reason -> {Class, Reason} end} || {Name, Test} <- tests()].

tests() ->
    [{fib, fun() -> fib(15) end},
     {arithmetic, fun arithmetic/0},
     {big, fun big/0},
     {compare, fun compare/0},
     {choices, fun() -> [choice(id(N)) || N <- [0, 1, 2, 3, 4, 5, 100, foo, bar, baz, zap, 1.5, 1 bsl 70, "x"]] end},
     {tuples, fun tuples/0},
     {records, fun records/0},
     {lists, fun lists/0},
     {funs, fun funs/0},
     {catches, fun catches/0},
     {stacktraces, fun stacktraces/0},
     {maps, fun maps/0},
     {floats, fun floats/0},
     {bits, fun bits/0},
     {build, fun build/0},
     {deep, fun() -> deep(20000) end},
     {garbage, fun() -> garbage(3000, []) end},
     {applies, fun applies/0}].

id(X) -> X.

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

arithmetic() ->
    A = id(17), B = id(5), N = id(-17),
    [A + B, A - B, A * B, A div B, A rem B, N div B, N rem B, A band B, A bor B, A bxor B, A bsl B, A bsr 2, N bsr 2,
     N bsr 100, A / B, -A, +A, bnot_(A)].

bnot_(A) -> A bxor -1.

big() ->
    Max = id((1 bsl 59) - 1),
    B = Max * Max,
    [B, B + 1, B - B, B div Max, B rem 1000, Max + Max + Max + Max + Max, 1 bsl id(200), (1 bsl id(200)) bsr 190,
     fact(30), fact(30) div fact(28)].

fact(0) -> 1;
fact(N) -> N * fact(N - 1).

compare() ->
    L = [1, 1.0, 2, a, b, {}, {1}, [], [1], #{}, <<>>, <<1>>, 1 bsl 80],
    [[{X < Y, X =< Y, X == Y, X =:= Y, X /= Y, X =/= Y} || X <- L] || Y <- L].

choice(0) -> zero;
choice(1) -> one;
choice(2) -> two;
choice(3) -> three;
choice(4) -> four;
choice(100) -> hundred;
choice(foo) -> 1;
choice(bar) -> 2;
choice(baz) -> 3;
choice(1.5) -> float;
choice(N) when N =:= 1 bsl 70 -> big;
choice([_ | _]) -> list;
choice(_) -> none.

tuples() ->
    T = id({a, b, c}),
    {X, Y, Z} = T,
    [Z, Y, X, element(2, T), setelement(1, T, id(z)), tuple_size(T), arity({}), arity({1}), arity({1, 2}), arity(x)].

arity({}) -> 0;
arity({_}) -> 1;
arity({_, _}) -> 2;
arity(_) -> other.

records() ->
    P = id(#point{x = 3}),
    [P#point.x, P#point{y = 4}, kind_of(catch (id(nothing))#point.x), is_record(P, point)].

lists() ->
    L = seq(1, 10),
    [reverse(L, []), [X * X || X <- L, X rem 2 =:= 0], [{X, Y} || X <- [1, 2], Y <- [a, b]], hd(L), tl([x, y]), sum(L)].

seq(From, To) when From > To -> [];
seq(From, To) -> [From | seq(From + 1, To)].

reverse([], Acc) -> Acc;
reverse([H | T], Acc) -> reverse(T, [H | Acc]).

sum([]) -> 0;
sum([H | T]) -> H + sum(T).

funs() ->
    N = id(10),
    Add = fun(X) -> X + N end,
    Local = fun id/1,
    External = fun ?MODULE:id/1,
    Loop = fun Self(0, Acc) -> Acc; Self(I, Acc) -> Self(I - 1, Acc + I) end,
    [Add(5), Local(6), External(7), Loop(1000, 0), map(Add, [1, 2, 3]), kind_of(catch (id(5))(1)),
     kind_of(catch (id(Add))(1, 2)), is_function(Add), is_function(Add, 1), is_function(External, 2)].

map(_, []) -> [];
map(F, [H | T]) -> [F(H) | map(F, T)].

catches() ->
    [catch throw(a), catch exit(c),
     try id(1) of 1 -> one; _ -> other catch _:_ -> caught end,
     try throw(t) catch throw:X -> {thrown, X} end,
     try exit(e) catch exit:X -> {exited, X} end,
     try error(r) catch error:X -> {failed, X} end,
     try 1 / id(0) catch error:X -> X end,
     try {ok, _} = id(2) catch error:X -> X end,
     try case id(3) of 4 -> ok end catch error:X -> X end,
     try if_(3) catch error:X -> X end,
     try try id(3) of 4 -> ok catch _:_ -> no end catch error:X -> X end,
     try arity_clause(1, 2) catch error:X -> X end,
     try (try throw(inner) after id(ok) end) catch throw:X -> {after_, X} end,
     try nested(5) catch throw:X -> X end,
     try element(5, id({a})) catch error:X -> X end,
     try hd(id([])) catch error:X -> X end,
     try ?MODULE:absent(1) catch error:X -> X end].

%% What `catch` made of an error, without funs and stack traces.
kind_of({'EXIT', {{Reason, _}, _}}) -> Reason;
kind_of({'EXIT', {Reason, _}}) -> Reason.

if_(X) -> if X < 2 -> small; X > 5 -> large end.

arity_clause(X, X) -> ok.

nested(0) -> throw(bottom);
nested(N) -> try nested(N - 1) catch throw:X -> throw({N, X}) end.

stacktraces() ->
    [trace(fun() -> cause(badmatch) end), trace(fun() -> cause(clause) end), trace(fun() -> cause(bif) end),
     trace(fun() -> cause(arithmetic) end), trace(fun() -> cause(error2) end), trace(fun() -> cause(undef) end),
     trace(fun() -> cause(badfun) end), trace(fun() -> cause(deep) end), trace(fun() -> cause(tail) end),
     trace(fun() -> cause(apply) end), trace(fun() -> cause(leaf) end), trace(fun() -> cause(throw) end),
     trace(fun() -> cause(again) end), trace(fun() -> cause(bits) end), trace(fun() -> cause(map) end)].

trace(F) ->
    try [F()] catch Class:Reason:Stack -> {Class, Reason, keep(Stack)} end.

%% Without the frames of what called run/0, which on OTP is not main/0.
keep([{?MODULE, main, 0, _} | _]) -> [];
keep([{?MODULE, _, _, _} = H | T]) -> [H | keep(T)];
keep([{erlang, _, _, _} = H | T]) -> [H | keep(T)];
keep(_) -> [].

cause(badmatch) -> {ok, _} = id(no), 1;
cause(clause) -> arity_clause(1, 2) + 1;
cause(bif) -> 1 + element(3, id({a, b}));
cause(arithmetic) -> id(a) + 1;
cause(error2) -> error(reason, [x, y]) ;
cause(undef) -> ?MODULE:absent(1, 2), ok;
cause(badfun) -> F = id(7), [F(1)];
cause(deep) -> 1 + deep_error(12);
cause(tail) -> element(3, id({a, b}));
cause(apply) -> M = id(?MODULE), F = id(absent), [M:F(1)];
cause(leaf) -> [leaf(a)];
cause(throw) -> throw(away);
cause(again) -> try id(x) + 1 after id(y) end;
cause(bits) -> [<<1, (id(x))/binary>>];
cause(map) -> [(id(#{}))#{a := 1}].

leaf(X) -> X + 1.

deep_error(0) -> id(x) + 1;
deep_error(N) -> 1 + deep_error(N - 1).

maps() ->
    M = #{a => 1, b => id(2)},
    #{a := A} = id(M),
    [A, M#{c => 3}, M#{a := 5}, kind_of(catch (id(M))#{z := 1}), kind_of(catch (id(x))#{z => 1}), has(M), has(#{}),
     [map_value(id(K), M) || K <- [a, b, c]], big_map(50)].

has(#{a := _, b := _}) -> both;
has(_) -> no.

map_value(K, M) -> case M of #{K := V} -> {ok, V}; _ -> error end.

big_map(N) ->
    M = fill(N, #{}),
    [map_value(K, M) || K <- [1, N, N + 1]].

fill(0, M) -> M;
fill(N, M) -> fill(N - 1, M#{N => N * N}).

floats() ->
    X = id(1.5), Y = id(3),
    Z = X * 2.0 + Y / 4 - 1.0e100,
    [X + Y, X * X * X - X / 3.0, Z, kind_of(catch 1.0e300 * (X * 1.0e300)), -X, X < 2, 0.1 + 0.2, mean([1.0, 2.5, 4.0], 0.0, 0)].

mean([H | T], Sum, N) when is_float(Sum) -> mean(T, Sum + H, N + 1);
mean([], Sum, N) -> Sum / N.

bits() ->
    B = id(<<1, 2, 3, 4, 5, 6, 7, 8, "hello", 200, 100>>),
    <<A:8, C:16/little, D:3, E:13/signed, F/binary>> = B,
    <<_:64, H:5/binary, Rest/bitstring>> = B,
    <<N:8, Name:N/binary, _/binary>> = id(<<3, "abcdef">>),
    [A, C, D, E, F, H, Rest, N, Name, utf(<<"aé€😀"/utf8>>), bytes(<<1, 2, 3>>, []), kind(<<"GET /">>), kind(<<"PUT /">>),
     kind(<<5:3>>), kind(<<0, 1:32/float>>), [X || <<X:4>> <= <<16#abcd:16>>], skip(B), big_field(B), real(<<1.5:64/float>>)].

utf(<<C/utf8, T/binary>>) -> [C | utf(T)];
utf(<<>>) -> [].

bytes(<<B, T/binary>>, Acc) -> bytes(T, [B | Acc]);
bytes(<<>>, Acc) -> Acc.

kind(<<"GET ", _/binary>>) -> get;
kind(<<"PUT ", R/binary>>) -> {put, R};
kind(<<X:3>>) -> X;
kind(<<0, X:32/float>>) -> X;
kind(_) -> other.

skip(<<_:3/binary, X, _/binary>>) -> X.

big_field(<<X:80, _/binary>>) -> X;
big_field(_) -> none.

real(<<X/float>>) -> X.

build() ->
    A = id(258), B = id(<<"bin">>), F = id(2.5),
    [<<A:16>>, <<A:16/little>>, <<A:12, 5:4>>, <<B/binary, A>>, <<F/float>>, <<F:32/float-little>>, <<A/utf8>>,
     <<A/utf16>>, <<A/utf32-little>>, <<"text", B/binary, 0>>, <<B:2/binary>>, <<(id(-1)):70>>, append(500, <<>>),
     << <<(X + 1)>> || <<X>> <= B >>, kind_of(catch <<(id(a)):8>>), kind_of(catch <<1:(id(-1))>>), kind_of(catch <<B:7/binary>>)].

append(0, Acc) -> first(Acc);
append(N, Acc) when is_binary(Acc) -> append(N - 1, <<Acc/binary, N:16>>);
append(_, _) -> bad.

first(<<A:16, B:16, _/binary>>) -> {A, B}.

deep(0) -> 0;
deep(N) -> 1 + deep(N - 1).

garbage(0, Acc) -> sum(Acc);
garbage(N, Acc) when N rem 100 =:= 0 -> garbage(N - 1, [N | Acc]);
garbage(N, Acc) -> _ = id({N, [N, N, {N}], Acc}), garbage(N - 1, Acc).

applies() ->
    M = id(?MODULE), F = id(id),
    [M:F(1), apply(M, F, [2]), apply(fun(X, Y) -> {X, Y} end, id([1, 2])), kind_of(catch apply(M, F, id([1 | 2])))].
