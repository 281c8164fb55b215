%% compute: list comprehensions and backtracking
-module(nqueens).
-export([run/0]).
run() -> [92 = length(queens(8, 8)) || _ <- lists:seq(1, 40)].
queens(0, _) -> [[]];
queens(N, Size) -> [[Q | Qs] || Qs <- queens(N - 1, Size), Q <- lists:seq(1, Size), safe(Q, 1, Qs)].
safe(_, _, []) -> true;
safe(Q, D, [H | T]) -> Q =/= H andalso abs(Q - H) =/= D andalso safe(Q, D + 1, T).
