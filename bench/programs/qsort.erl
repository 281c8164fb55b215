%% compute: lists, pattern matching, collection
-module(qsort).
-export([run/0]).
run() -> L = numbers(100000, 42, []), [_ | _] = sort(L).
numbers(0, _, Acc) -> Acc;
numbers(N, X, Acc) -> numbers(N - 1, (X * 1103515245 + 12345) band 16#7fffffff, [X | Acc]).
sort([P | T]) -> sort([X || X <- T, X < P]) ++ [P | sort([X || X <- T, X >= P])];
sort([]) -> [].
