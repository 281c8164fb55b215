%% bignum: factorials and powers
-module(bignum).
-export([run/0]).
run() -> [once() || _ <- lists:seq(1, 10)].
once() -> F = fact(2000), _ = F * F, _ = integer_to_binary(F), _ = (F * 7) div fact(1000), ok.
fact(0) -> 1;
fact(N) -> N * fact(N - 1).
