%% compute: calls and small integers
-module(fib).
-export([run/0]).
run() -> 832040 = fib(30).
fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).
