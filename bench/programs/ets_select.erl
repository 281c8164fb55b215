%% ets: match specifications
-module(ets_select).
-export([run/0]).
run() ->
    T = ets:new(t, [set]),
    ets:insert(T, [{N, N rem 7, N * 2} || N <- lists:seq(1, 50000)]),
    [ets:select(T, [{{'$1', R, '$2'}, [{'>', '$2', 1000}], [{{'$1', '$2'}}]}]) || R <- lists:seq(0, 6)],
    ets:delete(T).
