%% Grows a heap to 1 GiB of live data, in a process that makes garbage all the while, and then goes on in it.
-module(live_heap).
-export([main/0]).

-define(CELLS, 64 bsl 20). % of two words each

main() ->
    List = grow(?CELLS, []),
    churn(2000000, {}),
    ?CELLS = length(List),
    halt(0).

grow(0, List) -> List;
grow(N, List) -> grow(N - 1, [N | List]).

churn(0, Garbage) -> Garbage;
churn(N, _) -> churn(N - 1, {N, N, N, N}).
