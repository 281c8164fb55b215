%% Numbers.
-module(arith).
-compile([export_all, nowarn_export_all]).

id(X) -> X.
try_(F) -> try F() catch C:R -> {C, R} end.

numbers() -> [0, 1, -1, 2, 7, -7, 255, 1 bsl 27, 1 bsl 58, 1 bsl 59, 1 bsl 60, (1 bsl 61) - 1, 1 bsl 61, -(1 bsl 61), -(1 bsl 61) - 1,
              1 bsl 62, 1 bsl 63, (1 bsl 64) - 1, 1 bsl 64, -(1 bsl 64), 1 bsl 100, -(1 bsl 100), 123456789012345678901234567890].
floats() -> [0.0, 1.0, -1.0, 0.5, 1.5, -2.5, 1.0e10, 1.0e-10, 1.0e77, 1.0e-77, 1.0e200, -1.0e300, 1.0e-300, 9007199254740993.0, 4.9406564584124654e-324].

both(F) -> [try_(fun() -> F(A, B) end) || A <- numbers(), B <- numbers()].

add_case() -> both(fun(A, B) -> A + B end).
subtract_case() -> both(fun(A, B) -> A - B end).
multiply_case() -> both(fun(A, B) -> A * B end).
div_case() -> both(fun(A, B) -> A div B end).
rem_case() -> both(fun(A, B) -> A rem B end).
divide_case() -> both(fun(A, B) -> A / B end).
band_case() -> both(fun(A, B) -> A band B end).
bor_case() -> both(fun(A, B) -> A bor B end).
bxor_case() -> both(fun(A, B) -> A bxor B end).
bnot_case() -> [bnot A || A <- numbers()].
negate_case() -> [-A || A <- numbers() ++ floats()].
abs_case() -> [abs(A) || A <- numbers() ++ floats()].
shift_left_case() -> [A bsl B || A <- numbers(), B <- [0, 1, 3, 31, 59, 60, 61, 64, 100, -1, -3, -60, -64, -200]].
shift_right_case() -> [A bsr B || A <- numbers(), B <- [0, 1, 3, 31, 59, 60, 61, 64, 100, -1, -3, -60, -64]].
shift_huge_case() -> [try_(fun() -> id(1) bsl id(1 bsl 40) end), try_(fun() -> id(0) bsl id(1 bsl 40) end), id(5) bsr id(1 bsl 70),
                      id(-5) bsr id(1 bsl 70), try_(fun() -> id(1) bsr id(-(1 bsl 70)) end)].
float_add_case() -> [try_(fun() -> A + B end) || A <- floats(), B <- floats()].
float_multiply_case() -> [try_(fun() -> A * B end) || A <- floats(), B <- floats()].
float_divide_case() -> [try_(fun() -> A / B end) || A <- floats(), B <- floats()].
mixed_case() -> [try_(fun() -> A * B - A end) || A <- numbers(), B <- floats()].
overflow_case() -> [try_(fun() -> id(1.0e308) * id(10.0) end), try_(fun() -> id(1.0e308) + id(1.0e308) end), try_(fun() -> (id(1) bsl 2000) * 1.0 end),
                    try_(fun() -> (id(1) bsl 2000) / (id(1) bsl 1990) end)].
compare_case() -> [[A < B, A =< B, A == B, A =:= B, A > B] || A <- numbers() ++ floats(), B <- numbers() ++ floats()].
exact_compare_case() -> [(id(1 bsl 53) + 1) == (id(1 bsl 53) * 1.0), (id(1 bsl 53) + 1) > (id(1 bsl 53) * 1.0), id(0.0) =:= id(-0.0), id(0.0) == id(-0.0)].
trunc_case() -> [try_(fun() -> trunc(F) end) || F <- floats() ++ numbers()].
round_case() -> [try_(fun() -> round(F) end) || F <- floats() ++ [0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994]].
floor_case() -> [{floor(F), ceil(F)} || F <- floats() ++ [1.2, -1.2, 1 bsl 70]].
float_case() -> [try_(fun() -> float(N) end) || N <- numbers() ++ [id(1) bsl 1023, id(1) bsl 1024]].
errors_case() -> [try_(fun() -> id(a) + 1 end), try_(fun() -> 1 - id([]) end), try_(fun() -> id(1) div 0 end), try_(fun() -> id(1) rem 0 end), try_(fun() -> id(1) / 0 end),
                  try_(fun() -> id(1.5) div 2 end), try_(fun() -> id(1.5) band 1 end), try_(fun() -> -id(a) end), try_(fun() -> bnot id(1.0) end), try_(fun() -> abs(id(x)) end)].
limit_case() -> [try_(fun() -> id(1) bsl 100000000 end)].
big_digits_case() -> F = fun F(0) -> 1; F(N) -> N * F(N - 1) end, [F(100), F(500) div F(495), F(300) rem (1 bsl 200), integer_to_list(F(200), 16), integer_to_list(F(60), 36)].
gcd_case() -> G = fun G(A, 0) -> A; G(A, B) -> G(B, A rem B) end, [G(123456789012345678901234567890, 987654321098765432109876543210), G(1 bsl 200, 6)].
parse_case() -> [try_(fun() -> list_to_integer(S) end) || S <- ["0", "-0", "+7", "123456789012345678901234567890", "-99999999999999999999", "", "-", "1a", " 1", "1_000"]].
parse_base_case() -> [try_(fun() -> list_to_integer(S, B) end) || {S, B} <- [{"ff", 16}, {"FF", 16}, {"-zz", 36}, {"2", 2}, {"101", 2}, {"7", 1}, {"1", 37}]].
binary_integer_case() -> [try_(fun() -> binary_to_integer(S) end) || S <- [<<"0">>, <<"-12">>, <<"+12">>, <<>>, <<"1.0">>, <<"123456789012345678901234567890">>, 12, <<1:1>>]].
integer_text_case() -> [{integer_to_list(N), integer_to_binary(N), integer_to_list(N, 2), integer_to_binary(N, 36)} || N <- numbers()].
float_text_case() -> [float_to_list(F) || F <- floats()].
float_short_case() -> [float_to_list(F, [short]) || F <- floats() ++ [0.1, 0.3, 1/3, 100.0, 123456.0, 1.0e15, 1.0e16, 1.0e21, 1.0e22, 1.0e23, 123456789.123, 5.0e-5, 0.001, 0.0001, 1.7976931348623157e308]].
float_decimals_case() -> [float_to_list(F, [{decimals, D}]) || F <- [0.0, 0.1, 1.5, 2.5, -3.14159, 123456.789, 1.0e15, 0.05], D <- [0, 1, 3, 10, 20]].
float_compact_case() -> [float_to_list(F, [{decimals, D}, compact]) || F <- [0.0, 0.1, 1.5, -3.14159, 123456.789, 100.0], D <- [0, 1, 3, 10]].
float_scientific_case() -> [float_to_list(F, [{scientific, D}]) || F <- [0.0, 0.1, 1.5, -3.14159, 123456.789, 1.0e100, 1.0e-100], D <- [0, 1, 3, 10, 20]].
float_binary_case() -> [float_to_binary(3.25, [{decimals, 2}]), float_to_binary(1.0e-5, [short]), float_to_binary(7.0), try_(fun() -> float_to_binary(id(a)) end),
                        try_(fun() -> float_to_list(1.0, [{decimals, 400}]) end), try_(fun() -> float_to_list(1.0e300, [{decimals, 2}]) end)].
list_to_float_case() -> [try_(fun() -> list_to_float(S) end) || S <- ["1.0", "-1.5e3", "1.0e+10", "1", "1.", ".5", "1.0e", "1e5", "1.0e400", "0.1", "123456789.987654321", "1.0e-400", " 1.0"]].
string_to_float_case() -> [string:to_float(S) || S <- ["1.5abc", "1", "x", "-2.5e3z", ""]].
string_to_integer_case() -> [string:to_integer(S) || S <- ["15abc", "x", "-2", ""]].
print_case() -> io_lib:format("~w ~p ~b ~.16B ~e ~f ~g ~.3f ~10.2f", [1.5, 1.0e22, 12345678901234567890, 255, 1.5, 2.5, 3.5, 1/3, 2/3]).
math_case() -> [math:pi(), math:sqrt(2), math:pow(2, 10), math:exp(1), math:log(10), math:log2(8), math:log10(1000), math:sin(1), math:cos(1), math:tan(1), math:atan2(1, 2), math:fmod(7, 3), math:floor(2.5), math:ceil(2.5)].
math_error_case() -> [try_(fun() -> math:sqrt(id(-1)) end), try_(fun() -> math:log(id(0)) end), try_(fun() -> math:exp(id(1000)) end), try_(fun() -> math:sin(id(a)) end), try_(fun() -> math:pow(id(0), -1) end), try_(fun() -> math:fmod(id(1), 0) end)].
bit_length_case() -> [byte_size(binary:encode_unsigned(N)) || N <- numbers(), N >= 0].
phash2_case() -> [erlang:phash2(X) || X <- numbers() ++ floats()].
phash_case() -> [erlang:phash(X, 1 bsl 27) || X <- numbers() ++ floats()].
smallest_case() -> [N + 1 - 1 =:= N || N <- numbers()].
max_min_case() -> [max(1, 1.0), min(1, 1.0), max(1.0, 1), max(a, 1), min([], {})].
boolean_case() -> [id(true) and id(false), id(true) or id(false), id(true) xor id(true), not id(false), try_(fun() -> id(1) and true end), try_(fun() -> not id(1) end)].

%% Operations on floats that have just been loaded: in any order, with constants, the same one twice; where they fail.
float_chain(X, Y, {Z}) when is_float(X), is_float(Y), is_float(Z) ->
    A = X - Z * Y,
    B = (Z - A) / (0.5 + Y),
    C = 2.0 / Y - X * X,
    D = (A - 1.5) * (1.5 - B) + (C / 3.0),
    [A, B, C, D, X + X, Z / Z, A * B - C * D, -D, math:sqrt(Z * Z), math:sqrt(D * D + 1.0e-200)].
float_chain_case() ->
    Values = [0.5, -2.25, 1.0e-300, 1.0e200, -1.0e308, 3.0e-5, 0.0],
    [try float_chain(id(X), id(Y), {id(Z)}) catch C:R:Stack -> [{M, F, A, L} | _] = Stack, {C, R, M, F, is_list(A), proplists:get_value(line, L)} end
     || X <- Values, Y <- Values, Z <- Values].
sqrt_case() -> [try math:sqrt(id(X)) catch C:R -> {C, R} end || X <- [4, 4.0, 2.0, 0.0, 1.0e300, 1.0e-300, 1.0e-320, -1.0, -1, a, 1 bsl 200, 1 bsl 2000]].
