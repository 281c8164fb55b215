%% compute: lists of integers
-module(sieve).
-export([run/0]).
run() -> [669 = length(sieve(lists:seq(2, 5000))) || _ <- lists:seq(1, 10)].
sieve([P | Rest]) -> [P | sieve([N || N <- Rest, N rem P =/= 0])];
sieve([]) -> [].
