%% The least that must work.
-module(smoke).
-compile([export_all, nowarn_export_all]).

id(X) -> X.

arithmetic_case() -> [id(7) div 2, id(-7) rem 3, id(1) bsl 70, 2.5 * id(4)].
exception_case() -> hd(id([])).
list_case() -> [X * X || X <- lists:seq(1, 10), X rem 2 =:= 0].
map_case() -> maps:to_list(maps:from_list([{K, K * K} || K <- lists:seq(1, 20)])).
process_case() ->
    Self = self(),
    Pids = [spawn(fun() -> receive go -> Self ! {N, N * N} end end) || N <- lists:seq(1, 100)],
    [Pid ! go || Pid <- Pids],
    [receive {N, Square} -> Square end || N <- lists:seq(1, 100)].
