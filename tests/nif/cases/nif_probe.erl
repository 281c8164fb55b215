% The C interface, function by function: the library nif_probe.c on both machines.
-module(nif_probe).
-compile([export_all, nowarn_export_all]).
-on_load(load/0).
-nifs([kinds/1, numbers/1, string/2, atom_text/2, list/1, tuple/1, compare/2, hash/1, atoms/1, make_double/1, tuples/1, unique/0, copy/1, print/1, bytes/1, grow/1, new_binary/1, edited/1, part/3, huge/0, external/1, decode/2, map/3, map_of/1, walk/1, raise/1, raise_and_return/0, is_exception/1, vector/2, queue/3, convert/3, times/0, variable/1, info/0, whereis/1, local/1, slice/1, command/2]).

-define(NO, erlang:nif_error(not_loaded)).

load() -> erlang:load_nif(filename:join(filename:dirname(code:which(?MODULE)), ?MODULE_STRING), info).

kinds(_) -> ?NO.
numbers(_) -> ?NO.
string(_, _) -> ?NO.
atom_text(_, _) -> ?NO.
list(_) -> ?NO.
tuple(_) -> ?NO.
compare(_, _) -> ?NO.
hash(_) -> ?NO.
atoms(_) -> ?NO.
make_double(_) -> ?NO.
tuples(_) -> ?NO.
unique() -> ?NO.
copy(_) -> ?NO.
print(_) -> ?NO.
bytes(_) -> ?NO.
grow(_) -> ?NO.
new_binary(_) -> ?NO.
edited(_) -> ?NO.
part(_, _, _) -> ?NO.
huge() -> ?NO.
external(_) -> ?NO.
decode(_, _) -> ?NO.
map(_, _, _) -> ?NO.
map_of(_) -> ?NO.
walk(_) -> ?NO.
raise(_) -> ?NO.
raise_and_return() -> ?NO.
is_exception(_) -> ?NO.
vector(_, _) -> ?NO.
queue(_, _, _) -> ?NO.
convert(_, _, _) -> ?NO.
times() -> ?NO.
variable(_) -> ?NO.
info() -> ?NO.
whereis(_) -> ?NO.
local(_) -> ?NO.
slice(_) -> ?NO.
command(_, _) -> ?NO.

try_(F) -> try F() catch C:R:S -> {C, R, [case E of {M, N, A, _} when is_list(A) -> {M, N, A}; {M, N, A, _} -> {M, N, A} end || E <- lists:sublist(S, 1)]} end.

terms() ->
    [a, 'Ünïcode', 'атом', [], [1], [1 | 2], {}, {a, 1}, 0, -1, 1 bsl 31, -(1 bsl 31), (1 bsl 31) - 1, 1 bsl 32, (1 bsl 32) - 1, 1 bsl 59, 1 bsl 60, 1 bsl 61, 1 bsl 63,
     -(1 bsl 63), (1 bsl 63) - 1, -(1 bsl 63) - 1, 1 bsl 64, (1 bsl 64) - 1, 1 bsl 100, 1.5, 1.0e-300, 1.0e300, -0.0, <<>>, <<1, 2, 3>>, <<1:3>>, <<0:1, "abc", 0:7>>, binary:copy(<<"x">>, 100), #{}, #{a => 1},
     maps:from_list([{I, I} || I <- lists:seq(1, 32)]), "latin1", [256], [a], lists:duplicate(300, $y), <<"unaligned">>].
unaligned() -> <<_:3, B:5/binary, _/bits>> = <<5:3, "hello, world", 0:5>>, B.
tail_of_large() -> <<_:70/binary, B/binary>> = binary:copy(<<"0123456789">>, 20), B.

kinds_case() -> [kinds(T) || T <- terms() ++ [self(), make_ref(), fun() -> ok end, fun lists:map/2, hd(erlang:ports())]].
numbers_case() -> [{T, numbers(T)} || T <- terms()].
string_case() -> [[string(T, N) || N <- [1, 2, 3, 100, 300]] || T <- terms()] ++ [string("", 0), string("abc", 0), string("abc", 4), string("abc", 3)].
atom_text_case() -> [[atom_text(T, N) || N <- [0, 1, 2, 8, 256]] || T <- terms() ++ ['', list_to_atom(lists:duplicate(255, $q))]].
list_case() -> [list(T) || T <- terms()].
tuple_case() -> [tuple(T) || T <- terms()].
compare_case() -> erlang:phash2([compare(A, B) || A <- terms(), B <- terms()]).
compare_some_case() -> [compare(A, B) || {A, B} <- [{1, 1.0}, {1, 2}, {b, a}, {[], {}}, {<<>>, []}, {#{}, self()}, {1 bsl 64, 1 bsl 64}]].
hash_case() -> [hash(T) =:= {erlang:phash2(T), 1} || T <- terms()].
atoms_case() -> [try_(fun() -> atoms(B) end) || B <- [<<"ok">>, <<"no_such_atom_until_now">>, <<"no_such_atom_until_now">>, <<>>, <<252>>, binary:copy(<<"a">>, 255), binary:copy(<<"a">>, 256), binary:copy(<<255>>, 255), atom]].
make_double_case() -> [try_(fun() -> make_double(N) end) || N <- [0, 1, 2]].
tuples_case() -> tuples(x).
unique_case() -> unique().
copy_case() -> [copy(T) =:= {1, T} || T <- terms()].
print_case() -> [print(T) || T <- [a, 1, 1.5, [1, 2], "abc", {a, [b | c]}, <<1, 2>>, 1 bsl 70, 'an atom', #{}]].
bytes_case() -> [bytes(T) || T <- terms() ++ [[<<"a">>, "b", [$c | <<"d">>]], [1, [2 | 3]], [-1], [<<1:1>>], unaligned(), tail_of_large()]].
grow_case() -> [grow(N) || N <- [0, 1, 2, 63, 64, 65, 200]].
new_binary_case() -> [new_binary(N) || N <- [0, 1, 64, 65, 256]].
edited_case() -> [edited(B) || B <- [<<>>, <<"abc">>, binary:copy(<<"z">>, 70), unaligned(), tail_of_large()]] ++ [try_(fun() -> edited(x) end)].
part_case() -> [part(B, 1, N) || B <- [<<"abcdef">>, binary:copy(<<"0123456789">>, 20), tail_of_large()], N <- [0, 1, 5]] ++ [part(unaligned(), 1, 3), part(tail_of_large(), 0, 130), part(<<>>, 0, 0)].
huge_case() -> huge().
external_case() -> [{A, N, D =:= T, term_to_binary(T) =:= B} || T <- terms(), {A, N, D, B} <- [external(T)]].
decode_case() -> [decode(B, O) || {B, O} <- [{term_to_binary({a, 1}), 0}, {<<(term_to_binary(x))/binary, "tail">>, 0}, {<<131, 119, 20, "no_such_atom_as_this">>, 16#20000000}, {<<131, 119, 4, "atom">>, 16#20000000},
                  {term_to_binary(lists:duplicate(1000, a), [compressed]), 0}, {<<>>, 0}, {<<131>>, 0}, {<<130, 97, 1>>, 0}, {<<131, 255>>, 0}, {<<131, 97, 1>>, 1}]].
sorted(M) when is_map(M) -> lists:sort(maps:to_list(M));
sorted(T) -> T.
map_case() -> [[sorted(T) || T <- map(M, K, new)] || M <- [#{}, #{a => 1}, maps:from_list([{I, I} || I <- lists:seq(1, 33)]), not_a_map, [], {}], K <- [a, 1, 1.0, 33, zz]].
map_of_case() -> [begin {N, M} = map_of(L), {N, sorted(M)} end || L <- [[], [a], [a, b, a], lists:seq(1, 32), lists:seq(1, 40), [1, 2, 1.0]]].
walk_case() -> [begin {F, E, B, H, A, L} = walk(M), {lists:sort(F), E, F =:= lists:reverse(B), H, A, L} end || M <- [#{}, #{a => 1}, #{a => 1, b => 2, 3 => c}, maps:from_list([{I, I} || I <- lists:seq(1, 100)])]] ++ [try_(fun() -> walk([]) end)].
raise_case() -> [try_(fun() -> raise(R) end) || R <- [badarg, {my, reason}, 1 bsl 100, <<"b">>]].
raise_and_return_case() -> try_(fun() -> raise_and_return() end).
is_exception_case() -> try_(fun() -> is_exception(x) end).
catch_case() -> [element(1, element(2, catch raise(r))), case catch raise_and_return() of {'EXIT', {R, [T | _]}} -> {R, T} end].
uncaught_case() -> logger:set_primary_config(level, none), {P, M} = spawn_monitor(fun() -> raise({oops, self()}) end), receive {'DOWN', M, _, P, {{oops, P}, [T | _]}} -> T end.
trace_case() -> try deeper(raise) catch error:raise:S -> [{M, F, A} || {M, F, A, _} <- lists:sublist(S, 3)] end.
deeper(X) -> R = raise(X), {R, 1}.
vector_case() -> [try_(fun() -> vector(L, N) end) || L <- [[], [<<"a">>], [<<"a">>, <<>>, <<"bc">>], [tail_of_large(), unaligned(), <<"x">>], [<<I>> || I <- lists:seq($a, $z)], [<<"a">> | <<"b">>], [<<"a">>, x], ["list"], <<"binary">>, x, [<<1:1>>], [<<"ab", 1:1>>], [<<1:7>>, <<"x">>], [<<"a">>, <<"bc", 1:4>>]], N <- [0, 1, 2, 100]].
queue_case() -> [try_(fun() -> queue(L, S, D) end) || L <- [[<<"abc">>, <<"def">>], [tail_of_large(), unaligned()], [], [<<I>> || I <- lists:seq($a, $z)]], S <- [0, 1, 4, 1000], D <- [0, 2, 7, 1000]].
convert_case() -> [convert(T, F, U) || T <- [0, 1, -1, 1500, -1500, 123456789, -123456789, 1 bsl 33], F <- [0, 1, 2, 3, 4, -1], U <- [0, 1, 2, 3, 4]].
times_case() -> {B, M, O, E, {A1, A2, A3}, {C1, C2, C3}} = times(), [B, abs(erlang:monotonic_time(millisecond) - M) < 10000, abs(erlang:time_offset(second) - O) < 2, E, lists:all(fun is_integer/1, [A1, A2, A3, C1, C2, C3])].
variable_case() -> os:putenv("NIF_SHORT", "value"), os:putenv("NIF_LONG", "a value that is longer than that"), [variable(N) || N <- ["NIF_SHORT", "NIF_LONG", "NIF_NONE"]].
info_case() -> info().
whereis_case() -> register(nif_me, self()), {1, 0, P} = ?MODULE:whereis(nif_me), [P =:= self(), ?MODULE:whereis(nobody_here), try_(fun() -> ?MODULE:whereis(1) end)].
local_case() -> {P, M} = spawn_monitor(fun() -> ok end), receive {'DOWN', M, _, _, _} -> ok end, [local(T) || T <- [self(), P, x, hd(erlang:ports())]].
slice_case() -> [lists:member(slice(N), [0, 1]) || N <- [1, 50, -1]] ++ [slice(100), slice(1000)].
command_case() -> P = open_port({spawn, "cat"}, []), R = command(P, ["some ", <<"bytes">>]), A = receive {P, {data, D}} -> D end, port_close(P), [R, A, command(P, "gone"), try_(fun() -> command(x, "") end)].
apply_case() -> [apply(?MODULE, tuples, [1]), (fun ?MODULE:tuples/1)(2), (fun tuples/1)(3), lists:map(fun tuples/1, [4])].
collected_case() -> L = lists:foldl(fun(I, A) -> [new_binary(I rem 200) | A] end, [], lists:seq(1, 5000)), erlang:garbage_collect(), erlang:phash2(L).
many_terms_case() -> erlang:phash2([tuples(lists:seq(1, I)) || I <- lists:seq(1, 300)]).
